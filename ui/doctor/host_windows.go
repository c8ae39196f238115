package doctor

import "io/fs"

// Who may write a folder is in lists here, which only a try could tell.
func writable(string) error { return nil }

func ownerOf(fs.FileInfo) int { return -1 }

func freeBytes(string) int64 { return -1 }
