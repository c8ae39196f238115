package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"tapedeck/api/secret"
	"tapedeck/api/state"
)

// Login is the space, the project and the token of a profile, as they are to be
// written down.
type Login struct {
	Profile string
	Space   string // as a person writes it: a name, a host or a URL
	Project string
	Token   secret.Token
	// Command prints the token, and is written down instead of it; nil for none.
	Command []string
}

// The keys of a table that are space, project and token.
var tokenKeys = []string{"token", "token_file", "token_command"}
var loginKeys = append([]string{"space", "project"}, tokenKeys...)

// CheckSpace returns the base URL of a space, or says why it is none.
func CheckSpace(space string) (string, error) {
	base, err := parseSpace(space)
	if err != nil {
		return "", problem("cannot use %s for the space: %v", shownValue(space), err)
	}
	return base, nil
}

// CheckProject says why a project's ID is none.
func CheckProject(id string) error {
	if err := checkProject(id); err != nil {
		return problem("cannot use %s for the project: %v", shownValue(id), err)
	}
	return nil
}

// CheckToken says why a token is none; never with the token.
func CheckToken(token string) error {
	if err := checkToken(token); err != nil {
		return problem("cannot use the token: %v", err)
	}
	return nil
}

// shownValue quotes a value for an error, unless it may hold a secret.
func shownValue(value string) string {
	if strings.Contains(value, "@") || tokenLike().MatchString(value) {
		return "the value"
	}
	return quote(value)
}

// CheckProfile says why a profile cannot have a name.
func CheckProfile(name string) error {
	if !isName(name) {
		return problem("cannot use %s for the profile: its name has only letters, digits, dots, - and _", shownValue(name))
	}
	return nil
}

// SplitCommand returns the words of a command: those of an array, written as in
// the file or as JSON, or what blanks divide. Nothing of it is for a shell.
func SplitCommand(command string) ([]string, error) {
	if strings.HasPrefix(strings.TrimSpace(command), "[") {
		f, err := decodeFile("the command", "--token-command", 0, []byte("token_command = "+command))
		if err != nil {
			return nil, problem(`cannot read --token-command: it is no array of words, such as ["pass", "show", "signalwire"]`)
		}
		words, err := commandOf(f.values["token_command"])
		if err != nil {
			return nil, problem("cannot use --token-command: %v", err)
		}
		return words, nil
	}
	words := strings.Fields(command)
	switch {
	case len(words) == 0:
		return nil, problem("cannot use --token-command: it is empty")
	case strings.ContainsAny(command, "\"'`$\\|&;<>()*?\x00"):
		return nil, &Error{What: "cannot use --token-command: it runs without a shell, so quotes and the like mean nothing in it",
			Hints: []string{`write it as an array of words, such as '["pass", "show", "signalwire"]'`}}
	}
	return words, nil
}

// CommandToken runs a command as a token_command of the file at path would be,
// and returns the token that it prints.
func CommandToken(ctx context.Context, environ []string, path string, command []string) (secret.Token, error) {
	l := newLoader(Sources{Environ: environ})
	w := writtenToken{written: written{source: "--token-command", place: "--token-command"}, command: command}
	if dir := (&file{path: path}).dir(); isFolder(dir) {
		w.relative.dir = dir
	}
	return l.readToken(ctx, w)
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Book is a settings file in which logins are kept.
type Book struct {
	path string
	was  []byte      // nil where there is no file
	mode fs.FileMode // of the file
	file *file
	env  environment
}

// OpenBook reads the settings file that login and logout are about. One that does
// not exist is empty. One that cannot be read, or holds what is no setting, is an
// error: nothing may be lost of it.
func OpenBook(in Sources) (*Book, error) {
	l := newLoader(in)
	path, _ := l.defaultFile()
	if given := in.Flags["config"]; given != "" {
		path = given
	}
	if path == "" {
		return nil, &Error{What: "cannot find a place for the settings file: HOME is not set", Hints: []string{"set HOME or XDG_CONFIG_HOME, or name the file with --config"}}
	}
	b := &Book{path: path, env: l.env, mode: 0o600}
	was, st, err := state.ReadPlain(path, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, b.failed("read", err)
	default:
		b.was, b.mode = was, st.Mode()
		if b.was == nil {
			b.was = []byte{}
		}
	}
	b.file, err = parseFile(path, b.mode, b.was)
	return b, err
}

// Path returns the path of the settings file.
func (b *Book) Path() string { return b.path }

func (b *Book) failed(verb string, err error) error {
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		at := ""
		if cause.Path != b.path {
			at = " (" + cause.Path + ")"
		}
		return &Error{What: fmt.Sprintf("cannot %s the settings file %s: %v%s", verb, b.path, cause.Err, at), Err: err}
	}
	return &Error{What: fmt.Sprintf("cannot %s the settings file %s: %v", verb, b.path, err), Err: err}
}

// Chosen returns the profile that a flag or a variable names; empty for none.
func (b *Book) Chosen(in Sources) string {
	if name := in.Flags["profile"]; name != "" {
		return name
	}
	return b.env.value("TAPEDECK_PROFILE")
}

// Profiles returns the names of the profiles, in order.
func (b *Book) Profiles() []string { return b.file.profiles() }

// Default returns the profile that default_profile names; empty for none.
func (b *Book) Default() string {
	name, _ := b.file.top().text("default_profile")
	return name
}

// table returns the table of a profile, or the top level for an empty name.
func (b *Book) table(profile string) table {
	if profile == "" {
		return b.file.top()
	}
	return b.file.profile(profile)
}

// Project returns the space, as its base URL, and the project that a profile has;
// of the top level for an empty name. They are empty where it has none.
func (b *Book) Project(profile string) (space, project string) {
	t := b.table(profile)
	space, _ = t.text("space")
	if base, err := parseSpace(space); err == nil {
		space = base
	}
	project, _ = t.text("project")
	return space, project
}

// Has reports whether a profile has a space, a project or a token of its own; the
// top level for an empty name.
func (b *Book) Has(profile string) bool {
	t := b.table(profile)
	return slices.ContainsFunc(loginKeys, func(key string) bool { return t.values[key] != nil })
}

// TokenFile returns the token_file of a profile; empty for none.
func (b *Book) TokenFile(profile string) string {
	name, _ := b.table(profile).text("token_file")
	return name
}

// First returns the variables that count before a profile that is not named; none
// for none.
func (b *Book) First() (names []string) {
	c := (&loader{env: b.env}).fromEnvironment()
	for _, name := range []string{c.space.source, c.project.source, c.token.source} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Keep writes a login into its profile, and makes it the default where nothing
// else is. narrowed is the mode that the file had, where others could read it and
// no longer can; else 0. The rest of the file stays as it is.
func (b *Book) Keep(l Login) (narrowed fs.FileMode, err error) {
	values := []struct {
		key   string
		value any
		text  string
	}{{"space", l.Space, quoted(l.Space)}, {"project", l.Project, quoted(l.Project)}, {}}
	if l.Command != nil {
		values[2].key, values[2].value, values[2].text = "token_command", anyOf(l.Command), quotedList(l.Command)
	} else {
		token := l.Token.Reveal()
		values[2].key, values[2].value, values[2].text = "token", token, quoted(token)
	}
	e, err := b.edit()
	if err != nil {
		return 0, err
	}
	path := []string{"profile", l.Profile}
	meant := cloneTables(b.file.values)
	own := tableIn(meant, path)
	maps.DeleteFunc(own, func(key string, _ any) bool { return slices.Contains(tokenKeys, key) })
	var table strings.Builder
	for _, v := range values {
		own[v.key] = v.value
		e.put(path, v.key, v.text, &table)
	}
	if b.Default() == "" && !b.Has("") {
		meant["default_profile"] = l.Profile
		if x := e.find("default_profile"); x != nil {
			e.set(x, "default_profile", quoted(l.Profile))
		} else {
			e.addTop("default_profile", quoted(l.Profile))
		}
	}
	if table.Len() > 0 {
		blank := ""
		if len(e.text) > 0 || len(e.changes) > 0 {
			blank = e.newline
		}
		e.changes = append(e.changes, change{len(e.text), len(e.text), blank + "[" + tableName(path) + "]" + e.newline + table.String()})
	}
	mode := b.mode
	if l.Command == nil && readable(mode) {
		mode, narrowed = 0o600, mode.Perm()
	}
	return narrowed, b.write(e, meant, mode)
}

// put sets a key of a table. A token may be there under another key, and takes
// the place of that.
func (e *edit) put(table []string, key, value string, header *strings.Builder) {
	at := e.find(append(slices.Clone(table), key)...)
	if slices.Contains(tokenKeys, key) {
		for _, other := range tokenKeys {
			x := e.find(append(slices.Clone(table), other)...)
			switch {
			case x == nil || other == key:
			case at == nil:
				at = x
			default:
				e.remove(*x)
			}
		}
	}
	if at != nil {
		e.set(at, key, value)
		return
	}
	e.add(table, header, key, value)
}

// Forget takes space, project and token out of a profile, or out of the top level
// for an empty name. A profile in which nothing is left is taken out whole, and
// default_profile with it; the rest of the file stays as it is.
func (b *Book) Forget(profile string) error {
	e, err := b.edit()
	if err != nil {
		return err
	}
	meant := cloneTables(b.file.values)
	own, path := meant, []string(nil)
	if profile != "" {
		path = []string{"profile", profile}
		own = tableIn(meant, path)
	}
	for _, key := range loginKeys {
		delete(own, key)
		if x := e.find(append(slices.Clone(path), key)...); x != nil {
			e.remove(*x)
		}
	}
	if profile != "" && len(own) == 0 {
		e.removeTable(path)
		profiles := meant["profile"].(map[string]any)
		if delete(profiles, profile); len(profiles) == 0 {
			delete(meant, "profile")
		}
		if x := e.find("default_profile"); x != nil && b.Default() == profile {
			delete(meant, "default_profile")
			e.remove(*x)
		}
	}
	return b.write(e, meant, b.mode)
}

// removeTable takes the header of a table away, or the key whose value the table
// is. Nothing is left in it.
func (e *edit) removeTable(path []string) {
	for _, x := range e.exprs {
		if slices.Equal(x.path, path) {
			e.remove(x)
			if from := e.lineOf(x.from); x.header && from > 0 && strings.TrimSpace(string(e.text[e.lineOf(from-1):from])) == "" {
				e.changes = append(e.changes, change{from: e.lineOf(from - 1), to: from}) // the blank line before it
			}
		}
	}
}

// edit takes the text of the file apart.
func (b *Book) edit() (*edit, error) {
	text := slices.Clone(b.was)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	e, err := newEdit(text)
	if err != nil {
		return nil, b.failed("change", err)
	}
	return e, nil
}

// write writes what an edit makes of the file, if that says what is meant.
func (b *Book) write(e *edit, meant map[string]any, mode fs.FileMode) error {
	text := e.apply()
	f, err := parseFile(b.path, mode, text)
	if err != nil || !sameTables(f.values, meant) {
		err := b.failed("change", errNotMeant).(*Error)
		err.Hints = []string{"nothing was changed; write it by hand: tapedeck config shows where each setting is"}
		return err
	}
	if err := state.ReplacePlain(b.path, b.was, text, mode); err != nil {
		failed := b.failed("write", err).(*Error)
		failed.Hints = []string{"nothing was changed; name another file with --config"}
		if errors.Is(err, state.ErrChanged) {
			failed.Hints = []string{"nothing was changed; try again"}
		}
		return failed
	}
	b.was, b.file, b.mode = text, f, mode
	return nil
}

// sameTables reports whether two files say the same, as TOML writes it in the
// order of its names; an empty table of profiles is the same as none.
func sameTables(a, b map[string]any) bool {
	one, err := toml.Marshal(withoutEmpty(a))
	other, err2 := toml.Marshal(withoutEmpty(b))
	return err == nil && err2 == nil && bytes.Equal(one, other)
}

func withoutEmpty(t map[string]any) map[string]any {
	t = cloneTables(t)
	if profiles, ok := t["profile"].(map[string]any); ok && len(profiles) == 0 {
		delete(t, "profile")
	}
	return t
}

// tableIn returns a table in others, which is made where it is not there.
func tableIn(top map[string]any, path []string) map[string]any {
	for _, name := range path {
		next, ok := top[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			top[name] = next
		}
		top = next
	}
	return top
}

// cloneTables copies tables; other values are shared.
func cloneTables(t map[string]any) map[string]any {
	out := make(map[string]any, len(t))
	for name, v := range t {
		if inner, ok := v.(map[string]any); ok {
			v = cloneTables(inner)
		}
		out[name] = v
	}
	return out
}

func anyOf(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}

// ShownPath returns a path as a person writes it, with ~ for their home.
func ShownPath(path string, environ []string) string {
	if home := newEnvironment(environ).value("HOME"); filepath.IsAbs(home) {
		if rest, ok := strings.CutPrefix(path, filepath.Clean(home)+string(filepath.Separator)); ok {
			return "~" + string(filepath.Separator) + rest
		}
	}
	return path
}
