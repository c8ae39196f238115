package terminal

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// keysOf returns the keys that a program is given for what a terminal sends, in
// reads of their own.
func keysOf(t *testing.T, reads ...string) (keys []string) {
	t.Helper()
	r, typing := io.Pipe()
	in, err := NewInput(r, &Reads{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := in.Start(func(msg tea.Msg) {
		if k, ok := msg.(tea.KeyPressMsg); ok {
			keys = append(keys, Key(k).String())
		}
	}, func() {})
	for _, s := range reads {
		_, _ = typing.Write([]byte(s))
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
	}
	time.Sleep(3 * time.Second)
	_ = typing.Close()
	stop()
	synctest.Wait()
	return keys
}

// Each key is one key, however a terminal sends it.
func TestKeyForms(t *testing.T) {
	for _, tt := range []struct{ what, sent, want string }{
		{"Enter", "\r", "enter"},
		{"Enter of the keypad, as a line feed", "\n", "enter"},
		{"Enter of the keypad, in application mode", "\x1bOM", "enter"},
		{"Enter of the keypad, kitty", "\x1b[57414u", "enter"},
		{"Enter of the keypad with Num Lock, kitty", "\x1b[57414;129u", "enter"},
		{"ctrl+m, kitty", "\x1b[109;5u", "enter"},
		{"ctrl+m with Caps Lock, kitty", "\x1b[109;69u", "enter"},
		{"ctrl+m, modifyOtherKeys", "\x1b[27;5;109~", "enter"},
		{"ctrl+j, kitty", "\x1b[106;5u", "enter"},
		{"ctrl+[, kitty", "\x1b[91;5u", "esc"},
		{"ctrl+[, modifyOtherKeys", "\x1b[27;5;91~", "esc"},
		{"Escape, kitty", "\x1b[27u", "esc"},
		{"ctrl+i, kitty", "\x1b[105;5u", "tab"},
		{"ctrl+i, modifyOtherKeys", "\x1b[27;5;105~", "tab"},
		{"Tab", "\t", "tab"},
		{"Shift+Tab", "\x1b[Z", "shift+tab"},
		{"Shift+Tab of the Linux console", "\x1b\t", "shift+tab"},
		{"F1", "\x1bOP", "f1"},
		{"F1, VT220", "\x1b[11~", "f1"},
		{"F1 of the Linux console", "\x1b[[A", "f1"},
		{"F2 of the Linux console", "\x1b[[B", "f2"},
		{"F3 of the Linux console", "\x1b[[C", "f3"},
		{"F4 of the Linux console", "\x1b[[D", "f4"},
		{"F5", "\x1b[15~", "f5"},
		{"F5 of the Linux console", "\x1b[[E", "f5"},
		{"F1 with Shift", "\x1b[1;2P", "shift+f1"},
		{"Delete", "\x1b[3~", "delete"},
		{"Delete of st", "\x1b[P", "delete"},
		{"ctrl+c, kitty", "\x1b[99;5u", "ctrl+c"},
		{"ctrl+l, modifyOtherKeys", "\x1b[27;5;108~", "ctrl+l"},
		{"7 of the keypad, in application mode", "\x1bOw", "7"},
		{"7 of the keypad, kitty", "\x1b[57406;129u", "7"},
		{"+ of the keypad, in application mode", "\x1bOk", "+"},
		{"- of the keypad, kitty", "\x1b[57412u", "-"},
		{"Page Down of the keypad, kitty", "\x1b[57422u", "pgdown"},
		{"two escapes", "\x1b\x1b", "esc"},
		{"p, kitty", "\x1b[112u", "p"},
		{"a letter with Alt", "\x1bp", "alt+p"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := keysOf(t, tt.sent); len(got) != 1 || got[0] != tt.want {
					t.Errorf("%q is %q, want %q", tt.sent, got, tt.want)
				}
			})
		})
	}
}

// So they are where a slow line cuts a sequence behind its first two bytes.
func TestKeyFormsInPieces(t *testing.T) {
	for _, tt := range []struct{ sent, want string }{
		{"\x1b[[A", "f1"}, {"\x1b[[E", "f5"}, {"\x1b[27;5;91~", "esc"}, {"\x1b[109;5u", "enter"}, {"\x1b[3~", "delete"},
	} {
		for at := 2; at < len(tt.sent); at++ {
			t.Run(fmt.Sprintf("%q", []string{tt.sent[:at], tt.sent[at:]}), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if got := keysOf(t, tt.sent[:at], tt.sent[at:]); len(got) != 1 || got[0] != tt.want {
						t.Errorf("%q, want %q", got, tt.want)
					}
				})
			})
		}
	}
}

// A key that was pressed some time after Escape is a key of its own.
func TestTabAfterEscape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := keysOf(t, "\x1b", "\t"); fmt.Sprint(got) != "[esc tab]" {
			t.Errorf("%q, want Escape and Tab", got)
		}
	})
}

// What a terminal answers is not taken for a key that only looks like it.
func TestCommonForm(t *testing.T) {
	for _, same := range []string{"\x1b[1P", "\x1b[0;1P", "\x1b[[F", "\x1b[A", "\x1b[?1P", "\x1bOP"} {
		if got := commonForm([]byte(same)); !bytes.Equal(got, []byte(same)) {
			t.Errorf("%q becomes %q", same, got)
		}
	}
}
