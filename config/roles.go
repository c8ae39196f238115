package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tapedeck/api/policy"
)

// rolesKey is the table of roles at the top level of the file.
const rolesKey = "roles"

// RoleWords are the words that a role's may can have, beside all.
var RoleWords = []string{"view", "pause", "resume", "stop", policy.StopWord, "start", "acknowledge", "timer", "reveal", "bulk", "sessions"}

// allWord, in may, stands for all of [RoleWords] but the one that has to be named.
const allWord = "all"

// maxRoles is how many roles there may be.
const maxRoles = 64

// Role is what some users may do by tapedeck serve.
type Role struct {
	Name string
	// May are words of [RoleWords]; for "all", all of them but stop-evidence.
	May []string
	// Users and Groups are who has the role, by name or by number.
	Users, Groups []string
	// Keys are who has it by SSH, by the key's fingerprint (SHA256:…) or comment,
	// and Principals are those of certificates.
	Keys, Principals []string
}

// roleKeys are what the table of a role may have.
var roleKeys = []string{"may", "users", "groups", "keys", "principals"}

// loadRoles reads the tables [roles.NAME].
func (l *loader) loadRoles() {
	value, source := orNone(""), "default"
	if l.file != nil {
		roles, _ := l.file.values[rolesKey].(map[string]any) // else the file was refused
		for _, name := range slices.Sorted(maps.Keys(roles)) {
			values, _ := roles[name].(map[string]any)
			l.addRole(table{file: l.file, prefix: []string{rolesKey, name}, values: values})
		}
		if len(roles) > 0 {
			p := l.file.find([]string{rolesKey})
			value, source = strings.Join(slices.Sorted(maps.Keys(roles)), ", "), fmt.Sprintf("%s:%d", l.file.path, p.line)
		}
		if len(roles) > maxRoles {
			l.fail(problem("cannot use %d roles (%s): at most %d are allowed", len(roles), l.file.path, maxRoles))
		}
	}
	l.show(rolesKey, value, source)
}

// addRole reads one role.
func (l *loader) addRole(t table) {
	role := Role{Name: t.prefix[1]}
	if !isName(role.Name) || role.Name == allWord {
		l.fail(problem("cannot use the role %s (%s): a role's name has only letters, digits, dots, - and _, and is not all", quote(role.Name), t.here()))
	}
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		items, ok := t.values[key].([]any)
		words, all := wordsOf(items)
		switch {
		case !slices.Contains(roleKeys, key):
			e := problem("cannot use %s (%s): a role has %s", quote(key), t.place(key), list(roleKeys))
			if near := Nearest(key, roleKeys); near != "" {
				e.Hints = []string{"did you mean " + near + "?"}
			}
			l.fail(e)
			continue
		case !ok || !all:
			l.fail(problem("cannot use %s (%s): it must be an array of words, such as [\"view\", \"pause\"]", key, t.place(key)))
			continue
		}
		switch key {
		case "may":
			role.May = l.may(t, words)
		case "users":
			role.Users = l.people(t, key, words)
		case "groups":
			role.Groups = l.people(t, key, words)
		case "keys":
			role.Keys = l.provers(t, key, words)
		default:
			role.Principals = l.provers(t, key, words)
		}
	}
	if _, ok := t.values["may"]; !ok {
		l.fail(&Error{What: fmt.Sprintf("cannot use the role %s (%s): it has no may", quote(role.Name), t.here()),
			Hints: []string{"write what it may do, such as may = [\"view\", \"pause\", \"resume\"]"}})
	}
	if len(role.Users)+len(role.Groups)+len(role.Keys)+len(role.Principals) == 0 {
		l.warn("nobody has the role %s: it names no users, groups, keys or principals", role.Name)
	}
	l.cfg.Roles = append(l.cfg.Roles, role)
}

// may returns the words of a role's may, and refuses those that there are not.
func (l *loader) may(t table, words []string) (may []string) {
	for _, word := range words {
		switch {
		case word == allWord:
			for _, w := range RoleWords {
				if w != policy.StopWord && !slices.Contains(may, w) {
					may = append(may, w)
				}
			}
		case slices.Contains(RoleWords, word):
			if !slices.Contains(may, word) {
				may = append(may, word)
			}
		default:
			e := problem("cannot use %s for may (%s): there is no such permission", quote(word), t.placeOf("may", word))
			if near := Nearest(word, RoleWords); near != "" {
				e.Hints = append(e.Hints, "did you mean "+near+"?")
			}
			e.Hints = append(e.Hints, "there are "+list(RoleWords)+", or all")
			l.fail(e)
		}
	}
	return may
}

// people returns the users or groups of a role.
func (l *loader) people(t table, key string, words []string) []string {
	for _, word := range words {
		if err := checkPerson(word, "a "+strings.TrimSuffix(key, "s")); err != nil {
			l.fail(problem("cannot use %s (%s): %v", key, t.placeOf(key, word), err))
		}
	}
	return words
}

// provers returns the keys or principals of a role.
func (l *loader) provers(t table, key string, words []string) []string {
	for _, word := range words {
		if word == "" || len(word) > 256 || strings.TrimSpace(word) != word || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			l.fail(problem("cannot use %s (%s): %s is none", key, t.placeOf(key, word), quote(word)))
		}
	}
	return words
}

// wordsOf returns an array's items; ok is false when one of them is no text.
func wordsOf(items []any) (words []string, ok bool) {
	for _, item := range items {
		word, is := item.(string)
		if !is {
			return nil, false
		}
		words = append(words, word)
	}
	return words, true
}

// here returns where a table begins, for an error: path, line and column.
func (t table) here() string {
	p := t.file.find(t.prefix)
	return fmt.Sprintf("%s:%d:%d", t.file.path, p.line, p.column)
}

// placeOf returns where a word of an array is, for an error: path, line and
// column. It is that of the key where the word cannot be found as it is.
func (t table) placeOf(key, word string) string {
	p := t.file.find(append(slices.Clone(t.prefix), key))
	lines := strings.Split(t.file.text, "\n")
	for n := p.line; n <= len(lines); n++ {
		line := lines[n-1]
		from := 0
		if n == p.line {
			from = min(max(0, p.column-1), len(line))
		}
		for _, quoted := range []string{`"` + word + `"`, `'` + word + `'`} {
			if i := strings.Index(line[from:], quoted); i >= 0 {
				return fmt.Sprintf("%s:%d:%d", t.file.path, n, from+i+1)
			}
		}
		if n > p.line && strings.HasPrefix(strings.TrimSpace(line), "[") {
			break
		}
	}
	return fmt.Sprintf("%s:%d:%d", t.file.path, p.line, p.column)
}
