package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// escaped returns the updating key that comes after an escape, so soon that the
// terminal's library takes both for that key with Alt; empty for any other.
func (m *Model) escaped(key string) string {
	k, ok := strings.CutPrefix(key, "alt+")
	if a := m.keys.find(k); ok && a != nil && a.verb != "" {
		return k
	}
	return ""
}

// otherKeyboard says that a letter that is not Latin is no key here; empty for
// any other key.
func otherKeyboard(k tea.KeyPressMsg) string {
	if r, _ := utf8.DecodeRuneInString(k.Text); r < utf8.RuneSelf || !unicode.IsLetter(r) {
		return ""
	}
	return k.Text + " is no key here; is the keyboard set to another language?"
}
