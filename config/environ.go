package config

import (
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/adrg/xdg"
)

// environment is a set of variables. An empty one counts as unset.
type environment map[string]string

func newEnvironment(environ []string) environment {
	env := make(environment, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			env[name] = value
		}
	}
	return env
}

func (e environment) value(name string) string { return e[name] }

// first returns the first of names that is set.
func (e environment) first(names ...string) (name, value string) {
	for _, name := range names {
		if v := e[name]; v != "" {
			return name, v
		}
	}
	return "", ""
}

// only returns the variables with these names.
func (e environment) only(names ...string) environment {
	few := environment{}
	for _, name := range names {
		if v, ok := e[name]; ok {
			few[name] = v
		}
	}
	return few
}

// checkVariables refuses variables that look like a setting and are none: a
// misspelled TAPEDECK_READ_ONLY must not leave every key armed.
func (l *loader) checkVariables() {
	known := []string{"TAPEDECK_PROFILE"}
	for _, s := range settings {
		known = append(known, s.variable())
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !strings.HasPrefix(name, "TAPEDECK_") || l.env.value(name) == "" || slices.Contains(known, name) {
			continue
		}
		e := problem("cannot use the variable %s: there is no such setting", quote(name))
		if near := Nearest(name, known); near != "" {
			e.Hints = []string{"did you mean " + near + "?"}
		}
		e.Hints = append(e.Hints, "else unset it; tapedeck config lists the settings")
		l.fail(e)
	}
}

// localeASCII is the default of ascii: true where the locale, which is the
// first of its variables that is set, is not UTF-8. No locale is C's, as
// everywhere on Unix; Windows has none of these variables and shows Unicode.
func (l *loader) localeASCII() (text, source string) {
	name, value := l.env.first("LC_ALL", "LC_CTYPE", "LANG")
	if name == "" {
		if runtime.GOOS == "windows" {
			return "false", "default"
		}
		return "true", "no locale is set"
	}
	value = strings.ToLower(value)
	if strings.Contains(value, "utf-8") || strings.Contains(value, "utf8") {
		return "false", "locale (" + name + ")"
	}
	return "true", "locale (" + name + ")"
}

// defaultStateDir is the default of state-dir.
func (l *loader) defaultStateDir() (text, source string) {
	if l.demo {
		return "", "the demo keeps none"
	}
	dir, source := l.env.userDir("XDG_STATE_HOME", ".local/state", xdg.StateHome)
	if dir == "" {
		l.fail(&Error{What: "cannot find a folder for the journal: HOME is not set",
			Hints: []string{"set HOME, XDG_STATE_HOME or TAPEDECK_STATE_DIR"}})
		return "", "default"
	}
	return filepath.Join(dir, "tapedeck"), source
}

// defaultFile returns the path of the settings file, empty if none is known.
func (l *loader) defaultFile() (path, source string) {
	dir, source := l.env.userDir("XDG_CONFIG_HOME", ".config", xdg.ConfigHome)
	if dir == "" {
		return "", source
	}
	return filepath.Join(dir, "tapedeck", "config.toml"), source
}

// userDir returns the folder that the variable name gives, else its default.
// As the XDG specification has it, a relative one is ignored. The default is
// in HOME; on Windows, which knows such folders by ID, it is system.
func (e environment) userDir(name, inHome, system string) (dir, source string) {
	if v := e[name]; filepath.IsAbs(v) {
		return filepath.Clean(v), name
	}
	home := e["HOME"]
	switch {
	case runtime.GOOS == "windows":
		return system, "default"
	case !filepath.IsAbs(home):
		return "", "default"
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support"), "default"
	default:
		return filepath.Join(home, filepath.FromSlash(inHome)), "default"
	}
}
