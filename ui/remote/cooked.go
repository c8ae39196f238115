package remote

import (
	"io"
	"unicode/utf8"

	"tapedeck/api/crash"
)

const (
	maxTyped = 1024 // bytes of a line that is typed
	maxAhead = 8    // lines that are typed before somebody reads them
)

// keyboard is a terminal in lines, for a command: a terminal of SSH sends each key,
// and shows nothing by itself.
type keyboard struct {
	echo      io.Writer
	interrupt func()

	over  bool // no more lines are to come
	line  []byte
	skip  int // of an escape sequence: 1 after its escape, 2 within it
	lines chan []byte
	rest  []byte // of the line that is read
}

// cooked returns the lines that are typed on a terminal, which it shows as they are
// typed. ctrl+c calls interrupt. It reads until the session is over.
func cooked(in io.Reader, echo io.Writer, interrupt func(), hook *crash.Hook) io.Reader {
	k := &keyboard{echo: echo, interrupt: interrupt, lines: make(chan []byte, maxAhead)}
	go func() {
		defer hook.Guard()
		defer k.end()
		b := make([]byte, 256)
		for {
			n, err := in.Read(b)
			for _, c := range b[:n] {
				k.key(c)
			}
			if err != nil {
				return
			}
		}
	}()
	return k
}

// key takes a byte. After the end of what is typed, ctrl+c is still one.
func (k *keyboard) key(c byte) {
	switch {
	case k.skip == 1:
		if k.skip = 0; c == '[' || c == 'O' {
			k.skip = 2
		}
	case k.skip == 2:
		if c >= 0x40 && c <= 0x7e {
			k.skip = 0
		}
	case c == 0x1b:
		k.skip = 1
	case c == 0x03:
		k.show("^C\n")
		k.interrupt()
	case k.over:
	case c == '\r' || c == '\n':
		k.show("\n")
		k.give()
	case c == 0x04:
		if len(k.line) == 0 {
			k.end()
		}
	case c == 0x7f || c == 0x08:
		if _, n := utf8.DecodeLastRune(k.line); n > 0 {
			k.line = k.line[:len(k.line)-n]
			k.show("\b \b")
		}
	case c == 0x15:
		for range utf8.RuneCount(k.line) {
			k.show("\b \b")
		}
		k.line = k.line[:0]
	case c >= ' ' && len(k.line) < maxTyped:
		k.line = append(k.line, c)
		k.show(string([]byte{c}))
	}
}

// end has no more lines read.
func (k *keyboard) end() {
	if !k.over {
		k.over = true
		close(k.lines)
	}
}

func (k *keyboard) show(s string) { _, _ = io.WriteString(k.echo, s) }

// give has a line read; where too many wait, it is dropped.
func (k *keyboard) give() {
	select {
	case k.lines <- append(append([]byte(nil), k.line...), '\n'):
	default:
	}
	k.line = k.line[:0]
}

// Read reads lines.
func (k *keyboard) Read(p []byte) (int, error) {
	if len(k.rest) == 0 {
		line, ok := <-k.lines
		if !ok {
			return 0, io.EOF
		}
		k.rest = line
	}
	n := copy(p, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}
