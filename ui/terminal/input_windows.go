package terminal

import (
	"context"
	"io"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/term"
)

// isConsole reports whether a reader is the console that the process was started
// on.
func isConsole(r io.Reader) bool {
	f, ok := r.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}

// readConsole sends the messages of a console, which tells its keys and its size
// in records, until there is nothing more to come.
func (in *Input) readConsole() {
	events := make(chan uv.Event)
	go func() {
		defer close(events)
		defer in.hook.Guard()
		_ = uv.NewTerminalReader(in.r, "").StreamEvents(context.Background(), events)
	}()
	for event := range events { // up to the last one, or the library would wait
		list, is := event.(uv.MultiEvent)
		if !is {
			list = uv.MultiEvent{event}
		}
		for _, e := range list {
			if msg := message(e); msg != nil && !in.stopped.Load() {
				in.send(msg)
			}
		}
	}
}
