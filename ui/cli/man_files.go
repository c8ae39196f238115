package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tapedeck/api/journal"
	"tapedeck/config"
)

// aboutFile is what there is to say of the settings file before its keys.
const aboutFile = `The settings of tapedeck are in $XDG_CONFIG_HOME/tapedeck/config.toml, by default
~/.config/tapedeck/config.toml, or in the file that --config names. It is TOML
(https://toml.io). tapedeck login writes space, project and token into it; tapedeck
config shows each setting, its value and where it came from.

A flag wins over the environment, the environment over the file, the file over the
default. A key that there is not is an error.

Keys stand at the top of the file, or in a profile, a table [profile.NAME], which
applies where --profile, TAPEDECK_PROFILE or default_profile names it. What a
profile lacks is taken from the top of the file, except space, project and token:
these belong together and are read from one source, the first that has any of them: a
profile named by flag or variable, the environment, the default profile, the top of
the file.

A duration is written as "500ms", "90s", "1h30m" or "2d". A path is relative to the
folder of the file; ~ is your home.`

const aboutNames = `Names for numbers and addresses, which are shown instead of them:

  [names]
  "+15125550128" = "Front desk"
  "sip:desk@acme.example" = "Desk"

Those of a profile are in [profile.NAME.names]. names_file names a file with more, in
the same form or as lines "+15125550128 Front desk".`

const aboutRoles = `Who may do what by tapedeck serve, a table for each role:

  [roles.operator]
  may = ["view", "pause", "resume", "acknowledge", "timer"]
  users = ["alice"]
  groups = ["operators"]
  keys = ["SHA256:5BBvzIIjkbGsLOkRAVOTSBPoJ43ivRENk+vJseHRgOg", "ana"]
  principals = ["operators"]

users and groups are names or numbers of this host. Root and the service's own user
may do all; without roles, so may whoever can connect. keys and principals are of
those who log in by SSH (ssh_listen): the fingerprint or the comment of a key in the
file ssh_keys, or a principal of a certificate. Without a role nobody comes in by SSH.`

// settingsPage returns the page of the settings file.
func (m manual) settingsPage() page {
	p := m.begin("tapedeck.toml", manFiles, "settings of tapedeck")
	p.macro("SH", "DESCRIPTION")
	p.prose(aboutFile)
	p.macro("SH", "KEYS")
	p.text("Each is of the type that its entry names. Those marked (top) cannot be in a profile.")
	for _, k := range config.Keys() {
		tag := bold(k.Name)
		if k.TopOnly {
			tag += " (top)"
		}
		p.item(tag, aboutKey(k))
	}
	p.macro("SH", "NAMES")
	p.prose(aboutNames)
	p.macro("SH", "ROLES")
	p.prose(aboutRoles)
	p.macro("PP")
	p.text("may has words of these: " + strings.Join(config.RoleWords, ", ") + "; or all, which stands for all but stop-evidence: where the policy is evidence, a stop needs that beside stop.")
	p.macro("SH", "EXAMPLES")
	p.literal(strings.Split(strings.TrimSpace(exampleProfiles), "\n"))
	p.macro("SH", "SEE ALSO")
	p.line(strings.Join([]string{reference("tapedeck", manCommands), reference("tapedeck-config", manCommands), reference("tapedeck-login", manCommands), reference("tapedeck-serve", manCommands)}, ",\n"))
	return page{name: "tapedeck.toml." + manFiles, text: p.String()}
}

// aboutKey says all there is to say of a key.
func aboutKey(k config.Key) string {
	lines := []string{upperFirst(k.Usage) + ".", upperFirst(k.Type) + "."}
	if k.Allowed != "" {
		lines = append(lines, "Allowed: "+k.Allowed+".")
	}
	if k.Default != "" {
		lines = append(lines, "Default: "+k.Default+".")
	}
	if k.Flag != "" {
		lines = append(lines, "Flag: --"+k.Flag+".")
	}
	if len(k.Variables) > 0 {
		lines = append(lines, "Environment: "+strings.Join(k.Variables, ", ")+".")
	}
	return strings.Join(lines, "\n")
}

const aboutJournalFile = `The journal has every update that tapedeck was asked for, by whom, and the result. It
is in the state directory, by default ~/.local/state/tapedeck; tapedeck config shows
which. tapedeck journal lists it, and tapedeck journal verify checks it.

Each line is a JSON object. The line of a request is written before the update is
sent, that of its outcome after it. A reader must take fields and events that it does
not know.

Each line has its number and the SHA-256 of the line before it, across all files.
journal.head has the number and the hash of the last line that is known to be on disk.
That is evidence of what sessions of tapedeck wrote, in which order. It is no
evidence of who a person was, nor of what was done without tapedeck, and whoever owns
the files can rewrite all of them: journal_syslog sends the lines elsewhere as they are
written.`

const journalSample = `{"seq":41,"prev":"9f2c…","time":"2026-03-01T03:02:11.480Z",
 "event":"request","id":"3b1f…","actor":"alice","uid":"1001",
 "recording":"7c1d90aa-4b1e-4c55-9f3e-5e2f61b08142",
 "status_before":"in-progress","status_asked":"paused",
 "pause_behavior":"silence"}`

// journalPage returns the page of the journal.
func (m manual) journalPage() page {
	p := m.begin("tapedeck-journal", manFiles, "journal of the updates that tapedeck was asked for")
	p.macro("SH", "DESCRIPTION")
	p.prose(aboutJournalFile)
	p.macro("SH", "FIELDS")
	p.text("All but the first four are left out where they are empty.")
	for _, w := range journal.Fields() {
		p.item(bold(w.Name), w.Means)
	}
	p.macro("SH", "EVENTS")
	for _, w := range journal.Events() {
		p.item(bold(w.Name), w.Means)
	}
	p.macro("SH", "FILES")
	p.item(italic(journal.FileName), "the newest lines")
	p.item(italic("journal-000001.jsonl")+" and so on", "older lines; tapedeck deletes none of them")
	p.item(italic(journal.HeadName), "number and hash of the last line that is known to be on disk")
	p.item(italic(journal.LockName), "locked while lines are written")
	p.macro("SH", "EXAMPLES")
	p.text("One line, folded here:")
	p.macro("PP")
	p.literal(strings.Split(journalSample, "\n"))
	p.macro("SH", "SEE ALSO")
	p.line(strings.Join([]string{reference("tapedeck-journal", manCommands), reference("tapedeck-journal-verify", manCommands), reference("tapedeck.toml", manFiles)}, ",\n"))
	return page{name: "tapedeck-journal." + manFiles, text: p.String()}
}

const exampleProfiles = `
default_profile = "eu"

[profile.eu]
space = "acme-eu"
project = "6a1f2c3d-0000-4aaa-8bbb-000000000001"
token_file = "eu.token"

[profile.us]
space = "acme-us"
project = "6a1f2c3d-0000-4aaa-8bbb-000000000002"
token_command = ["pass", "show", "signalwire/us"]
read_only = true
`

// examples are values in TOML of keys that have no default; the token has one of
// three keys.
var examples = map[string]string{
	"space": `"acme"`, "project": `"6a1f2c3d-0000-4aaa-8bbb-000000000001"`, "token_file": `"token"`,
	"names_file": `"names.toml"`, "state_dir": `"/var/lib/tapedeck"`, "socket": `"/run/tapedeck/tapedeck.sock"`,
	"alarm_command": `["/usr/local/bin/page", "--team", "recordings"]`, "ascii": "true", "unrecorded_alarm": `"60s"`, "socket_group": `"tapedeck-users"`, "serve_profiles": `["eu", "us"]`, "metrics": `"127.0.0.1:9464"`,
	"ssh_listen": `"127.0.0.1:2222"`, "ssh_keys": `"/etc/tapedeck/ssh_keys"`, "ssh_user_cas": `"/etc/tapedeck/ssh_user_cas"`, "ssh_revoked": `"/etc/tapedeck/ssh_revoked"`,
	"ssh_idle": `"1h"`, "ssh_proxies": `["10.0.0.7"]`,
	"share": `"nats://10.0.0.7:4222"`, "share_creds": `"/etc/tapedeck/nats_creds"`, "share_ca": `"/etc/tapedeck/nats_ca.pem"`, "share_host": `"a"`,
}

// exampleSettings returns an example of the settings file: every key with what it
// means, as a comment.
func exampleSettings() string {
	var b strings.Builder
	b.WriteString("# Settings of tapedeck. Copy this to ~/.config/tapedeck/config.toml, or to\n" +
		"# /etc/tapedeck/config.toml for the service, and take the # away from what you\n" +
		"# change: the values are the defaults, or examples. See tapedeck.toml(5).\n")
	for _, k := range config.Keys() {
		value, ok := examples[k.Name]
		switch {
		case !ok && k.Default == "":
			continue // another way to give the token, or what profiles need
		case !ok && slices.Contains([]string{"true", "false"}, k.Default):
			value = k.Default
		case !ok:
			value = strconv.Quote(k.Default)
		}
		about := k.Usage
		if k.Allowed != "" {
			about += " (" + k.Allowed + ")"
		}
		fmt.Fprintf(&b, "\n# %s\n#%s = %s\n", upperFirst(about), k.Name, value)
	}
	b.WriteString("\n# Names for numbers, shown instead of them.\n#[names]\n#\"+15125550128\" = \"Front desk\"\n")
	b.WriteString("\n# Who may do what by tapedeck serve.\n#[roles.operator]\n" +
		"#may = [\"view\", \"pause\", \"resume\", \"acknowledge\", \"timer\"]\n#groups = [\"operators\"]\n#keys = [\"ana\"]\n#principals = [\"operators\"]\n")
	return b.String()
}

// upperFirst returns s with a capital at its beginning.
func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
