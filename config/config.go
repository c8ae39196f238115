// Package config reads tapedeck's settings, and knows where each came from.
//
// A setting is a flag, else an environment variable, else a key of the file,
// else its default. Each is one entry of the table in settings.go: flag,
// variable, key, check, default and the line of tapedeck config come from it.
//
// Space, project and token belong together. They are read from one source, the
// first that has any of them: the profile that was named, the environment, the
// file's default profile, the top level of the file. What that source lacks is
// an error; it is never filled in from another source, so that no token ever
// goes to a space that it was not written down for.
//
// The token's value is in [Config].Token and nowhere else: not in a [Setting],
// not in a warning, not in an error.
package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tapedeck/api/policy"
	"tapedeck/api/secret"
)

// Config holds the settings as they apply.
type Config struct {
	// Profile is the profile of the file that space, project and token were
	// read from; empty when they are the environment's or the top level's.
	Profile string
	// Space is the base URL of the space, such as https://acme.signalwire.com:
	// a scheme and a host, perhaps a port, no path and no slash at the end.
	Space string
	// Project is the project's ID, the AccountSid of the API.
	Project string
	// Token is the API token. It cannot be printed.
	Token secret.Token

	Interval      time.Duration // between two polls
	Lookback      time.Duration // how far back the first scan reads
	PauseBehavior string        // "silence" or "skip"
	PauseScope    string        // "recording" or "call": what a pause is of
	Policy        policy.Policy // what the recordings are for, which moves defaults
	// UnrecordedAlarm is how long a call in progress may be without a recording
	// before it alarms; 0 for ever.
	UnrecordedAlarm time.Duration
	AutoResume      time.Duration // after which each pause of this user ends by itself; 0 for never
	StartChannels   string        // "mono" or "dual": of recordings that this user starts
	StartTrack      string        // "both", "inbound" or "outbound": of these
	ReadOnly        bool          // no update is sent
	Tick            time.Duration // between two steps of the clocks on the screen
	LowBandwidth    bool          // clocks move every 10 s; only the user turns it on
	Theme           string        // "auto", "dark", "light" or "mono"
	ASCII           bool          // only ASCII on the screen
	NoColor         bool          // NO_COLOR is set; it wins over Theme
	Log             string        // "off" or "debug"
	StateDir        string        // for the journal and the debug log; empty in the demo
	PauseWarn       time.Duration // age from which a pause warns
	PauseAlarm      time.Duration // age from which a pause alarms
	AlarmCommand    []string      // run for each alarm: a program and its arguments; nil for none
	MaskNumbers     bool          // phone numbers show their last digits only
	// Names are names for phone numbers, by the number as it was written down;
	// empty for none.
	Names           map[string]string
	JournalNumbers  bool // phone numbers are kept in the journal
	JournalSyslog   bool // the journal's lines go to syslog too
	JournalRequired bool // an update that cannot be journaled is refused

	// Server says whether a dashboard uses the service of this host: "auto", "off"
	// or the path of its socket.
	Server string
	// Sockets are the paths where the socket of tapedeck serve may be, the first
	// that can be used first: the one that was set, else those that are usual on
	// this host. Empty where none is known.
	Sockets       []string
	RunDir        string   // folder of the user's session, in memory; empty where there is none
	SocketGroup   string   // the socket's group, a name or a number; empty for that of the process
	ServeProfiles []string // profiles that tapedeck serve serves; empty for the one in force
	Metrics       string   // address of /metrics and /healthz; empty for none
	Roles         []Role   // who may do what by the service, in the order of their names
	SSH           SSH      // how the service listens for SSH
	Share         Share    // what other hosts are told, and by which way

	// File is the path of the settings file, read or not; empty if none is known.
	File string
	// Warnings are what the user should know although it stops nothing.
	Warnings []string

	namesFile string // with more of Names; empty for none
	settings  []Setting
}

// Setting is one setting as tapedeck config shows it.
type Setting struct {
	Name   string
	Value  string // the token's is only "set", "set by a command" or "not set"
	Source string // such as --interval, TAPEDECK_INTERVAL, /path/config.toml:12 or default
}

// Settings returns each setting with its value and where it came from.
func (c Config) Settings() []Setting { return slices.Clone(c.settings) }

// Sources is what settings are read from, apart from the file.
type Sources struct {
	// Flags holds the flags that were given, by name without dashes. The names
	// are those of [Flags].
	Flags map[string]string
	// Environ is the environment, as os.Environ returns it.
	Environ []string
	// NoCommand leaves a token_command alone: the token stays unset.
	NoCommand bool
	// NoProject leaves space, project and token unset, and the profile alone:
	// for what is about this host only.
	NoProject bool
	// Service is for a client of tapedeck serve, which has the token: nothing is
	// wrong where a token, a project, a space or the profile that was named is
	// missing. Space, Project and Profile are what the settings have of them, to
	// choose among what the service serves; the token stays unset.
	Service bool
}

// Error is one thing that is wrong with the settings, and what to do about it.
type Error struct {
	What  string   // what was tried, on what, and why it cannot be
	Hints []string // the next steps
	Err   error    // such as [ErrNotSet]; nil for most
}

// ErrNotSet is that neither space nor project nor token is set anywhere.
var ErrNotSet = errors.New("space, project and token are not set")

// Error returns what is wrong, without the hints.
func (e *Error) Error() string { return e.What }

// Unwrap returns the kind of what is wrong, if it has a name.
func (e *Error) Unwrap() error { return e.Err }

// problem returns an Error without hints.
func problem(format string, args ...any) *Error {
	return &Error{What: fmt.Sprintf(format, args...)}
}

// Load reads the settings. It reports everything that is wrong at once: the
// error joins [*Error] values. The Config then holds what could be read, to be
// shown and not to be used.
//
// A token_command is run here, for at most ten seconds and no longer than ctx.
func Load(ctx context.Context, in Sources) (Config, error) {
	l := newLoader(in)
	l.checkFlags()
	if err := l.readFile(); err != nil {
		l.fail(err)
		return l.cfg, errors.Join(l.problems...)
	}
	if in.NoProject {
		l.showCredentials(credentials{})
	} else if in.Service {
		l.loadProject()
	} else if l.chooseProfile() {
		l.loadCredentials(ctx)
	} else {
		l.showCredentials(credentials{}) // no other profile will do
	}
	l.loadSettings()
	l.checkPolicy()
	l.loadNames()
	l.loadRoles()
	l.checkVariables()
	l.checkProxies()
	l.checkShare()
	return l.cfg, errors.Join(l.problems...)
}

// Demo returns the settings of the demo. It reads no file and no variable but
// those that say what the terminal can show, NO_COLOR and the locale. Space,
// project, token and StateDir are empty.
func Demo(in Sources) (Config, error) {
	l := newLoader(in)
	l.env = l.env.only("NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")
	l.demo = true
	l.checkFlags()
	for _, name := range []string{"config", "profile", "state-dir", "journal-required", "share"} {
		if _, ok := in.Flags[name]; ok {
			l.fail(&Error{What: "cannot use --" + name + " with --demo: the demo reads no settings and keeps no journal",
				Hints: []string{"leave out --" + name + ", or --demo"}})
		}
	}
	l.loadSettings()
	l.checkPolicy()
	l.loadNames()
	return l.cfg, errors.Join(l.problems...)
}

// loader reads the settings from all sources into cfg.
type loader struct {
	in      Sources
	env     environment
	demo    bool
	file    *file // nil when there is none
	cfg     Config
	profile string // the profile whose settings apply; empty for none
	named   bool   // the profile was named by flag or variable
	// problems is everything that is wrong so far.
	problems []error
	// commandTime is what a token_command may take.
	commandTime time.Duration
}

func newLoader(in Sources) *loader {
	return &loader{in: in, env: newEnvironment(in.Environ), commandTime: commandTime}
}

func (l *loader) fail(err error) { l.problems = append(l.problems, err) }

func (l *loader) warn(format string, args ...any) {
	l.cfg.Warnings = append(l.cfg.Warnings, fmt.Sprintf(format, args...))
}

// show adds a line to what Settings returns.
func (l *loader) show(name, value, source string) {
	l.cfg.settings = append(l.cfg.settings, Setting{Name: name, Value: value, Source: source})
}

// checkFlags refuses flags without a value: a script's empty variable is more
// likely a mistake than a request for the default.
func (l *loader) checkFlags() {
	for _, f := range Flags() {
		if v, ok := l.in.Flags[f.Name]; ok && v == "" {
			l.fail(&Error{What: "cannot use --" + f.Name + ": its value is empty",
				Hints: []string{"give --" + f.Name + " a value, or leave it out"}})
		}
	}
}

// loadSettings sets every entry of the table, and shows it.
func (l *loader) loadSettings() {
	for _, s := range settings {
		v := l.find(s)
		if err := s.set(&l.cfg, v.text, v.base); err != nil {
			value := quote(v.text)
			if s.hidden {
				value = "the value"
			}
			l.fail(problem("cannot use %s for %s (%s): %v", value, s.label(v), v.source, err))
			l.show(s.name, "not usable", v.source)
			continue
		}
		l.show(s.name, s.show(l.cfg), v.source)
	}
	l.cfg.RunDir = l.runFolder()
	l.cfg.NoColor = l.env.value("NO_COLOR") != ""
	source := "default"
	if l.cfg.NoColor {
		source = "NO_COLOR"
	}
	l.show("no-color", fmt.Sprint(l.cfg.NoColor), source)
}

// found is the text of a setting and where it is from.
type found struct {
	text   string
	source string
	base   base
}

// find returns the text of s from the first source that has it.
func (l *loader) find(s setting) found {
	b := base{home: l.env.value("HOME")}
	if v, ok := l.in.Flags[s.name]; ok && v != "" {
		return found{v, "--" + s.name, b}
	}
	if v := l.env.value(s.variable()); v != "" {
		return found{v, s.variable(), b}
	}
	for _, table := range l.tables() {
		if s.host && len(table.prefix) > 0 {
			continue // it was refused there
		}
		v, ok := table.values[s.key()]
		if !ok {
			continue
		}
		text, err := s.kind.text(v)
		if err != nil {
			l.fail(problem("cannot use %s (%s): %v", s.key(), table.place(s.key()), err))
			break
		}
		b.dir = l.file.dir()
		return found{text, table.source(s.key()), b}
	}
	if s.auto != nil {
		text, source := s.auto(l)
		return found{text, source, b}
	}
	return found{s.def, "default", b}
}

// tables returns the tables of the file that apply, the first first.
func (l *loader) tables() []table {
	if l.file == nil {
		return nil
	}
	if l.profile == "" {
		return []table{l.file.top()}
	}
	return []table{l.file.profile(l.profile), l.file.top()}
}
