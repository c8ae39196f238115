package share

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestToken holds that each text is one token, and each token one text.
func TestToken(t *testing.T) {
	for _, s := range []string{"", "=", "a.b", "*", ">", "Ünï", "example.signalwire.com", "RE-1_2", "\x00", "https://x:443/y"} {
		tok := token(s)
		if strings.ContainsAny(tok, ".*> \r\n\t\x00") || tok == "" {
			t.Errorf("%q has the token %q", s, tok)
		}
		if got, ok := untoken(tok); !ok || got != s {
			if s != "=" || got != "=" {
				t.Errorf("%q came back as %q, %v", s, got, ok)
			}
		}
	}
	for _, tok := range []string{"", "=4", "=41", "=zz", "=2e", "a b", "=2E=", "é", strings.Repeat("a", maxToken+1)} {
		if s, ok := untoken(tok); ok {
			t.Errorf("%q is a token, of %q", tok, s)
		}
	}
}

// TestSubjects holds that each subject comes back as what it says.
func TestSubjects(t *testing.T) {
	key := Key{"example.signalwire.com", "p 1", "RE=1"}
	for subject, want := range map[string]address{
		factSubject("a.b", key, kindAck):  {host: "a.b", class: "state", key: key, last: kindAck},
		timerSubject("a", key):            {host: "a", class: "timer", key: key},
		hostSubject("a", "x1"):            {host: "a", class: "host", last: "x1"},
		journalSubject("a", "00ff"):       {host: "a", class: "journal", last: "00ff"},
		"tapedeck.a.state.s.p.sid.other":  {},
		"tapedeck.a.timer.s.p":            {},
		"tapedeck.a.host":                 {},
		"tapedeck.a.host.x.y":             {},
		"other.a.host.x":                  {},
		"tapedeck.a.what.s.p.sid":         {},
		"tapedeck..host.x":                {},
		timerSubject("*", key):            {},
		"tapedeck.a.state.s.p.sid.pause.": {},
	} {
		got, ok := parseSubject(subject)
		if ok != (want != address{}) || ok && got != want {
			t.Errorf("%s says %+v, %v", subject, got, ok)
		}
	}
}

// TestSpaces holds which names of a space mean the same one.
func TestSpaces(t *testing.T) {
	for space, want := range map[string]string{
		"https://Example.signalwire.com:443/": "example.signalwire.com",
		"https://example.signalwire.com":      "example.signalwire.com",
		"example.signalwire.com":              "example.signalwire.com",
		"https://example.com:8443":            "example.com:8443",
		"http://127.0.0.1:8080":               "http://127.0.0.1:8080",
	} {
		if got := (Key{Space: space}).Normal().Space; got != want {
			t.Errorf("%s is %s", space, got)
		}
	}
}

// TestValues writes each kind of value and reads it again.
func TestValues(t *testing.T) {
	at := time.Date(2026, 11, 29, 3, 0, 0, 0, time.FixedZone("", 3600))
	key := keyOf("RE1")
	left := &Left{Paused: at, Until: at, Why: strings.Repeat("é", 1000)}
	timer := Timer{Key: key, State: TimerSet, ID: "i", Setting: Setting{Due: at}, SetBy: "one", Host: "one", Instance: "x", write: "w"}
	for subject, v := range map[string]value{
		factSubject("one", key, kindPause): {Host: "one", Pause: pauseOf("ann\u202e").Pause},
		factSubject("one", key, kindLeft):  {Host: "one", Left: left},
		factSubject("one", key, kindAck):   {Host: "one", Over: true},
		timerSubject("one", key):           timer.valueOf(7),
		hostSubject("one", "x"):            {Host: "one", Instance: "x", Presence: &presenceHere{Version: "v1"}},
	} {
		b, err := v.encode()
		if err != nil {
			t.Fatal(err)
		}
		address, _ := parseSubject(subject)
		got, err := decode(address, b)
		if err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
		v.Version = version
		if v = v.normal(); v.Pause != nil {
			v.Pause.Actor.Actor = "ann"
		}
		if v.Left != nil {
			v.Left.Why = strings.Repeat("é", (maxText-len("…"))/2) + "…"
		}
		if diff := cmp.Diff(v, got); diff != "" {
			t.Errorf("%s:\n%s", subject, diff)
		}
		for what, wrong := range map[string][]byte{
			"another host": bytes.Replace(b, []byte(`"host":"one"`), []byte(`"host":"two"`), 1),
			"nothing":      []byte(`{"v":1,"host":"one"}`),
			"no JSON":      b[:len(b)-1],
			"too much":     append(bytes.TrimSuffix(b, []byte("}")), []byte(`,"ack":{},"left":{}}`)...),
			"version 0":    bytes.Replace(b, []byte(`"v":1`), []byte(`"v":0`), 1),
		} {
			if v, err := decode(address, wrong); err == nil || errors.Is(err, ErrForeign) {
				t.Errorf("%s: %s is read as %+v, %v", subject, what, v, err)
			}
		}
		if _, err := decode(address, bytes.Replace(b, []byte(`"v":1`), []byte(`"v":2,"new":[]`), 1)); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: a newer version: %v", subject, err)
		}
	}
}

// FuzzDecode has values of anybody read: what is read is bounded, safe to show,
// fits its subject, and is written as it was read.
func FuzzDecode(f *testing.F) {
	for _, subject := range []string{factSubject("one", keyOf("RE1"), kindPause), timerSubject("one", keyOf("RE1")), hostSubject("one", "x")} {
		f.Add(subject, []byte(`{"v":1,"host":"one","instance":"x","pause":{"since":"2026-11-29T03:00:00Z","actor":{"actor":"ann\u001b[2J"}}}`))
		f.Add(subject, []byte(`{"v":1,"host":"one","instance":"x","timer":{"state":"set","id":"1","due":"2026-11-29T03:00:00Z"}}`))
		f.Add(subject, []byte(`{"v":1,"host":"one","instance":"x","here":{"version":"v1","sessions":-5}}`))
		f.Add(subject, []byte(`{"v":2,"host":"one","timer":7}`))
		f.Add(subject, []byte(`{"v":1,"host":"one","over":true}`))
		f.Add(subject, []byte(`{"v":1,"host":"one","ack":{"until":"0001-01-01T00:00:00+24:00"}}`))
	}
	f.Fuzz(func(t *testing.T, subject string, data []byte) {
		at, ok := parseSubject(subject)
		if !ok {
			return
		}
		v, err := decode(at, data)
		if err != nil {
			if s := err.Error(); len(s) > 200 || !utf8.ValidString(s) {
				t.Errorf("the error is %q", s)
			}
			return
		}
		if v.Host != at.host || !v.fits(at) {
			t.Errorf("%s: %+v", subject, v)
		}
		b, err := v.encode()
		if err != nil && !errors.Is(err, ErrTooLarge) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		again, err := decode(at, b)
		if diff := cmp.Diff(v, again); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		var texts any
		if json.Unmarshal(b, &texts) != nil || bytes.ContainsAny(b, "\x1b\r\u202e") {
			t.Errorf("it is written as %q", b)
		}
	})
}
