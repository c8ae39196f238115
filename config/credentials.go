package config

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The variables of SignalWire's tools, in the order in which they count.
var (
	spaceVariables   = []string{"SIGNALWIRE_SPACE", "SIGNALWIRE_SPACE_URL", "SIGNALWIRE_API_HOSTNAME", "SIGNALWIRE_SPACE_NAME", "SIGNALWIRE_HOST"}
	projectVariables = []string{"SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_PROJECT_KEY", "SIGNALWIRE_API_PROJECT"}
	tokenVariables   = []string{"SIGNALWIRE_API_TOKEN", "SIGNALWIRE_TOKEN"}
)

// Other programs use these two names for other things, so that they count only
// beside a space.
const (
	plainProject = "PROJECT_ID"
	plainToken   = "REST_API_TOKEN"
)

// credentials is what one source has of space, project and token.
type credentials struct {
	name           string // what an error calls the source
	profile        string // the profile, if the source is one
	space, project written
	token          writtenToken
	complete       string // how to write down what is missing, for a hint
	unset          string // how to take this source away, for a hint
}

// written is a value and where it was written.
type written struct {
	value  string
	source string // for a reader
	place  string // for an error
	err    error  // it was written in a way that cannot be used
}

func (w written) isSet() bool { return w.value != "" || w.err != nil }

// any reports whether the source has any of the three.
func (c credentials) any() bool {
	return c.space.isSet() || c.project.isSet() || c.token.isSet()
}

// missing returns the names of those of the three that the source lacks.
func (c credentials) missing() (lacks, has []string) {
	add := func(ok bool, name, source string) {
		if ok {
			has = append(has, name+" ("+source+")")
		} else {
			lacks = append(lacks, name)
		}
	}
	add(c.space.isSet(), "space", c.space.source)
	add(c.project.isSet(), "project", c.project.source)
	add(c.token.isSet(), "token", c.token.source)
	return lacks, has
}

// chooseProfile decides which profile's settings apply. It reports whether there
// is such a profile, or none was asked for.
//
// A default profile that has its own space, project or token is set aside when
// the environment has any of them: what is written down for one project does
// not apply to another.
func (l *loader) chooseProfile() bool {
	name, source := l.in.Flags["profile"], "--profile"
	if name == "" {
		name, source = l.env.value("TAPEDECK_PROFILE"), "TAPEDECK_PROFILE"
	}
	l.named = name != ""
	place := source
	if !l.named && l.file != nil {
		top := l.file.top()
		var err error
		if name, err = top.text("default_profile"); err != nil {
			l.fail(err)
			return false
		}
		source, place = top.source("default_profile"), top.place("default_profile")
	}
	if name == "" {
		l.show("profile", orNone(""), "default")
		return true
	}
	if !l.hasProfile(name) {
		l.fail(l.noProfile(name, place))
		l.show("profile", "not usable", source)
		return false
	}
	if !l.named && l.fromEnvironment().any() && l.fromTable(l.file.profile(name)).any() {
		l.show("profile", orNone(""), "default ("+name+" of "+source+" is set aside: the environment has space, project or token)")
		return true
	}
	l.profile = name
	l.show("profile", name, source)
	return true
}

func (l *loader) hasProfile(name string) bool {
	for _, p := range l.file.profiles() {
		if p == name {
			return true
		}
	}
	return false
}

// noProfile is the error for a profile that does not exist.
func (l *loader) noProfile(name, place string) error {
	e := problem("cannot use profile %s (%s): ", quote(name), place)
	profiles := l.file.profiles()
	switch {
	case l.file == nil:
		e.What += "there is no settings file"
		if l.cfg.File != "" {
			e.What += " " + l.cfg.File
		}
	case len(profiles) == 0:
		e.What += l.file.path + " has no profiles"
	default:
		e.What += l.file.path + " has " + strings.Join(profiles, ", ")
	}
	if near := Nearest(name, profiles); near != "" {
		e.Hints = []string{"did you mean " + near + "?"}
	}
	return e
}

// fromEnvironment returns what the environment has of the three.
func (l *loader) fromEnvironment() credentials {
	c := credentials{name: "the environment"}
	projects, tokens := projectVariables, tokenVariables
	name, value := l.env.first(spaceVariables...)
	c.space = written{value: value, source: name, place: name}
	if value != "" {
		projects = append(projects[:len(projects):len(projects)], plainProject)
		tokens = append(tokens[:len(tokens):len(tokens)], plainToken)
	}
	name, value = l.env.first(projects...)
	c.project = written{value: value, source: name, place: name}
	name, value = l.env.first(tokens...)
	c.token = writtenToken{written: written{value: value, source: name, place: name}}

	variables := map[string]string{"space": spaceVariables[0], "project": projectVariables[0], "token": tokenVariables[0]}
	lacks, _ := c.missing()
	for i, what := range lacks {
		lacks[i] = variables[what]
	}
	c.complete = "set " + list(lacks)
	var set []string
	for _, name := range []string{c.space.source, c.project.source, c.token.source} {
		if name != "" {
			set = append(set, name)
		}
	}
	c.unset = "unset " + list(set)
	return c
}

// fromTable returns what a table of the file has of the three.
func (l *loader) fromTable(t table) credentials {
	read := func(key string) written {
		v, err := t.text(key)
		return written{v, t.source(key), t.place(key), err}
	}
	c := credentials{name: t.name(), space: read("space"), project: read("project"), token: tokenOf(t)}
	if len(t.prefix) > 0 {
		c.profile = t.prefix[1]
	}
	lacks, _ := c.missing()
	c.complete = "write " + list(lacks) + " there"
	if len(lacks) > 0 && lacks[len(lacks)-1] == "token" {
		c.complete += " (a token_file or token_command counts as token)"
	}
	c.unset = "remove what it has of space, project and token"
	return c
}

// candidates returns the sources of the three, in the order in which they count.
func (l *loader) candidates() []credentials {
	var all []credentials
	if l.named && l.profile != "" {
		all = append(all, l.fromTable(l.file.profile(l.profile)))
	}
	all = append(all, l.fromEnvironment())
	if l.file != nil {
		standard, _ := l.file.top().text("default_profile")
		if l.hasProfile(standard) && !(l.named && standard == l.profile) {
			all = append(all, l.fromTable(l.file.profile(standard)))
		}
		all = append(all, l.fromTable(l.file.top()))
	}
	return all
}

// loadCredentials reads space, project and token from the first source that
// has any of them.
func (l *loader) loadCredentials(ctx context.Context) {
	l.warnOfTokens()
	all := l.candidates()
	for i, c := range all {
		if !c.any() {
			continue
		}
		l.use(ctx, c, all[i+1:])
		if l.named && c.profile != l.profile {
			l.warn("profile %s has no space, project and token; those of %s are used", l.profile, c.name)
		}
		return
	}
	l.showCredentials(credentials{})
	l.fail(l.nothing())
}

// nothing is the error for when no source has any of the three.
func (l *loader) nothing() error {
	e := problem("cannot reach a project: %v", ErrNotSet)
	e.Err = ErrNotSet
	if profiles := l.file.profiles(); len(profiles) > 0 {
		name := profiles[0]
		e.What = fmt.Sprintf("cannot reach a project: %s has only profiles (%s), and none is chosen", l.file.path, strings.Join(profiles, ", "))
		e.Hints = []string{
			"choose one with --profile " + name + " or TAPEDECK_PROFILE=" + name,
			"or write default_profile = \"" + name + "\" at the top of " + l.file.path,
		}
		return e
	}
	where := "a settings file"
	if l.cfg.File != "" {
		where = ShownPath(l.cfg.File, l.in.Environ)
	}
	e.Hints = []string{
		"tapedeck --demo shows it on a simulated space, without settings",
		"tapedeck login asks, and keeps them in " + where,
		"or set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN",
		"tapedeck doctor says what is wrong; tapedeck --help lists the commands",
	}
	if name, _ := l.env.first(plainProject, plainToken); name != "" {
		e.Hints = append(e.Hints, name+" is set, but counts only beside a space such as SIGNALWIRE_SPACE")
	}
	return e
}

// use takes the three from c. What c lacks is an error; others has the sources
// after it, for a hint.
func (l *loader) use(ctx context.Context, c credentials, others []credentials) {
	l.cfg.Profile = c.profile
	l.showCredentials(c)
	if lacks, has := c.missing(); len(lacks) > 0 {
		e := problem("cannot use %s: it has %s but no %s", c.name, list(has), strings.Join(lacks, " and no "))
		e.Hints = []string{c.complete + "; space, project and token are read from one source and never mixed"}
		for _, other := range others {
			if lacks, _ := other.missing(); len(lacks) == 0 {
				e.Hints = append(e.Hints, "or "+c.unset+" to use "+other.name)
				break
			}
		}
		l.fail(e)
		return
	}
	space, err := parseSpace(c.space.value)
	if err != nil {
		l.fail(refused("space", c.space, err))
	}
	l.cfg.Space = space
	if err = checkProject(c.project.value); err != nil {
		l.fail(refused("project", c.project, err))
	} else {
		l.cfg.Project = c.project.value
	}
	if l.cfg.Token, err = l.readToken(ctx, c.token); err != nil {
		l.fail(err)
	}
}

// showCredentials shows the three as c has them.
func (l *loader) showCredentials(c credentials) {
	space, project, token := c.space.value, c.project.value, "not set"
	if base, err := parseSpace(space); err == nil {
		space = base
	} else if c.space.isSet() {
		space = "not usable"
	}
	if c.project.isSet() && checkProject(project) != nil {
		project = "not usable"
	}
	if c.token.command != nil {
		token = "set by a command"
	} else if c.token.isSet() {
		token = "set"
	}
	for _, row := range []struct{ name, value, source string }{
		{"space", space, c.space.source},
		{"project", project, c.project.source},
		{"token", token, c.token.source},
	} {
		if row.value == "" || row.value == "not set" {
			row.value, row.source = "not set", orNone("")
		}
		l.show(row.name, row.value, row.source)
	}
}

// refused is the error for a value that cannot be used. A value that may hold
// a password or a token is left out.
func refused(what string, w written, err error) error {
	if w.err != nil {
		return w.err
	}
	value := quote(w.value)
	if strings.Contains(w.value, "@") || tokenLike().MatchString(w.value) {
		value = "the value"
	}
	return problem("cannot use %s for %s (%s): %v", value, what, w.place, err)
}

// tokenLike matches what looks like a token of SignalWire's.
var tokenLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)pt[0-9a-f]{32}`)
})

var errTokenLike = errors.New("it looks like an API token; was it put in the wrong place?")

// checkProject checks a project's ID, which becomes a part of every path.
func checkProject(id string) error {
	if tokenLike().MatchString(id) {
		return errTokenLike
	}
	if len(id) > 128 {
		return errors.New("a project's ID is shorter")
	}
	for _, r := range id {
		if !isWordRune(r) {
			return errors.New("a project's ID has only letters, digits, - and _, such as 0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f")
		}
	}
	if id == "" {
		return errors.New("it is empty")
	}
	return nil
}

// isWordRune reports whether r is an ASCII letter or digit, - or _.
func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// list joins names for a sentence.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// quote quotes a value for an error: on one line, without control characters,
// and not too long.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = fmt.Sprintf("%s…", string(r[:most]))
	}
	return strconv.Quote(s)
}
