package journal

import (
	"strconv"
	"time"
)

func startOf(int) string { return strconv.FormatInt(time.Now().UnixNano(), 36) }

// running never says that a process is gone: only its age will tell.
func running(int, string, bool) life { return unknown }
