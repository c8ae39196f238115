package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"tapedeck/api/state"
	"tapedeck/api/text"
)

// TestErrorWords: an error of the journal is one line with what was tried, the
// path once, the reason and the next step.
func TestErrorWords(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "/x/journal.jsonl", Err: syscall.EACCES}
	tests := []struct {
		err        *Error
		says, hint string
	}{
		{&Error{Op: "open", Path: "/x/journal.jsonl", Err: denied}, "open /x/journal.jsonl: permission denied",
			"give yourself access to it, or set state_dir to a folder of your own"},
		{&Error{Op: "lock", Path: "/x/journal.lock", Err: ErrLocked, Kept: true},
			"lock /x/journal.lock: another process has held the lock for over 50 ms; the entry follows by itself, marked late",
			"see which process holds /x/journal.lock (fuser or lsof names it)"},
		{&Error{Op: "write", Path: "/x/journal.jsonl", Err: ErrSlow}, "write /x/journal.jsonl: the disk does not answer in time", ""},
		{&Error{Op: "write", Path: "/x/journal.jsonl", Err: full(nil)}, "write /x/journal.jsonl: too many entries wait to be written, this one is lost", ""},
		{&Error{Op: "write", Path: "/x/journal.jsonl", Err: full(&Error{Op: "write", Path: "/x/journal.jsonl", Err: syscall.ENOSPC, Kept: true})},
			"write /x/journal.jsonl: too many entries wait to be written, this one is lost (no space left on device)", "make room on the disk of /x/journal.jsonl"},
		{&Error{Op: "write", Path: "/x/journal.jsonl", Err: full(syscall.EIO)},
			"write /x/journal.jsonl: too many entries wait to be written, this one is lost (input/output error)", ""},
		{&Error{Op: "write", Path: "/x/journal.jsonl", Err: ErrClosed}, "write /x/journal.jsonl: the journal is closed", ""},
		{&Error{Op: "write", Path: "/x/j", Err: syscall.EFBIG}, "write /x/j: file too large",
			"raise the file size limit (ulimit -f) or the file system's, and start tapedeck again"},
		{&Error{Op: "open", Path: "/x/j", Err: syscall.EROFS}, "open /x/j: read-only file system",
			"its file system is read-only: mount it writable, or set state_dir to a folder elsewhere"},
		{&Error{Op: "open", Path: "/x/j", Err: &state.UnsafeError{Why: "it is a symbolic link"}}, "open /x/j: it is a symbolic link",
			"move it away, or set state_dir to a folder of your own"},
		{&Error{Op: "send to", Path: "syslog", Err: fmt.Errorf("%w (%w)", ErrSyslog, syscall.ENOENT)},
			"send to syslog: syslog takes no lines; they are sent again from the journal (no such file or directory)",
			"start the syslog daemon of this machine, or set journal_syslog = false"},
		{&Error{Op: "open", Path: "/x/j", Err: syscall.ENOTDIR}, "open /x/j: not a directory", ""},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.says {
			t.Errorf("it says %q, want %q", got, tt.says)
		}
		if got := tt.err.Hint(); got != tt.hint {
			t.Errorf("%v: its next step is %q, want %q", tt.err, got, tt.hint)
		}
		if !errors.Is(tt.err, tt.err.Err) {
			t.Errorf("%v does not wrap its reason", tt.err)
		}
	}
}

// TestProblem: what was found wrong below keeps the file that it was found with.
func TestProblem(t *testing.T) {
	if err := problem("open", "/x", nil); err != nil {
		t.Errorf("nothing wrong is %v", err)
	}
	inner := &Error{Op: "sync", Path: "/x/journal.head", Err: syscall.EIO}
	if err := problem("open", "/x", fmt.Errorf("rotate: %w", inner)); err != inner {
		t.Errorf("%v, want %v", err, inner)
	}
	line := &LineError{File: FileName, Line: 7, Err: errors.New("it is not JSON")}
	if line.Error() != "journal.jsonl:7: it is not JSON" || errors.Unwrap(line) != line.Err {
		t.Errorf("%v wraps %v", line, errors.Unwrap(line))
	}
	if whole := (&LineError{File: FileName, Err: line.Err}); whole.Error() != "journal.jsonl: it is not JSON" {
		t.Errorf("of a file as a whole: %v", whole)
	}
}

// TestNamed: the error of Close names what is not on record, and not more than
// fits into a line.
func TestNamed(t *testing.T) {
	pause := &Pending{entry: request("1")}
	stop := &Pending{entry: Entry{Event: Request, StatusAsked: "stopped"}}
	note := &Pending{entry: Entry{Event: Note}}
	odd := &Pending{entry: Entry{Event: Ack, Recording: text.New("a\x1b[2J" + strings.Repeat("x", 5000))}}
	tests := []struct {
		list []*Pending
		want string
	}{
		{nil, ""},
		{[]*Pending{pause}, "request paused of " + rec1.String()},
		{[]*Pending{stop, note}, "request stopped, note"},
		{[]*Pending{note, note, note}, "note, note, note"},
		{[]*Pending{note, stop, note, pause, odd}, "note, request stopped, note, and 2 more"},
	}
	for _, tt := range tests {
		if got := named(tt.list); got != tt.want {
			t.Errorf("%d entries are named %q, want %q", len(tt.list), got, tt.want)
		}
	}
	if got := named([]*Pending{odd}); strings.Contains(got, "\x1b") || len(got) > maxField+20 {
		t.Errorf("named in %d bytes: %q", len(got), got[:20])
	}
}

// TestOtherJournals: an entry of a journal of another kind waits as it says.
func TestOtherJournals(t *testing.T) {
	if err := Done(nil).Wait(); err != nil {
		t.Errorf("done: %v", err)
	}
	if err := Done(ErrFull).Wait(); err != ErrFull {
		t.Errorf("lost: %v", err)
	}
	n := 0
	p := Later(func() error { n++; return nil })
	if n != 0 {
		t.Error("it waited before it was asked to")
	}
	if err := p.Wait(); err != nil || n != 1 {
		t.Errorf("waited %d times, %v", n, err)
	}
}

// TestBegan: a journal has begun with its first line, not with its file.
func TestBegan(t *testing.T) {
	j := open(t, Options{})
	if j.Began() {
		t.Error("it has begun without a line")
	}
	appendAll(t, j, request("1"))
	if !j.Began() || j.Trouble() != nil {
		t.Errorf("began %t, trouble %v", j.Began(), j.Trouble())
	}
}
