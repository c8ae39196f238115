package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"tapedeck/api/state"
)

// maxFile is more than any settings file needs; it guards against reading a
// device or a wrong file for long.
const maxFile = 1 << 20

// file is a settings file that was read.
type file struct {
	path   string
	mode   fs.FileMode
	values map[string]any
	places []place
	text   string // all of it
}

// place is where in the file a key is.
type place struct {
	key          []string
	line, column int
}

// table is one table of the file: the top level, or a profile.
type table struct {
	file   *file
	prefix []string
	values map[string]any
}

// dir returns the folder of the file, absolute as far as it can be.
func (f *file) dir() string {
	if abs, err := filepath.Abs(f.path); err == nil {
		return filepath.Dir(abs)
	}
	return filepath.Dir(f.path)
}

func (f *file) top() table { return table{file: f, values: f.values} }

func (f *file) profile(name string) table {
	profiles, _ := f.values["profile"].(map[string]any)
	values, _ := profiles[name].(map[string]any)
	return table{file: f, prefix: []string{"profile", name}, values: values}
}

// profiles returns the names of the profiles in order.
func (f *file) profiles() []string {
	if f == nil {
		return nil
	}
	profiles, _ := f.values["profile"].(map[string]any)
	return slices.Sorted(maps.Keys(profiles))
}

// name returns what an error calls the table.
func (t table) name() string {
	if len(t.prefix) == 0 {
		return "the top level of " + t.file.path
	}
	return "profile " + t.prefix[1] + " of " + t.file.path
}

// text returns the text of a key; an absent one is empty.
func (t table) text(key string) (string, error) {
	v, ok := t.values[key]
	if !ok {
		return "", nil
	}
	s, err := textKind.text(v)
	if err != nil {
		return "", problem("cannot use %s (%s): %v", key, t.place(key), err)
	}
	return s, nil
}

// place returns where a key is, for an error: path, line and column.
func (t table) place(key string) string {
	p := t.file.find(append(slices.Clone(t.prefix), key))
	return fmt.Sprintf("%s:%d:%d", t.file.path, p.line, p.column)
}

// source returns where a key is, for a reader: path, line and profile.
func (t table) source(key string) string {
	p := t.file.find(append(slices.Clone(t.prefix), key))
	s := fmt.Sprintf("%s:%d", t.file.path, p.line)
	if len(t.prefix) > 0 {
		s += " profile." + t.prefix[1]
	}
	return s
}

// find returns the place of a key. In an inline table only the last part of it
// is known; a table that holds nothing but tables has the place of the first.
func (f *file) find(key []string) place {
	for _, p := range f.places {
		if slices.Equal(p.key, key) {
			return p
		}
	}
	for _, p := range f.places {
		if len(p.key) < len(key) && slices.Equal(p.key, key[len(key)-len(p.key):]) {
			return p
		}
	}
	for _, p := range f.places {
		if len(p.key) > len(key) && slices.Equal(p.key[:len(key)], key) {
			return p
		}
	}
	return place{line: 1, column: 1}
}

// Profiles returns the names of the profiles of the settings file, in order; none
// where the file cannot be read.
func Profiles(in Sources) []string {
	l := newLoader(in)
	_ = l.readFile()
	return l.file.profiles()
}

// readFile reads the settings file into l. That the default file is missing is
// no error; that a file given by flag is, is one.
func (l *loader) readFile() error {
	path, source := l.defaultFile()
	given := l.in.Flags["config"]
	if given != "" {
		path, source = given, "--config"
	}
	l.cfg.File = path
	if path == "" {
		l.show("config", orNone(""), source)
		return nil
	}
	f, err := openFile(path)
	if err != nil {
		if given == "" && errors.Is(err, fs.ErrNotExist) {
			l.show("config", path, source+", no such file")
			return nil
		}
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = &Error{What: fmt.Sprintf("cannot read the settings file %s: %v", path, cause.Err)}
		}
		return err
	}
	l.file = f
	l.show("config", path, source)
	return nil
}

// openFile reads and checks the file at path. It does not check values.
func openFile(path string) (*file, error) {
	data, info, err := state.ReadPlain(path, maxFile)
	if err != nil {
		return nil, err
	}
	return parseFile(path, info.Mode(), data)
}

// parseFile reads the text of a settings file.
func parseFile(path string, mode fs.FileMode, data []byte) (*file, error) {
	f, err := decodeFile("the settings file", path, mode, bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	return f, f.check()
}

// decodeFile reads TOML, and where each key of it is. kind is what an error calls
// the file.
func decodeFile(kind, path string, mode fs.FileMode, data []byte) (*file, error) {
	f := &file{path: path, mode: mode, text: string(data)}
	if err := toml.Unmarshal(data, &f.values); err != nil {
		return nil, decodeError(kind, path, err)
	}
	// A strict decode into something without keys reports every key of the
	// file, with its place: the one way to them in the decoder's stable API.
	type table struct {
		Names struct{} `toml:"names"`
	}
	var none struct {
		table
		Profile map[string]table    `toml:"profile"`
		Roles   map[string]struct{} `toml:"roles"`
	}
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&none)
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for _, e := range strict.Errors {
			line, column := e.Position()
			f.places = append(f.places, place{e.Key(), line, column})
		}
	} else if err != nil {
		return nil, placeOf(kind, path, err, f.notTable())
	}
	return f, nil
}

// notTable says what is no table of what must be one.
func (f *file) notTable() string {
	isTable := func(v any) bool { _, ok := v.(map[string]any); return ok }
	profiles, named := f.values["profile"]
	if roles, ok := f.values[rolesKey]; ok {
		list, is := roles.(map[string]any)
		for _, role := range list {
			is = is && isTable(role)
		}
		if !is {
			return "a role must be a table, written [roles.NAME]"
		}
	}
	switch names, ok := f.values[namesKey]; {
	case ok && !isTable(names):
		return "names must be a table, written [names]"
	case named && !isTable(profiles):
		return "profile must be a table, written [profile.NAME]"
	}
	for _, name := range f.profiles() {
		if !isTable(profiles.(map[string]any)[name]) {
			return "a profile must be a table, written [profile.NAME]"
		}
	}
	return "names must be a table, written [profile.NAME.names]"
}

// decodeError says where a file is not TOML. The decoder's own words hold at
// most one character of the file, so that they cannot hold a token.
func decodeError(kind, path string, err error) error {
	return placeOf(kind, path, err, strings.TrimPrefix(err.Error(), "toml: "))
}

func placeOf(kind, path string, err error, what string) error {
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := e.Position()
		return problem("cannot read %s %s:%d:%d: %s", kind, path, line, column, what)
	}
	return problem("cannot read %s %s: %s", kind, path, what)
}

// check refuses keys that are no settings, and profiles with an odd name.
func (f *file) check() error {
	var unknown []error
	refuse := func(key []string, what string) {
		p := f.find(key)
		e := problem("cannot use %s (%s:%d:%d): %s", quote(key[len(key)-1]), f.path, p.line, p.column, what)
		if near := Nearest(key[len(key)-1], keys(len(key) == 1)); near != "" {
			e.Hints = []string{"did you mean " + near + "?"}
		}
		unknown = append(unknown, e)
	}
	for _, key := range slices.Sorted(maps.Keys(f.values)) {
		if key != "profile" && !slices.Contains(keys(true), key) {
			refuse([]string{key}, "there is no such setting")
		}
	}
	for _, name := range f.profiles() {
		t := f.profile(name)
		if t.values == nil {
			return problem("cannot use profile %s (%s): it must be a table, written [profile.NAME]", quote(name), f.path)
		}
		if !isName(name) {
			refuse([]string{"profile", name}, "a profile's name has only letters, digits, dots, - and _")
		}
		for _, key := range slices.Sorted(maps.Keys(t.values)) {
			if !slices.Contains(keys(false), key) {
				what := "there is no such setting in a profile"
				if slices.Contains(keys(true), key) {
					what = "it is not of a profile; write it at the top of the file"
				}
				refuse([]string{"profile", name, key}, what)
			}
		}
	}
	return errors.Join(unknown...)
}

// keys returns the keys that the top level or a profile may have.
func keys(top bool) []string {
	known := []string{"space", "project", "token", "token_file", "token_command", namesKey}
	if top {
		known = append(known, "default_profile", rolesKey)
	}
	for _, s := range settings {
		if top || !s.host {
			known = append(known, s.key())
		}
	}
	return known
}

// isName reports whether s can be a profile's name, which the screen shows.
func isName(s string) bool {
	for _, r := range s {
		if !isWordRune(r) && r != '.' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// readable reports whether others than the owner can read a file of this mode.
// Windows has no such modes.
func readable(mode fs.FileMode) bool {
	return runtime.GOOS != "windows" && mode.Perm()&0o077 != 0
}
