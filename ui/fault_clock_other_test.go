//go:build !linux && !darwin

package ui

import "time"

// threadTime is not known here: frames take no time.
func threadTime() time.Duration { return 0 }
