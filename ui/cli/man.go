package cli

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/config"
)

// The sections of the manual.
const (
	manCommands = "1"
	manFiles    = "5"
	manTopics   = "7"
)

// manual is what every page says of itself.
type manual struct {
	version string // such as tapedeck 1.2.0
	date    time.Time
}

// page is a manual page, under the name of its file, such as tapedeck-list.1.
type page struct{ name, text string }

// pages returns the manual of a command and all below it, and of the files.
func (m manual) pages(root *cobra.Command) []page {
	list := m.commands(root)
	return append(list, m.settingsPage(), m.journalPage())
}

// commands returns the pages of a command and of all below it, but for those
// that --help does not show.
func (m manual) commands(cmd *cobra.Command) []page {
	list := []page{m.command(cmd)}
	for _, c := range cmd.Commands() {
		if isShown(c) {
			list = append(list, m.commands(c)...)
		}
	}
	return list
}

// isShown reports whether --help shows a command: it can be run, or is a topic.
func isShown(cmd *cobra.Command) bool {
	return cmd.IsAvailableCommand() || cmd.IsAdditionalHelpTopicCommand() && !cmd.Hidden
}

// pageName returns the name of a command's page and its section.
func pageName(cmd *cobra.Command) (name, section string) {
	section = manCommands
	if cmd.IsAdditionalHelpTopicCommand() {
		section = manTopics
	}
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-"), section
}

// begin begins a page.
func (m manual) begin(name, section, about string) *roff {
	p := &roff{}
	p.macro("TH", strings.ToUpper(name), section, m.date.UTC().Format(time.DateOnly), m.version, "tapedeck manual")
	p.macro("nh") // a flag or a variable is never taken apart
	p.macro("ad", "l")
	p.macro("SH", "NAME")
	p.line(escaped(name) + ` \- ` + escaped(lowerFirst(about)))
	return p
}

// command returns the page of one command, made of what --help says of it.
func (m manual) command(cmd *cobra.Command) page {
	name, section := pageName(cmd)
	cmd.InitDefaultHelpFlag()
	p := m.begin(name, section, cmd.Short)
	if section == manCommands {
		p.synopsis(cmd)
	}
	p.macro("SH", "DESCRIPTION")
	if cmd.Long == "" {
		p.text(cmd.Short + ".")
	}
	p.prose(cmd.Long)
	if section == manCommands {
		p.subcommands(cmd)
		p.options(cmd)
	}
	if !cmd.HasParent() {
		p.environment()
		p.files()
	}
	if cmd.Example != "" {
		p.macro("SH", "EXAMPLES")
		p.literal(strings.Split(strings.Trim(cmd.Example, "\n"), "\n"))
	}
	p.seeAlso(cmd)
	return page{name: name + "." + section, text: p.String()}
}

// synopsis writes how a command is called.
func (p *roff) synopsis(cmd *cobra.Command) {
	p.macro("SH", "SYNOPSIS")
	use := func(line string) {
		rest, path := strings.TrimPrefix(line, cmd.CommandPath()), cmd.CommandPath()
		p.line(bold(path) + escaped(rest))
	}
	if cmd.Runnable() {
		use(cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		if cmd.Runnable() {
			p.macro("br")
		}
		use(cmd.CommandPath() + " COMMAND [flags]")
	}
}

// subcommands writes the commands below a command, each with its page.
func (p *roff) subcommands(cmd *cobra.Command) {
	title := true
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		if title {
			p.macro("SH", "COMMANDS")
			title = false
		}
		p.item(reference(pageName(c)), c.Short+".")
	}
}

// options writes the flags of a command, those of the commands above it too.
func (p *roff) options(cmd *cobra.Command) {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	all.AddFlagSet(cmd.NonInheritedFlags())
	all.AddFlagSet(cmd.InheritedFlags())
	p.macro("SH", "OPTIONS")
	all.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		tag := bold("--" + f.Name)
		if f.Shorthand != "" {
			tag = bold("-"+f.Shorthand) + ", " + tag
		}
		switch {
		case value != "" && f.NoOptDefVal != "":
			tag += "[=" + italic(value) + "]"
		case value != "":
			tag += " " + italic(value)
		}
		if !slices.Contains([]string{"", "0", "false", "0s", "[]"}, f.DefValue) {
			usage += " (default " + f.DefValue + ")"
		}
		p.item(tag, usage)
	})
}

// environment writes the variables that are read.
func (p *roff) environment() {
	p.macro("SH", "ENVIRONMENT")
	p.text("Of several for one setting the first that is set counts. tapedeck.toml(5) has the settings.")
	for _, k := range config.Keys() {
		if len(k.Variables) == 0 {
			continue
		}
		var names []string
		for _, v := range k.Variables {
			names = append(names, bold(v))
		}
		p.item(strings.Join(names, ", "), k.Usage)
	}
	for _, v := range otherVariables {
		p.item(bold(v.name), v.about)
	}
}

// otherVariables are what is read of the environment beside the settings.
var otherVariables = []struct{ name, about string }{
	{"TAPEDECK_PROFILE", "profile of the settings file to use"},
	{"HTTPS_PROXY, NO_PROXY", "the proxy for requests, and the hosts that are reached without it"},
	{"NO_COLOR", "set: no colors"},
	{"XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR", "the folders of the settings, of the journal and of the socket"},
	{"PAGER", "shows the journal on a terminal"},
}

// files writes where the files are.
func (p *roff) files() {
	p.macro("SH", "FILES")
	p.item(italic("~/.config/tapedeck/config.toml"), "the settings; see tapedeck.toml(5)")
	p.item(italic("~/.local/state/tapedeck/journal.jsonl"), "the journal of all updates; see tapedeck-journal(5)")
	p.item(italic("/run/tapedeck/tapedeck.sock"), "the socket of the service of this host")
	p.item(italic("/etc/tapedeck/config.toml"), "the settings of the service, as systemd starts it")
}

// seeAlso writes the pages beside this one: above it, below it, and about it.
func (p *roff) seeAlso(cmd *cobra.Command) {
	var list []string
	for c := cmd.Parent(); c != nil; c = c.Parent() {
		list = append(list, reference(pageName(c)))
	}
	for _, c := range cmd.Commands() {
		if isShown(c) {
			list = append(list, reference(pageName(c)))
		}
	}
	if name, section := pageName(cmd); section == manCommands {
		if cmd.Flags().Lookup("config") != nil || cmd.InheritedFlags().Lookup("config") != nil {
			list = append(list, reference("tapedeck.toml", manFiles))
		}
		if !cmd.HasParent() || strings.HasPrefix(name, "tapedeck-journal") {
			list = append(list, reference("tapedeck-journal", manFiles))
		}
		if codes := reference("tapedeck-exit-codes", manTopics); !slices.Contains(list, codes) {
			list = append(list, codes)
		}
	}
	p.macro("SH", "SEE ALSO")
	p.line(strings.Join(list, ",\n"))
}

// reference names a page as others refer to it.
func reference(name, section string) string { return bold(name) + "(" + section + ")" }

// lowerFirst returns s with a small first letter, unless it begins with a word in
// capitals.
func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) > 1 && unicode.IsUpper(r[0]) && !unicode.IsUpper(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}
