package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSDK runs SignalWire's and Twilio's own SDKs against the simulator, as the
// README says to. TAPEDECK_SDK names a folder where npm has installed them
// (.ci/run does so); without it nothing is asked of the network, and the test is
// skipped.
func TestSDK(t *testing.T) {
	dir := os.Getenv("TAPEDECK_SDK")
	if dir == "" {
		t.Skip("TAPEDECK_SDK is not set: npm install --prefix FOLDER @signalwire/compatibility-api@3.2.0 twilio@6.2.0, then TAPEDECK_SDK=FOLDER")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	for script, module := range map[string]string{"signalwire.js": "@signalwire/compatibility-api", "twilio.js": "twilio"} {
		t.Run(script, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(dir, "node_modules", module)); err != nil {
				t.Skip(module + " is not installed in " + dir)
			}
			vars, _ := simulated(t, tlsVariables, "--tls", "--recordings", "12", "--history", "8", "--churn", "0")
			cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "sdk", script))
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "NODE_PATH=" + filepath.Join(dir, "node_modules"), "NODE_EXTRA_CA_CERTS=" + vars["SIGNALWIRE_CA_FILE"]}
			for _, name := range tlsVariables[:3] {
				cmd.Env = append(cmd.Env, name+"="+vars[name])
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%v\n%s", err, stderr.String())
			}
			want := "recordings 20 0\ncalls true\nupdate paused in-progress true\nstart in-progress 2\nmissing 404 20404\n"
			if diff := cmp.Diff(want, string(out)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", script, diff)
			}
		})
	}
}

// TestReadmeSDK holds the README's lines for the SDKs against those that
// TestSDK runs.
func TestReadmeSDK(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"signalwire.js", "twilio.js"} {
		script, err := os.ReadFile(filepath.Join("testdata", "sdk", name))
		if err != nil {
			t.Fatal(err)
		}
		lines, _, _ := strings.Cut(string(script), "\n\n")
		_, client, _ := strings.Cut(lines, "\n") // the first line is the same for both
		if !strings.Contains(string(readme), client) {
			t.Errorf("README.md does not have what %s runs:\n%s", name, client)
		}
	}
}
