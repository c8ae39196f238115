//go:build !race

package theme

const raceEnabled = false
