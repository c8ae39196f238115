package main

import (
	"os"
	"strings"
	"testing"

	"tapedeck/api"
	"tapedeck/api/policy"
	"tapedeck/api/sim"
	"tapedeck/config"
	"tapedeck/ui"
	"tapedeck/ui/list"
)

// TestReadme holds README's tables against what they are about.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(b)
	for _, k := range ui.Keys(api.Silence) {
		line := "| " + keyCells(k.Keys) + " | " + k.Does + " |"
		if !strings.Contains(readme, line+"\n") {
			t.Errorf("README.md has no such key:\n%s", line)
		}
	}
	for _, term := range list.FilterTerms() {
		if line := "| `" + term.Example + "` | " + term.Does + " |"; !strings.Contains(readme, line+"\n") {
			t.Errorf("README.md has no such term of the filter:\n%s", line)
		}
	}
	for _, f := range config.Flags() {
		if name := strings.ReplaceAll(f.Name, "-", "_"); f.Name != "config" && !strings.Contains(readme, "| `"+name+"` |") {
			t.Errorf("README.md has no line for the setting %s", name)
		}
	}
	for i, row := range policy.Privacy.Rows() {
		if line := "| " + row.What + " | " + row.Is + " | " + policy.Evidence.Rows()[i].Is + " |"; !strings.Contains(readme, line+"\n") {
			t.Errorf("README.md has no such line of the policies:\n%s", line)
		}
	}
	for _, name := range []string{"@SCREEN@", "@KEYS@"} {
		if strings.Contains(readme, name) {
			t.Errorf("README.md holds %s", name)
		}
	}
	if sim.DefaultOptions().Recordings != 24 || sim.DefaultOptions().History != 200 {
		t.Error("README.md names other defaults of the simulator")
	}
}

// keyCells puts each key of a list in code quotes.
func keyCells(keys string) string {
	var cells []string
	for _, k := range strings.Fields(keys) {
		cells = append(cells, "`"+k+"`")
	}
	return strings.Join(cells, " ")
}
