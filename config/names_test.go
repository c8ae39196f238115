package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNames(t *testing.T) {
	const desk = `"+15125550128" = "Front desk"`
	tests := []struct {
		name    string
		profile string
		file    string // the settings
		names   string // the names_file, names.txt beside the settings
		want    map[string]string
		err     string
	}{
		{name: "none", file: "theme = \"dark\""},
		{name: "table", file: "[names]\n" + desk + "\n'sip:desk@acme' = 'Desk'\n", want: map[string]string{"+15125550128": "Front desk", "sip:desk@acme": "Desk"}},
		{name: "inline", file: `names = {"+15125550128" = "Front desk"}`, want: map[string]string{"+15125550128": "Front desk"}},
		{name: "as people write them", file: "[names]\n\"(512) 555-0128\" = \" Front desk \"", want: map[string]string{"(512) 555-0128": "Front desk"}},
		{name: "profile over top", profile: "eu", file: "[names]\n" + desk + "\n\"+442\" = \"B\"\n[profile.eu.names]\n\"+15125550128\" = \"Empfang\"\n",
			want: map[string]string{"+15125550128": "Empfang", "+442": "B"}},
		{name: "another profile's", file: "[names]\n" + desk + "\n[profile.eu.names]\n\"+15125550128\" = \"Empfang\"\n", want: map[string]string{"+15125550128": "Front desk"}},
		{name: "file of lines", file: "names_file = \"names.txt\"", names: "# ours\n\n+15125550128 Front desk\r\n  +442\tB\n", want: map[string]string{"+15125550128": "Front desk", "+442": "B"}},
		{name: "file of TOML", file: "names_file = \"names.txt\"", names: "\ufeff# ours\n" + desk + "\n", want: map[string]string{"+15125550128": "Front desk"}},
		{name: "file of TOML with a table", file: "names_file = \"names.txt\"", names: "[names]\n" + desk + "\n", want: map[string]string{"+15125550128": "Front desk"}},
		{name: "table over file", file: "names_file = \"names.txt\"\n[names]\n" + desk, names: "+15125550128 Old\n+442 B\n", want: map[string]string{"+15125550128": "Front desk", "+442": "B"}},
		{name: "empty file", file: "names_file = \"names.txt\"", names: "\n"},

		{name: "no table", file: "\nnames = 3", err: "CONFIG:2:9: names must be a table, written [names]"},
		{name: "no table in a profile", file: "[profile.eu]\nnames = 3", err: "CONFIG:2:9: names must be a table, written [profile.NAME.names]"},
		{name: "no number", file: "[names]\n\n  \"Front desk\" = \"+15125550128\"", err: `cannot use the name for "Front desk" (CONFIG:3:3): it is not a number`},
		{name: "no text", file: "[names]\n\"+15125550128\" = 3", err: `(CONFIG:2:1): it must be text in quotes, not a number`},
		{name: "empty name", file: "[names]\n\"+15125550128\" = \" \"", err: `(CONFIG:2:1): the name is empty`},
		{name: "long name", file: "[names]\n\"+15125550128\" = \"" + strings.Repeat("é", 61) + `"`, err: `(CONFIG:2:1): the name is longer than 60 characters`},
		{name: "control character", file: "[names]\n\"+15125550128\" = \"a\\u001b[2J\"", err: `(CONFIG:2:1): the name holds a control character`},
		{name: "in a profile", profile: "eu", file: "[profile.eu.names]\n\"x y\" = \"X\"", err: `cannot use the name for "x y" (CONFIG:2:1)`},
		{name: "line without a name", file: "names_file = \"names.txt\"", names: "+442 B\n  +15125550128\n", err: `cannot use "+15125550128" (NAMES:2:3): a name has to follow`},
		{name: "line with a word", file: "names_file = \"names.txt\"", names: "Front desk\n", err: `cannot use the name for "Front" (NAMES:1:1): it is not a number`},
		{name: "TOML without quotes", file: "names_file = \"names.txt\"", names: "+15125550128 = \"Front desk\"\n", err: "(NAMES:1:1): in TOML the number stands in quotes"},
		{name: "TOML that is none", file: "names_file = \"names.txt\"", names: desk + "\n\"+442\" = B\n", err: "cannot read the names_file NAMES:2:"},
		{name: "TOML with a number as name", file: "names_file = \"names.txt\"", names: desk + "\n\"+442\" = 3\n", err: "(NAMES:2:1): it must be text in quotes"},
		{name: "no file", file: "names_file = \"none.txt\"", err: "none.txt: no such file"},
		{name: "not text", file: "names_file = 3", err: "it must be text in quotes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path, names := filepath.Join(dir, "c.toml"), filepath.Join(dir, "names.txt")
			write(t, path, tt.file)
			write(t, names, tt.names)
			flags := map[string]string{"config": path}
			if tt.profile != "" {
				flags["profile"] = tt.profile
			}
			c, err := load(t, setup{env: complete, flags: flags})
			checkError(t, err, strings.NewReplacer("CONFIG", path, "NAMES", names).Replace(tt.err))
			if tt.want == nil {
				tt.want = map[string]string{}
			}
			if diff := cmp.Diff(tt.want, c.Names); diff != "" && tt.err == "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The demo reads no settings, but a file of names that a flag names.
func TestNamesOfTheDemo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names.txt")
	write(t, path, "+15125550128 Front desk\n")
	c, err := Demo(Sources{Flags: map[string]string{"names-file": path}})
	checkError(t, err, "")
	if c.Names["+15125550128"] != "Front desk" {
		t.Errorf("names %v", c.Names)
	}
}
