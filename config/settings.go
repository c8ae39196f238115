package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A setting is one entry of the table below: everything about a setting but
// the field of [Config] that it fills.
type setting struct {
	name  string // of the flag; variable and key follow from it
	usage string // what --help says
	hint  string // what --help calls the value; empty for a boolean
	def   string // the default, as it would be written
	kind  kind
	// host: it is about this host and not about a project, so that a profile
	// cannot have it.
	host bool
	// hidden: it may have a password, and no error has its text.
	hidden bool
	// values are those that are allowed, where they are words.
	values []string
	// allowed says what is allowed, where it is a range.
	allowed string
	// auto, if set, finds the default and says where it came from.
	auto func(l *loader) (text, source string)
	set  func(c *Config, text string, b base) error // the error says what is allowed
	show func(c Config) string
}

// settings is the table of all settings but space, project and token. To add a
// setting, add a field to [Config] and an entry here.
var settings = []setting{
	duration("interval", "time between two polls", "2s", 500*time.Millisecond, 5*time.Minute,
		func(c *Config) *time.Duration { return &c.Interval }),
	duration("lookback", "how far back to look for recordings at the start", "24h", time.Minute, 30*day,
		func(c *Config) *time.Duration { return &c.Lookback }),
	policySetting(),
	choice("pause-behavior", "what a pause does to the file", []string{"silence", "skip"},
		func(c *Config) *string { return &c.PauseBehavior }),
	choice("pause-scope", "what p pauses: the recording alone, or its whole call", []string{"recording", "call"},
		func(c *Config) *string { return &c.PauseScope }),
	duration("auto-resume", "auto-resume of each pause that you make; 0 for none", "0s", 0, 15*time.Minute,
		func(c *Config) *time.Duration { return &c.AutoResume }),
	choice("start-channels", "channels of a recording that you start", []string{"mono", "dual"},
		func(c *Config) *string { return &c.StartChannels }),
	choice("start-track", "side of the call that a recording you start is of", []string{"both", "inbound", "outbound"},
		func(c *Config) *string { return &c.StartTrack }),
	boolean("read-only", "send no updates",
		func(c *Config) *bool { return &c.ReadOnly }, nil),
	duration("tick", "time between two steps of the clocks on the screen", "1s", time.Second, time.Minute,
		func(c *Config) *time.Duration { return &c.Tick }),
	boolean("low-bandwidth", "clocks move every 10 s: at most one write in 10 s while nothing happens",
		func(c *Config) *bool { return &c.LowBandwidth }, nil),
	duration("pause-warn", "age from which a pause warns", "90s", time.Second, day,
		func(c *Config) *time.Duration { return &c.PauseWarn }),
	duration("pause-alarm", "age from which a pause alarms", "180s", time.Second, day,
		func(c *Config) *time.Duration { return &c.PauseAlarm }),
	unrecordedSetting(),
	alarmSetting(),
	boolean("mask-numbers", "show the last digits of phone numbers only",
		func(c *Config) *bool { return &c.MaskNumbers }, nil),
	folder("names-file", "file with names for numbers, shown instead of them", "FILE",
		func(c *Config) *string { return &c.namesFile }, nil),
	choice("theme", "colors", []string{"auto", "dark", "light", "mono"},
		func(c *Config) *string { return &c.Theme }),
	boolean("ascii", "show only ASCII characters (default: where the locale is not UTF-8)",
		func(c *Config) *bool { return &c.ASCII }, (*loader).localeASCII),
	choice("log", "write debug.log beside the journal", []string{"off", "debug"},
		func(c *Config) *string { return &c.Log }),
	folder("state-dir", "folder of the journal and the debug log", "FOLDER",
		func(c *Config) *string { return &c.StateDir }, (*loader).defaultStateDir),
	boolean("journal-numbers", "keep phone numbers in the journal",
		func(c *Config) *bool { return &c.JournalNumbers }, nil),
	boolean("journal-syslog", "send the journal's lines to syslog too",
		func(c *Config) *bool { return &c.JournalSyslog }, nil),
	boolean("journal-required", "refuse updates that cannot be journaled",
		func(c *Config) *bool { return &c.JournalRequired }, nil),
	serverSetting(),
	socketSetting(),
	hostText("socket-group", "group of the socket of tapedeck serve, whose members may connect", "GROUP", checkGroup,
		func(c *Config) *string { return &c.SocketGroup }),
	profilesSetting(),
	hostText("metrics", "address where tapedeck serve serves /metrics and /healthz, such as 127.0.0.1:9464", "ADDRESS", checkAddress,
		func(c *Config) *string { return &c.Metrics }),
	hostText("ssh-listen", "address where tapedeck serve listens for SSH, such as 127.0.0.1:2222 (serve --ssh for short)", "ADDRESS", checkAddress,
		func(c *Config) *string { return &c.SSH.Listen }),
	hostFile("ssh-keys", "file of the keys that may log in by SSH, in the form of authorized_keys",
		func(c *Config) *string { return &c.SSH.Keys }),
	hostFile("ssh-user-cas", "file of the authorities whose certificates may log in by SSH",
		func(c *Config) *string { return &c.SSH.Authorities }),
	hostFile("ssh-revoked", "file of what was revoked: a KRL, or serials",
		func(c *Config) *string { return &c.SSH.Revoked }),
	idleSetting(),
	proxiesSetting(),
	shareSetting(),
	hostFile("share-creds", "file that says to the NATS servers who this host is: credentials (.creds), the seed of an nkey, or a line USER:PASSWORD",
		func(c *Config) *string { return &c.Share.Creds }),
	hostFile("share-ca", "file of the certificates that those of the NATS servers are checked by (default: those of the system)",
		func(c *Config) *string { return &c.Share.CA }),
	shareHostSetting(),
}

// Flag describes a flag that sets a setting.
type Flag struct {
	Name  string // without dashes
	Usage string
	Hint  string // what to call the value; empty for a boolean
	Bool  bool   // given without a value, it means true
	// Values are those that are allowed, where they are words; nil for any.
	Values []string
}

// Flags returns the flags that [Load] knows.
func Flags() []Flag {
	flags := []Flag{
		{Name: "config", Usage: "settings file to read (default: tapedeck/config.toml in $XDG_CONFIG_HOME)", Hint: "FILE"},
		{Name: "profile", Usage: "profile of the settings file to use", Hint: "NAME"},
	}
	for _, s := range settings {
		usage := s.usage
		if s.def != "" && s.kind != booleanKind {
			usage += " (default " + s.def + ")"
		}
		flags = append(flags, Flag{Name: s.name, Usage: usage, Hint: s.hint, Bool: s.kind == booleanKind, Values: s.values})
	}
	return flags
}

// variable returns the name of the environment variable of s.
func (s setting) variable() string {
	return "TAPEDECK_" + strings.ToUpper(s.key())
}

// key returns the name of s in the file.
func (s setting) key() string { return strings.ReplaceAll(s.name, "-", "_") }

// label returns what an error calls s: by its name, or as the file spells it.
func (s setting) label(v found) string {
	if v.base.dir != "" {
		return s.key()
	}
	return s.name
}

// base is what a relative path of a setting is relative to.
type base struct {
	dir  string // the folder of the file; empty for the working directory
	home string // for a path that begins with ~; empty if unknown
}

// path returns p made absolute as far as it can be.
func (b base) path(p string) (string, error) {
	if p == "~" || strings.HasPrefix(p, "~/") {
		if b.home == "" {
			return "", errors.New("~ has no meaning here, HOME is not set")
		}
		return filepath.Join(b.home, p[1:]), nil
	}
	if b.dir != "" && !filepath.IsAbs(p) {
		return filepath.Join(b.dir, p), nil
	}
	return p, nil
}

const day = 24 * time.Hour

func duration(name, usage, def string, least, most time.Duration, at func(*Config) *time.Duration) setting {
	allowed := formatDuration(least) + " to " + formatDuration(most)
	return setting{
		name: name, usage: usage, hint: "TIME", def: def, kind: durationKind, allowed: allowed,
		set: func(c *Config, text string, _ base) error {
			d, err := parseDuration(text)
			if err != nil {
				return fmt.Errorf("%w; allowed is %s", err, allowed)
			}
			if d < least || d > most {
				return fmt.Errorf("allowed is %s", allowed)
			}
			*at(c) = d
			return nil
		},
		show: func(c Config) string { return formatDuration(*at(&c)) },
	}
}

func choice(name, usage string, values []string, at func(*Config) *string) setting {
	return setting{
		name: name, usage: usage + ": " + strings.Join(values, ", "), hint: "WORD", def: values[0], kind: textKind, values: values,
		set: func(c *Config, text string, _ base) error {
			for _, v := range values {
				if v == text {
					*at(c) = v
					return nil
				}
			}
			return fmt.Errorf("allowed is %s", strings.Join(values, ", "))
		},
		show: func(c Config) string { return *at(&c) },
	}
}

func boolean(name, usage string, at func(*Config) *bool, auto func(*loader) (string, string)) setting {
	return setting{
		name: name, usage: usage, def: "false", kind: booleanKind, values: []string{"true", "false"}, auto: auto,
		set: func(c *Config, text string, _ base) error {
			switch text {
			case "true", "1":
				*at(c) = true
			case "false", "0":
				*at(c) = false
			default:
				return errors.New("allowed is true, false, 1, 0")
			}
			return nil
		},
		show: func(c Config) string { return strconv.FormatBool(*at(&c)) },
	}
}

// folder returns a setting that is the path of a folder or a file.
func folder(name, usage, hint string, at func(*Config) *string, auto func(*loader) (string, string)) setting {
	return setting{
		name: name, usage: usage, hint: hint, kind: textKind, auto: auto,
		set: func(c *Config, text string, b base) error {
			if text == "" && b.dir != "" {
				return errors.New("it is empty")
			}
			if strings.ContainsRune(text, 0) {
				return errors.New("it holds a NUL character")
			}
			if text == "" {
				return nil
			}
			p, err := b.path(text)
			if err != nil {
				return err
			}
			*at(c) = p
			return nil
		},
		show: func(c Config) string { return orNone(*at(&c)) },
	}
}

// orNone returns s, or a word for an empty one.
func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// parseDuration reads a duration as Go writes it. Days (2d, 1d12h) and a bare
// number of seconds are read as well.
func parseDuration(text string) (time.Duration, error) {
	unreadable := errors.New("not a duration such as 2s or 1h30m")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second, nil
	}
	var d time.Duration
	rest := text
	if days, after, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, unreadable
		}
		d, rest = time.Duration(n)*day, after
		if rest == "" {
			return d, nil
		}
	}
	part, err := time.ParseDuration(rest)
	if err != nil {
		return 0, unreadable
	}
	if d > 0 && (part < 0 || part > day) {
		return 0, unreadable
	}
	return d + part, nil
}

// formatDuration writes d without the zeros of time.Duration: 24h, not 24h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	if d >= 2*day && d%day == 0 {
		s = strconv.Itoa(int(d/day)) + "d"
	}
	return s
}

// kind is the type of a setting in the file.
type kind int

const (
	textKind kind = iota
	durationKind
	booleanKind
	listKind
	commandKind
)

// text returns a value of the file as it would be written in a variable, or
// says which type it should have.
func (k kind) text(v any) (string, error) {
	if k == commandKind {
		if text, ok := commandText(v); ok {
			return text, nil
		}
		return "", fmt.Errorf("it must be %s, not %s", k, typeName(v))
	}
	switch v := v.(type) {
	case string:
		if k != booleanKind {
			return v, nil
		}
	case bool:
		if k == booleanKind {
			return strconv.FormatBool(v), nil
		}
	case int64:
		if k == durationKind || k == booleanKind {
			return strconv.FormatInt(v, 10), nil
		}
	case []any:
		if words, ok := wordsOf(v); ok && k == listKind {
			return strings.Join(words, ","), nil
		}
	}
	return "", fmt.Errorf("it must be %s, not %s", k, typeName(v))
}

func (k kind) String() string {
	switch k {
	case durationKind:
		return `a duration in quotes ("2s") or a number of seconds`
	case booleanKind:
		return "true or false, without quotes"
	case listKind:
		return `an array of names, such as ["eu", "us"]`
	case commandKind:
		return commandType
	default:
		return "text in quotes"
	}
}

// typeName returns what TOML calls the type of v.
func typeName(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	default:
		return "a date or time"
	}
}
