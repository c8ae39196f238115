package config

import "slices"

// Key describes a key of the settings file, for its manual page and for the
// example of it.
type Key struct {
	Name      string   // in the file
	Flag      string   // without dashes; empty for none
	Variables []string // of the environment, the first one that is set counts; nil for none
	Usage     string   // what it is, as --help says it
	Type      string   // what it must be in the file, such as true or false, without quotes
	Allowed   string   // the range that is allowed; empty where there is none
	Default   string   // as it would be written in the environment; empty for none, or where it depends on the host
	// TopOnly is for what cannot be in a profile: it is about the host, or chooses
	// the profile.
	TopOnly bool
}

// Keys returns the keys that have a single value, in the order of the manual: not
// the tables names, profile and roles.
func Keys() []Key {
	word := textKind.String()
	list := []Key{
		{Name: "space", Variables: spaceVariables, Type: word, Usage: "the space: its name, its host or its URL; https, and http only to loopback"},
		{Name: "project", Variables: append(slices.Clone(projectVariables), plainProject), Type: word,
			Usage: "the project's ID; " + plainProject + " counts only beside a space"},
		{Name: "token", Variables: append(slices.Clone(tokenVariables), plainToken), Type: word,
			Usage: "the API token, which needs the scope Voice; a file that has it should be readable by its owner only; " + plainToken + " counts only beside a space"},
		{Name: "token_file", Type: word, Usage: "a file that has the token, instead of token"},
		{Name: "token_command", Type: `an array of words, such as ["pass", "show", "signalwire"]`,
			Usage: "a command that prints the token, instead of token; it runs without a shell, for at most " + formatDuration(commandTime)},
		{Name: "default_profile", Type: word, Usage: "the profile that applies where --profile and TAPEDECK_PROFILE name none", TopOnly: true},
	}
	for _, s := range settings {
		k := Key{Name: s.key(), Flag: s.name, Variables: []string{s.variable()}, Usage: s.usage, Type: s.kind.String(), Allowed: s.allowed, Default: s.def, TopOnly: s.host}
		if s.auto != nil {
			k.Default = "" // it depends on the host, as the usage says
		}
		list = append(list, k)
	}
	return list
}
