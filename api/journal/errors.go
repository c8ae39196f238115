package journal

import (
	"errors"
	"io/fs"
	"syscall"

	"tapedeck/api/state"
)

// Why an entry is not written; test with errors.Is.
var (
	// ErrLocked: another process has the journal locked, or this one is busy.
	ErrLocked = errors.New("another process has held the lock for over 50 ms")
	// ErrSlow: the write or the fsync was begun, and has not ended in time.
	ErrSlow = errors.New("the disk does not answer in time")
	// ErrFull: too many entries wait already; this one is not kept.
	ErrFull = errors.New("too many entries wait to be written, this one is lost")
	// ErrSyslog: the line is in the journal and not in syslog, to which it is
	// sent again by its number.
	ErrSyslog = errors.New("syslog takes no lines; they are sent again from the journal")
	// ErrClosed: the journal was closed; the entry is not kept.
	ErrClosed = errors.New("the journal is closed")
)

// Error says what could not be done to which file, why, and what to do.
type Error struct {
	Op   string // such as open, lock, write, sync
	Path string
	Err  error
	Kept bool // the entry is kept, and is written as soon as that can be done
}

// Error returns what was tried, on which file, and why it failed.
func (e *Error) Error() string {
	s := e.Op + " " + e.Path + ": " + reason(e.Err).Error()
	if e.Kept {
		s += "; the entry follows by itself, marked late"
	}
	return s
}

// Unwrap returns why it failed.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns the next step for a person, empty when there is none.
func (e *Error) Hint() string {
	switch {
	case errors.Is(e.Err, ErrSyslog):
		return "start the syslog daemon of this machine, or set journal_syslog = false"
	case errors.Is(e.Err, ErrLocked):
		return "see which process holds " + e.Path + " (fuser or lsof names it)"
	case errors.Is(e.Err, syscall.ENOSPC):
		return "make room on the disk of " + e.Path
	case errors.Is(e.Err, syscall.EFBIG):
		return "raise the file size limit (ulimit -f) or the file system's, and start tapedeck again"
	case errors.Is(e.Err, syscall.EROFS):
		return "its file system is read-only: mount it writable, or set state_dir to a folder elsewhere"
	case errors.Is(e.Err, fs.ErrPermission):
		return "give yourself access to it, or set state_dir to a folder of your own"
	}
	if _, unsafe := errors.AsType[*state.UnsafeError](e.Err); unsafe {
		return "move it away, or set state_dir to a folder of your own"
	}
	return ""
}

// problem returns err as an [*Error].
func problem(op, path string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Op: op, Path: path, Err: err}
}

// reason takes the path out of an error that names it itself.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
