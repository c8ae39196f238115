package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"tapedeck/api/state"
)

// namesKey is the table of names for numbers, at the top level or in a profile.
const namesKey = "names"

const (
	maxName  = 60     // characters of a name
	maxNames = 20_000 // names in all
)

// numbers matches what may be given a name: a phone number, with blanks and
// signs as people write them, or an address such as sip:desk@example.com.
var numbers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\+?[0-9 ().-]*[0-9]{2}[0-9 ().-]*|[a-z]+:[^\s]+|[^\s@]+@[^\s@]+)$`)
})

// loadNames reads the names for numbers: those of names_file, over them those of
// the file's [names], over them those of the profile.
func (l *loader) loadNames() {
	l.cfg.Names = map[string]string{}
	var from []string
	if l.cfg.namesFile != "" {
		if err := l.readNames(l.cfg.namesFile); err != nil {
			l.fail(err)
		}
		from = append(from, l.cfg.namesFile)
	}
	for _, t := range slices.Backward(l.tables()) {
		v, ok := t.values[namesKey]
		if !ok {
			continue
		}
		from = append(from, t.source(namesKey))
		names, _ := v.(map[string]any) // else the file was refused
		l.addNames(names, func(number string) string {
			p := t.file.find(append(slices.Clone(t.prefix), namesKey, number))
			return fmt.Sprintf("%s:%d:%d", t.file.path, p.line, p.column)
		})
	}
	if len(l.cfg.Names) > maxNames {
		l.fail(problem("cannot use %d names: at most %d are allowed", len(l.cfg.Names), maxNames))
	}
	value := orNone("")
	if n := len(l.cfg.Names); n > 0 {
		value = fmt.Sprint(n)
	}
	if len(from) == 0 {
		from = []string{"default"}
	}
	l.show(namesKey, value, strings.Join(from, ", "))
}

// addNames adds the names of a table. place says where a number stands.
func (l *loader) addNames(names map[string]any, place func(number string) string) {
	for _, number := range slices.Sorted(maps.Keys(names)) {
		name, err := textKind.text(names[number])
		if err == nil {
			err = l.addName(number, name)
		}
		if err != nil {
			l.fail(problem("cannot use the name for %s (%s): %v", quote(number), place(number), err))
		}
	}
}

// addName adds one name, or says why it is none.
func (l *loader) addName(number, name string) error {
	switch {
	case !numbers().MatchString(number):
		return errors.New(`it is not a number such as "+15125550128", nor an address such as "sip:desk@example.com"`)
	case strings.TrimSpace(name) == "":
		return errors.New("the name is empty")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("the name is longer than %d characters", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("the name holds a control character")
	}
	l.cfg.Names[number] = strings.TrimSpace(name)
	return nil
}

// readNames reads a names_file: TOML as in [names], or a number and a name on
// each line.
func (l *loader) readNames(path string) error {
	data, _, err := state.ReadPlain(path, maxFile)
	if err != nil {
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = cause.Err
		}
		return problem("cannot read the names_file %s: %v", path, err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !isTOML(data) {
		l.readLines(path, string(data))
		return nil
	}
	f, err := decodeFile("the names_file", path, 0, data)
	if err != nil {
		return err
	}
	names, prefix := f.values, []string{}
	if inner, ok := names[namesKey].(map[string]any); ok && len(names) == 1 {
		names, prefix = inner, []string{namesKey}
	}
	l.addNames(names, func(number string) string {
		p := f.find(append(slices.Clone(prefix), number))
		return fmt.Sprintf("%s:%d:%d", path, p.line, p.column)
	})
	return nil
}

// isTOML reports whether a names_file is TOML, by its first line that says
// anything.
func isTOML(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return strings.ContainsRune(`"'[`, rune(line[0]))
		}
	}
	return false
}

// readLines reads a names_file that has a number and a name on each line.
func (l *loader) readLines(path, text string) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		entry := strings.TrimSpace(line)
		if entry == "" || entry[0] == '#' {
			continue
		}
		at := fmt.Sprintf("%s:%d:%d", path, n, 1+utf8.RuneCountInString(line[:strings.Index(line, entry)]))
		end := strings.IndexFunc(entry, unicode.IsSpace)
		if end < 0 {
			l.fail(problem("cannot use %s (%s): a name has to follow the number", quote(entry), at))
			continue
		}
		number, name := entry[:end], strings.TrimSpace(entry[end:])
		err := l.addName(number, name)
		if strings.HasPrefix(name, "=") {
			err = errors.New(`in TOML the number stands in quotes: "+15125550128" = "Front desk"`)
		}
		if err != nil {
			l.fail(problem("cannot use the name for %s (%s): %v", quote(number), at, err))
		}
	}
}
