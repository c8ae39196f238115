package terminal

import "os"

// HoldStderr does nothing: Windows has no file descriptor to hold.
func HoldStderr(*os.File) (release func()) { return func() {} }
