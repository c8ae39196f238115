package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"os"
	"strings"

	"tapedeck/api"
	"tapedeck/api/state"
	"tapedeck/api/text"
	"tapedeck/config"
)

// Log is the debug log: a line for each request. The zero value logs nothing.
// It never has a header, a body, a query or a message of the API.
type Log struct {
	file *os.File
	log  *slog.Logger
}

// OpenLog opens debug.log in the state directory, debug-UID.log in one that is
// shared, when the setting log is debug, for the owner alone. Else it returns a log that logs nothing.
func OpenLog(c config.Config) (*Log, error) {
	if c.Log != "debug" {
		return &Log{}, nil
	}
	if c.StateDir == "" {
		return &Log{}, nil // the demo writes nothing
	}
	dir, err := state.Make(c.StateDir)
	if err != nil {
		return nil, logError(c.StateDir, err)
	}
	name := logName(dir)
	f, err := dir.OpenOwn(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
	if err != nil {
		return nil, logError(dir.Path(name), err)
	}
	return &Log{file: f, log: slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))}, nil
}

// logName returns the name of this user's debug log: in a state directory that
// is shared, each user has one.
func logName(dir state.Dir) string {
	if dir.Shared() {
		return fmt.Sprintf("debug-%d.log", os.Geteuid())
	}
	return "debug.log"
}

func logError(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		path, err = e.Path, e.Err
	}
	return &Error{
		What:  fmt.Sprintf("cannot open the debug log %s: %v", path, err),
		Hints: []string{"move it away, set state_dir to a folder of your own, or set log to off"},
	}
}

// Exchange logs one request and its answer.
func (l *Log) Exchange(x api.Exchange) {
	if l.log == nil {
		return
	}
	attrs := []any{"method", x.Method, "path", x.Path, "status", x.StatusCode,
		"bytes", x.Bytes, "took", x.Ended.Sub(x.Began)}
	if x.Err != nil {
		attrs = append(attrs, "error", api.Reason(x.Err))
	}
	l.log.Debug("request", attrs...)
}

// Close closes the file.
func (l *Log) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// TakeStandardLog has what libraries write to Go's standard logger go to l, and
// to nowhere for nil or a log that logs nothing: net/http reports by it what a
// server sent, which may be a token, and a terminal shows it in the middle of
// the screen. restore takes that back.
func TakeStandardLog(l *Log) (restore func()) {
	to, flags, prefix := log.Writer(), log.Flags(), log.Prefix()
	log.SetOutput(libraryLog{l})
	log.SetFlags(0)
	log.SetPrefix("")
	return func() { log.SetOutput(to); log.SetFlags(flags); log.SetPrefix(prefix) }
}

// libraryLog is the debug log for libraries.
type libraryLog struct{ log *Log }

// maxLibrary is how many characters of a library's line are kept.
const maxLibrary = 80

// Write logs one line, up to the first quote or equals sign: what follows is
// what somebody sent.
func (w libraryLog) Write(b []byte) (int, error) {
	if w.log == nil || w.log.log == nil {
		return len(b), nil
	}
	line := string(b)
	if i := strings.IndexAny(line, "\"'`=\n"); i >= 0 {
		line = line[:i]
	}
	if r := []rune(line); len(r) > maxLibrary {
		line = string(r[:maxLibrary]) + "…"
	}
	w.log.log.Debug("library", "says", text.New(strings.TrimSpace(line)).String())
	return len(b), nil
}
