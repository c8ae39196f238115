package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tapedeck/api/journal"
)

// The outcome of the session that asked is the true one, whatever another
// session has found out before or after it; what was seen later counts too.
func TestPausesByTheTruth(t *testing.T) {
	const asked, self, other = `"event":"request"`, `"event":"outcome","pid":1,"outcome":`, `"event":"outcome","pid":2,"outcome":`
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"a guess", []string{asked, other + `"contradicted"`}, "pause asked at "},
		{"a guess, then the truth", []string{asked, other + `"contradicted"`, self + `"verified","latency_ms":150`}, "paused from 03:00:00.150 "},
		{"the truth, then a guess", []string{asked, self + `"verified","latency_ms":150`, other + `"unknown"`}, "paused from 03:00:00.150 "},
		{"a guess, then a better one", []string{asked, other + `"unknown"`, other + `"verified"`}, "paused from 03:00:01.000 "},
		{"seen later", []string{asked, self + `"contradicted"`, `"event":"seen","pid":1,"outcome":"verified"`}, "paused from 03:00:01.000 "},
		{"an older file", []string{`"event":"wish"`, self + `"verified","latency_ms":150`}, "paused from 03:00:00.150 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			var b strings.Builder
			for i, l := range tt.lines {
				pid := ""
				if !strings.Contains(l, "pid") {
					pid = `"pid":1,`
				}
				fmt.Fprintf(&b, `{"seq":%d,"time":"2026-03-01T03:00:0%d.000Z",%s"id":"x","recording":"r-8142","call":"c-1","status_asked":"paused",%s}`+"\n", i+1, i, pid, l)
			}
			if err := os.WriteFile(filepath.Join(dir, journal.FileName), []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			items, err := readItems(dir, func(*journal.LineError) {})
			if err != nil {
				t.Fatal(err)
			}
			printPauses(&out, items.list, journal.Filter{Call: "c-1"})
			want := tt.want
			if i := strings.Index(want, "03:"); i > 0 { // times are shown in the local zone
				at, err := time.Parse("15:04:05.000", strings.TrimSpace(want[i:]))
				if err != nil {
					t.Fatal(err)
				}
				day := time.Date(2026, 3, 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
				want = want[:i] + shown(day)
			}
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		})
	}
}
