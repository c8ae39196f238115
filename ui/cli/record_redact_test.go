package cli

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tapedeck/api/journal"
	"tapedeck/api/secret"
	"tapedeck/api/text"
	"tapedeck/config"
)

// TestJournalHidesTheToken: a token that does not begin with PT, repeated by a
// server in a number, reached the journal.
func TestJournalHidesTheToken(t *testing.T) {
	const odd = "0123-not-as-signalwire-makes-them"
	dir := t.TempDir()
	c := config.Config{StateDir: dir, Space: "https://acme.signalwire.com", Project: "p1", Token: secret.New(odd), JournalNumbers: true}
	r := OpenJournal(c)
	basic := base64.StdEncoding.EncodeToString([]byte("p1:" + odd))
	err := r.journal.Append(journal.Entry{Event: journal.Request, ID: "1", Recording: text.New("s1"), From: text.New(odd), To: text.New("x " + basic), Reason: "refused: " + odd})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	var all strings.Builder
	for _, f := range files {
		b, _ := os.ReadFile(f)
		all.Write(b)
	}
	if s := all.String(); strings.Contains(s, odd) || strings.Contains(s, basic[8:40]) || !strings.Contains(s, "[token hidden]") {
		t.Errorf("the journal has %s", s)
	}
}
