package remote

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const maxWords = 256 // of one command

// Split returns the words of a command line. Spaces and tabs separate words; what is
// within '…' or "…" is one word, as it is; a backslash takes the next character as it
// is, within "…" only a " or another backslash. There is no shell: every other
// character is itself.
func Split(line string) (words []string, err error) {
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return nil, errors.New("the command has characters that are not text, or more than one line")
	}
	var word []byte
	in, quote := false, byte(0) // in a word, and in which quotes
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
			continue
		case c == '\\' && quote != '\'' && i+1 < len(line) && (quote == 0 || line[i+1] == '"' || line[i+1] == '\\'):
			i++
			c = line[i]
		case quote != 0:
		case c == '\'' || c == '"':
			in, quote = true, c
			continue
		case c == ' ' || c == '\t':
			if in {
				words = append(words, string(word))
			}
			in, word = false, word[:0]
			continue
		case c == '\\':
			return nil, errors.New(`the command ends with a \`)
		}
		in = true
		word = append(word, c)
	}
	if quote != 0 {
		return nil, fmt.Errorf("the command has a %c without its other one", quote)
	}
	if in {
		words = append(words, string(word))
	}
	if len(words) > maxWords {
		return nil, fmt.Errorf("the command has %d words: %d are allowed", len(words), maxWords)
	}
	return words, nil
}
