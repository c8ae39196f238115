//go:build linux || darwin

package ui

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/terminal"
	"tapedeck/ui/theme"
)

// everywhere puts a text wherever a snapshot, or what a journal says, has one:
// names, numbers, reasons, errors, who did it. The SIDs, and what the program
// acts on, stay.
func everywhere(v reflect.Value, s string, but ...string) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil(), v.Kind() == reflect.Interface && v.Type() != reflect.TypeFor[error]() && !v.IsNil():
		everywhere(v.Elem(), s, but...)
	case !v.CanSet():
	case v.Type() == reflect.TypeFor[text.Text]():
		v.Set(reflect.ValueOf(text.New(s)))
	case v.Type() == reflect.TypeFor[error]():
		v.Set(reflect.ValueOf(errors.New(s)))
	case v.Type() == reflect.TypeFor[string]():
		v.SetString(s)
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			everywhere(v.Index(i), s, but...)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; !strings.HasSuffix(name, "SID") && !slices.Contains([]string{"Recordings", "Longest", "Profile"}, name) &&
				!slices.Contains(but, name) {
				everywhere(v.Field(i), s, but...)
			}
		}
	}
}

// everywhereNamed is a snapshot in which every text is s: of calls, a conference, pauses
// with all that they can have, updates in each outcome, troubles.
func everywhereNamed(s string, statuses bool) *deck.Snapshot {
	snap := nightOffice()
	quoted := fmt.Sprintf("%q", s)
	if b, err := jsonString(s); err == nil {
		quoted = b
	}
	outcomes := []deck.Outcome{deck.Requested, deck.Accepted, deck.Verified, deck.Contradicted, deck.Failed, deck.Unknown}
	for i, r := range snap.Recordings {
		sid := r.SID.String()
		c := recording(sid, r.Status, time.Minute, "source="+quoted, "uri="+quoted, "api_version="+quoted, "price="+quoted)
		was := *r
		was.Recording = c.Recording
		if was.Call != nil {
			was.Call = &api.Call{SID: r.Call.SID, Status: r.Call.Status}
		}
		if was.Conference != nil {
			was.Conference = &api.Conference{SID: r.Conference.SID}
			was.Participants = []deck.Participant{{Call: &api.Call{SID: text.New("p")}}, {}}
		}
		was.Update = &deck.Progress{Outcome: outcomes[i%len(outcomes)], Settled: i%2 == 0, Asked: time.Now(), Changed: make([]deck.Change, 2),
			Request: deck.Request{SID: r.SID, Update: api.Update{Status: api.Paused}}, Err: errors.New("x"), OffRecord: errors.New("x")}
		if i == 0 {
			was.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: time.Now()}
		}
		everywhere(reflect.ValueOf(&was).Elem(), s)
		was.SID = r.SID
		if statuses && i == 1 {
			was.Status = api.Status(text.New(s).String())
		}
		snap.Recordings[i] = &was
	}
	everywhere(reflect.ValueOf(snap).Elem(), s)
	return snap
}

// jsonString returns a text as a string of JSON that keeps its characters but
// for those that JSON cannot have in it.
func jsonString(s string) (string, error) {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return "", errors.New("it is not UTF-8")
		case r < ' ' || r == '"' || r == '\\':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`, nil
}

// namedOptions has a text wherever the settings, the journal and other sessions
// have one.
func namedOptions(s string) Options {
	actions := aNight(time.Now())
	for i := range actions {
		actions[i].Actor, actions[i].Reason = s, s
	}
	at := time.Now().Add(-time.Minute)
	return Options{
		Space: s, Profile: s, Actor: deck.Actor{Actor: s}, Names: map[string]string{"+13105550142": s, "+14155550123": s},
		History:    func(int) ([]Action, error) { return actions, nil },
		Open:       func() error { return errors.New(s) },
		LeftBehind: leftBy([]LeftBehind{{SID: text.New(sidPaused), Actor: s, Why: s, PausedAt: at, EndedAt: at}}),
	}
}

// roads are the ways by which a text comes to the terminal: each is typed on a
// screen of its own.
var roads = map[string][]string{
	"list and detail":      {"j", "j", "k", "G", "g", "\t", "J", "J"},
	"detail in full width": {"\r", "J", "G", "\x1b"},
	"questions":            {"P", "\x1b", "r", "\x1b", "X", "8", "\x1b", "t", "\x1b", "a", "\x1b", "L", "\x1b"},
	"marks":                {" ", "j", " ", "p", "\x1b[B", "\x1b", "r", "\x1b"},
	"status line":          {"p", "p", "f", "p", "f"},
	"history and help":     {"h", "j", "\x1b", "?", "\x1b", "R"},
	"clipboard":            {"c", "C", "j", "c", "C"},
	"filter and sort":      {"/", "paste", "\r", "o", "\x1b", "/", "\x1b", "\x1b"},
	"reason that is typed": {"a", "paste", "\r"},
}

// travel shows everything that can be shown of a text on a whole program, and
// gives what was written to the terminal for each road.
func travel(t *testing.T, s string, w, h int, o func() Options, snap func(ends bool) *deck.Snapshot, check func(road, written string, p *program)) {
	for road, keys := range roads {
		synctest.Test(t, func(t *testing.T) {
			o := o()
			if road != "questions" {
				o.LeftBehind = nil
			}
			o.Terminal = terminal.Terminal{Environ: []string{"TERM=xterm-256color"}}
			p := startProgramWith(t, w, h, snap(false), o)
			for _, k := range keys {
				if k == "paste" {
					k = "\x1b[200~" + strings.ReplaceAll(s, "\x1b", "") + "\x1b[201~"
				}
				p.typeKeys(k)
				p.rest(400 * time.Millisecond)
				check(road, p.out.taken(), p)
			}
			failing := snap(true)
			failing.Seq, failing.Health.Failing = 100, time.Now()
			p.d.feed <- failing
			p.rest(3 * time.Second)
			check(road+", failing", p.out.taken(), p)
		})
	}
}

// hostileNames hold what no text may bring to a terminal.
var hostileNames = []string{
	"a\x1b_Gi=1,a=T;AAAA\x1b\\b",             // APC
	"a\x1bPq#0;2;0;0;0#0~~\x1b\\b",           // DCS
	"a\x1b^private\x1b\\b",                   // PM
	"a\x1bXstart\x1b\\b",                     // SOS
	"a\u009fapc\u009cb\u0090dcs\u009cb",      // the same as one character
	"a\u009epm\u009cb\u0098sos\u009cb\u009b", //
	"a\x9fapc\x9cb\x90dcs\x9c",               // and as one byte
	"a\x1b]52;c;aGk=\a\x1b]0;title\x1b\\b",   // the clipboard, and the title
	"a\x1b[2J\x1b[31;8m\x1b[38;2;1;2;3mb\x1bc",
	"a\tb\rc\nd\ve\fe\bg\x00\x7f",
	"a\u202eb\u2066c\u200ed",
	"\x1b\x1b_", "_\x1b", "\\\x1b\\\x1b",
}

// ours are the sequences that a program writes: moves, erases, scrolls, styles of
// the theme, modes, questions, titles, texts for the clipboard and the status of the
// program; and what is between them, text without a control character.
var ours = regexp.MustCompile(`^(?:\x1b\[[0-9;:]*[ABCDGHJKXrmt]|\x1b\[\?[0-9;]+[hl]|\x1b\[\?\d+\$p|\x1b\[6n|\x1bM|\x1b\]11;\?\a|\x1b\]2;[^\x00-\x1f\x7f-\x9f]*\a|\x1b\]52;c;[A-Za-z0-9+/=]*\a|\x1b\]7501;state=(?:idle|blocked):id=tapedeck:app=tapedeck(?::msg=[A-Za-z0-9+/=]*)?\a|[\r\n\x08\a])`)

// checkOurs fails for the first thing that is none of ours.
func checkOurs(written string) error {
	for at := 0; at < len(written); {
		if n := len(ours.FindString(written[at:])); n > 0 {
			if seq := written[at : at+n]; strings.HasSuffix(seq, "m") && (strings.Contains(seq, "8;2;") || strings.Contains(seq, "[31;8")) {
				return fmt.Errorf("the style %q", seq)
			}
			at += n
			continue
		}
		r, n := utf8.DecodeRuneInString(written[at:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return fmt.Errorf("%q", written[at:min(len(written), at+20)])
		}
		at += n
	}
	return nil
}

// Whatever a name, a number, a reason, an error or a setting holds, nothing but
// text and what is ours reaches the terminal: no APC, DCS, PM, SOS or OSC of
// theirs, no tab, no control.
func TestHostileNames(t *testing.T) {
	for i, s := range hostileNames {
		if raceEnabled && i%4 > 0 {
			continue // it takes ten times as long with the race detector
		}
		t.Run(fmt.Sprintf("%q", s), func(t *testing.T) {
			shown := 0
			for _, size := range [][2]int{{120, 40}, {80, 24}, {50, 3}} {
				travel(t, s, size[0], size[1], func() Options { return namedOptions(s) }, func(other bool) *deck.Snapshot { return everywhereNamed(s, other) }, func(road, written string, p *program) {
					if err := checkOurs(written); err != nil {
						t.Errorf("%dx%d, %s: %v reaches the terminal", size[0], size[1], road, err)
					}
					shown += len(written)
				})
			}
			if shown < 50_000 {
				t.Errorf("only %d bytes were written", shown)
			}
		})
	}
}

// rightToLeftNames are names that are written from the right, with and without
// digits in them.
var rightToLeftNames = []string{"מרחבא", "مرحبا", "client:مرحبا", "שירות 24", "مكتب ۲۴"}

// ofPeople is a snapshot in which everybody is s: at both ends of a call, in a
// conference, and who did what.
func ofPeople(s string) *deck.Snapshot {
	snap := nightOffice()
	for i, r := range snap.Recordings {
		c := *r
		if c.Call != nil {
			c.Call = &api.Call{SID: r.Call.SID, Status: r.Call.Status, Direction: r.Call.Direction}
		}
		if c.Conference != nil {
			c.Conference = &api.Conference{SID: r.Conference.SID}
			c.Participants = []deck.Participant{{Call: &api.Call{SID: text.New("p"), Direction: text.New("inbound")}}, {}}
		}
		if i == 0 {
			c.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: time.Now()}
		}
		everywhere(reflect.ValueOf(&c).Elem(), s, "Err", "Why", "Update", "Status", "Direction", "Source", "URI", "Region")
		snap.Recordings[i] = &c
	}
	return snap
}

// turned returns what a terminal would turn around in a line: a digit that follows
// a letter written from the right with no Latin letter in between, or a line that
// begins with one; empty for nothing. The digits of the name itself are its own.
func turned(line, name string) string {
	line = strings.ReplaceAll(line, name, strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, name))
	rtl, first := false, true
	for i, r := range line {
		switch {
		case unicode.IsLetter(r) && theme.RightToLeft(string(r)):
			if first {
				return "it begins with " + line[i:]
			}
			rtl = true
		case unicode.Is(unicode.Latin, r):
			rtl, first = false, false
		case unicode.IsDigit(r) && rtl:
			return "the digits of " + line[i:]
		}
	}
	return ""
}

// A name that is written from the right moves no digits beside it, wherever it
// stands.
func TestRightToLeftNames(t *testing.T) {
	for i, s := range rightToLeftNames {
		if raceEnabled && i > 0 {
			continue
		}
		t.Run(s, func(t *testing.T) {
			seen := map[string]bool{}
			options := func() Options {
				o := namedOptions(s)
				o.Space, o.Profile, o.Open = "", "", nil
				o.LeftBehind = leftBy([]LeftBehind{{SID: text.New(sidPaused), Actor: s}})
				return o
			}
			for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}, {50, 3}} {
				travel(t, s, size[0], size[1], options, func(bool) *deck.Snapshot { return ofPeople(s) }, func(road, _ string, p *program) {
					for _, line := range strings.Split(screenText(p.m.View(), size[0], size[1]), "\n") {
						if why := turned(line, s); why != "" && !seen[line] {
							seen[line] = true
							t.Errorf("%dx%d, %s: %s is turned around\n%s", size[0], size[1], road, why, screenText(p.m.View(), size[0], size[1]))
						}
					}
				})
			}
		})
	}
}
