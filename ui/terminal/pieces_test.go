package terminal

import (
	"strings"
	"testing"
	"time"
)

// wholeAnswers are what terminals answer to the questions that a program may
// have asked, and what they send for special keys.
var wholeAnswers = []string{
	"\x1b]11;rgb:ffff/ffff/ffff\x07", "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\", "\x1b]10;rgba:00/00/00/ff\x1b\\",
	"\x1b]4;7;rgb:aaaa/bbbb/cccc\x07", "\x1b[?2026;2$y", "\x1b[?2027;0$y", "\x1b[?1u", "\x1b[?62;22c", "\x1b[>41;354;0c",
	"\x1b[24;80R", "\x1b[?997;1n", "\x1b[I", "\x1b[O", "\x1b[A", "\x1b[1;5C", "\x1b[3~", "\x1b[<0;12;7M", "\x1b[112;1u", "\x1b[M !!",
}

// An answer that comes in two reads, or byte by byte, is put together, however
// long the pause between them; only an escape alone goes through at once.
func TestPieces(t *testing.T) {
	for _, answer := range wholeAnswers {
		for _, gap := range []time.Duration{0, 70 * time.Millisecond, 150 * time.Millisecond, time.Second} {
			for at := 1; at < len(answer); at++ {
				p, now := pieces{}, time.Unix(0, 0)
				first, second := p.pass([]byte(answer[:at]), now), p.pass([]byte(answer[at:]), now.Add(gap))
				want := ""
				if at == 1 {
					want = "\x1b"
				}
				if string(first) != want || string(second) != answer {
					t.Errorf("%q and %q after %s are taken for %q and %q", answer[:at], answer[at:], gap, first, second)
				}
			}
			p, now, got := pieces{}, time.Unix(0, 0), ""
			for i := range len(answer) {
				got += string(p.pass([]byte(answer[i:i+1]), now))
				now = now.Add(gap)
			}
			if got != "\x1b"+answer {
				t.Errorf("%q, byte by byte each %s, is taken for %q", answer, gap, got)
			}
		}
	}
}

// What somebody types beside a sequence that never ends goes through at once.
func TestKeysBesidePieces(t *testing.T) {
	for _, begun := range []string{"\x1b[", "\x1b[?2026;", "\x1b]11;rgb:ffff/ff", "\x1b]11;rgb:", "\x1bP1+r54", "\x1b_G", "\x1b]52;c;cHc="} {
		for _, key := range []string{"p", "r", "X", "q", "\x03", "\r", "\x1b", "/", "y"} {
			p, now := pieces{}, time.Unix(0, 0)
			_ = p.pass([]byte(begun), now)
			if key == "/" && strings.HasPrefix(begun, "\x1b]11") {
				continue // colors have it
			}
			if got := string(p.pass([]byte(key), now.Add(300*time.Millisecond))); got != key {
				t.Errorf("%q after %q is taken for %q", key, begun, got)
			}
			if got := string(p.pass([]byte("j"), now.Add(900*time.Millisecond))); got != "j" {
				t.Errorf("j after %q and %q is taken for %q", begun, key, got)
			}
		}
		p, now := pieces{}, time.Unix(0, 0)
		_ = p.pass([]byte(begun), now)
		if got := string(p.pass([]byte("jkp"), now.Add(keptFor+time.Second))); got != "jkp" {
			t.Errorf("keys long after %q are taken for %q", begun, got)
		}
	}
	for _, in := range []string{"p", "jj", "\x1b", "\x1bx", "\x1b[A\x1b[B", "é会", "\x1b[200~p\x1b[A r\x1b[201~j", "\x1b\x1b[A", "\x00"} {
		p := pieces{}
		if got := string(p.pass([]byte(in), time.Unix(0, 0))); got != in {
			t.Errorf("%q is taken for %q", in, got)
		}
	}
}
