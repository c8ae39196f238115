package terminal

import (
	"bytes"
	"sync"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// forms are the sequences that some terminals have for a key, and those that
// all others have for it: the Linux console's function keys and Shift+Tab, and
// Delete of st, which is F1 elsewhere only where a program has asked for it.
var forms = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"\x1b[[A": "\x1bOP", "\x1b[[B": "\x1bOQ", "\x1b[[C": "\x1bOR", "\x1b[[D": "\x1bOS", "\x1b[[E": "\x1b[15~",
		"\x1b\t": "\x1b[Z",
		"\x1b[P": "\x1b[3~",
	}
})

// commonForm returns a whole sequence as most terminals send it.
func commonForm(seq []byte) []byte {
	if s, ok := forms()[string(seq)]; ok {
		return []byte(s)
	}
	return seq
}

// isBackTab reports whether a sequence that has begun is the Linux console's
// Shift+Tab with this byte: no other has a control character.
func isBackTab(begun []byte, c byte) bool { return c == '\t' && bytes.Equal(begun, []byte{0x1b}) }

// controls are the keys that a terminal without a keyboard mode cannot tell from
// a letter with Ctrl. One that can is taken as if it could not. A line feed is
// Enter of the keypad on some terminals.
var controls = sync.OnceValue(func() map[rune]rune {
	return map[rune]rune{'[': tea.KeyEscape, 'm': tea.KeyEnter, 'j': tea.KeyEnter, 'i': tea.KeyTab}
})

// keypad are the keys of the keypad that do what another key does.
var keypad = sync.OnceValue(func() map[rune]rune {
	return map[rune]rune{
		tea.KeyKpEnter: tea.KeyEnter, tea.KeyKpUp: tea.KeyUp, tea.KeyKpDown: tea.KeyDown, tea.KeyKpLeft: tea.KeyLeft, tea.KeyKpRight: tea.KeyRight,
		tea.KeyKpHome: tea.KeyHome, tea.KeyKpEnd: tea.KeyEnd, tea.KeyKpPgUp: tea.KeyPgUp, tea.KeyKpPgDown: tea.KeyPgDown,
		tea.KeyKpInsert: tea.KeyInsert, tea.KeyKpDelete: tea.KeyDelete,
	}
})

// typed are the keys of the keypad that are a character.
var typed = sync.OnceValue(func() map[rune]rune {
	return map[rune]rune{
		tea.KeyKpPlus: '+', tea.KeyKpMinus: '-', tea.KeyKpMultiply: '*', tea.KeyKpDivide: '/', tea.KeyKpDecimal: '.', tea.KeyKpEqual: '=', tea.KeyKpComma: ',',
	}
})

// locks are the modifiers that a key is not pressed with.
const locks = tea.ModNumLock | tea.ModCapsLock | tea.ModScrollLock

// Key returns a key press in the form that all terminals have for it: a key of
// the keypad as the one that does the same, two escapes that arrive together as
// one, Ctrl+[ as Escape, and so on. Every other key is as it was.
func Key(k tea.KeyPressMsg) tea.KeyPressMsg {
	mod := k.Mod &^ locks
	switch {
	case k.Code == tea.KeyEscape && mod == tea.ModAlt:
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case mod == tea.ModCtrl:
		if code, ok := controls()[unicode.ToLower(k.Code)]; ok {
			return tea.KeyPressMsg{Code: code}
		}
	case mod == 0 && k.Text == "" && k.Code >= tea.KeyKp0 && k.Code <= tea.KeyKp9:
		return character('0' + k.Code - tea.KeyKp0)
	case mod == 0 && k.Text == "" && typed()[k.Code] != 0:
		return character(typed()[k.Code])
	}
	if code, ok := keypad()[k.Code]; ok {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	return k
}

// character returns the key of a character.
func character(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }
