package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// commandType says what a command must be in the file.
const commandType = `an array of words, such as ["/usr/local/bin/page", "--team", "recordings"]`

// alarmSetting returns the setting of the command that an alarm runs. In a
// variable and in a flag it is a program alone, or an array as JSON writes it.
func alarmSetting() setting {
	return setting{
		name: "alarm-command", usage: "program to run for each alarm, without a shell, or a JSON array of it and its arguments",
		hint: "PROGRAM", kind: commandKind, host: true,
		set: func(c *Config, text string, b base) error {
			c.AlarmCommand = nil
			words, err := commandWords(text)
			if err != nil || words == nil {
				return err
			}
			if name := words[0]; strings.ContainsRune(name, filepath.Separator) || strings.HasPrefix(name, "~") {
				if words[0], err = b.path(name); err != nil {
					return err
				}
			}
			c.AlarmCommand = words
			return nil
		},
		show: func(c Config) string {
			switch n := len(c.AlarmCommand); n { // the arguments may have what nobody else should see
			case 0:
				return orNone("")
			case 1:
				return c.AlarmCommand[0]
			case 2:
				return c.AlarmCommand[0] + " with 1 argument"
			default:
				return fmt.Sprintf("%s with %d arguments", c.AlarmCommand[0], n-1)
			}
		},
	}
}

// commandWords returns the words of a command; nil for none.
func commandWords(text string) (words []string, err error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "[") {
		words = []string{text}
	} else if json.Unmarshal([]byte(text), &words) != nil {
		return nil, errors.New("it must be a program, or " + commandType)
	}
	switch {
	case len(words) == 0 || text == "":
		return nil, nil
	case words[0] == "":
		return nil, errors.New("its program has no name")
	case strings.ContainsRune(strings.Join(words, ""), 0):
		return nil, errors.New("it holds a NUL character")
	}
	return words, nil
}

// commandText returns a command of the file as a variable would have it; ok is
// false for what is none.
func commandText(v any) (text string, ok bool) {
	items, ok := v.([]any)
	if !ok {
		return "", false
	}
	words, ok := wordsOf(items)
	if !ok {
		return "", false
	}
	b, err := json.Marshal(append([]string{}, words...))
	return string(b), err == nil
}
