package main

import "os"

// holdStderr does nothing: Windows has no file descriptor to hold.
func holdStderr(*os.File) (release func()) { return func() {} }
