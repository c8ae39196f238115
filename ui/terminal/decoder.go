package terminal

import (
	"bytes"
	"strings"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// decoder makes messages of keys, whole sequences and pastes. The library's own
// reader makes the same of them, by a table of 140 kB for each session.
type decoder struct {
	events uv.EventDecoder
	rest   []byte    // what is not decoded
	more   []tea.Msg // what the last sequence is, too
	paste  []byte    // the text of a paste so far
	pastes bool      // a paste has begun
}

// maxPaste is the longest pasted text that is kept, in bytes. A filter takes 200
// characters.
const maxPaste = 4096

// next takes what comes next, and returns its message; nil for none. Ok is false
// when all is taken, or when what is left may go on, unless all says that it does
// not.
func (d *decoder) next(all bool) (msg tea.Msg, ok bool) {
	switch {
	case len(d.more) > 0:
		msg, d.more = d.more[0], d.more[1:]
		return msg, true
	case len(d.rest) == 0:
		return nil, false
	case d.pastes:
		return d.pasted()
	}
	n, event := d.events.Decode(d.rest)
	n = min(max(n, 1), len(d.rest))
	if !all && len(d.rest) < maxKept && d.unclear(n, event) {
		return nil, false
	}
	d.rest = d.rest[n:]
	switch event := event.(type) {
	case uv.PasteStartEvent:
		d.pastes = true
	case uv.MultiEvent:
		for _, e := range event {
			d.more = append(d.more, message(e))
		}
	default:
		msg = message(event)
	}
	return msg, true
}

// unclear reports whether what comes next may make something else of the first n
// bytes: they end with an escape, or have no end.
func (d *decoder) unclear(n int, event uv.Event) bool {
	_, unknown := event.(uv.UnknownEvent)
	return unknown || n == len(d.rest) && d.rest[n-1] == 0x1b
}

// pasted takes pasted text, up to the end of the paste, which comes whole.
func (d *decoder) pasted() (msg tea.Msg, ok bool) {
	text, rest, ended := bytes.Cut(d.rest, pasteEnd)
	d.paste = append(d.paste, text[:min(len(text), maxPaste-len(d.paste))]...)
	d.rest = rest
	if !ended {
		return nil, false
	}
	msg = tea.PasteMsg{Content: strings.ToValidUTF8(string(d.paste), "")}
	d.paste, d.pastes = nil, false
	return msg, true
}

// message returns the message of an event; nil for what no screen asks for.
func message(event uv.Event) tea.Msg {
	switch event := event.(type) {
	case uv.KeyPressEvent:
		return tea.KeyPressMsg(event)
	case uv.FocusEvent:
		return tea.FocusMsg(event)
	case uv.BackgroundColorEvent:
		return tea.BackgroundColorMsg(event)
	case uv.CursorPositionEvent:
		return tea.CursorPositionMsg(event)
	case uv.ModeReportEvent:
		return tea.ModeReportMsg(event)
	case uv.PasteEvent: // of a console
		return tea.PasteMsg(event)
	case uv.WindowSizeEvent: // the same
		return tea.WindowSizeMsg(event)
	}
	return nil
}
