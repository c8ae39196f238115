package cli

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"tapedeck/api"
	"tapedeck/config"
)

// Log is the debug log: a line for each request. The zero value logs nothing.
// It never has a header, a body, a query or a message of the API.
type Log struct {
	file *os.File
	log  *slog.Logger
}

// OpenLog opens debug.log in the state directory when the setting log is
// debug, for the owner alone. Else it returns a log that logs nothing.
func OpenLog(c config.Config) (*Log, error) {
	if c.Log != "debug" {
		return &Log{}, nil
	}
	if c.StateDir == "" {
		return &Log{}, nil // the demo writes nothing
	}
	name := filepath.Join(c.StateDir, "debug.log")
	if err := os.MkdirAll(c.StateDir, 0o700); err != nil {
		return nil, logError(name, err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, logError(name, err)
	}
	return &Log{file: f, log: slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))}, nil
}

func logError(name string, err error) error {
	return &Error{
		What:  fmt.Sprintf("cannot open the debug log %s: %v", name, err),
		Hints: []string{"set state_dir to a directory of your own, or log to off"},
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
