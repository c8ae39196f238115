package list

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// everyState has a row for each word and sign that a row can show.
func everyState() *deck.Snapshot {
	var recs []*deck.Recording
	add := func(sid string, status api.Status, change func(*deck.Recording)) {
		r := call(rec("aaaa-"+sid, status, time.Minute), "(212) 555-0144", "(310) 555-0199")
		if change != nil {
			change(r)
		}
		recs = append(recs, r)
	}
	for i, s := range []api.Status{
		api.Queued, api.InProgress, api.Resumed, api.Paused, api.Stopped, api.Completed, api.Absent, api.Failed, api.Processing, api.Deleted, "",
	} {
		add(string(rune('a'+i))+"000", s, nil)
	}
	n := 0
	for _, asked := range []api.Status{api.Paused, api.InProgress, api.Stopped} {
		for _, o := range []deck.Outcome{deck.Requested, deck.Accepted, deck.Verified, deck.Contradicted, deck.Failed, deck.Unknown} {
			for _, settled := range []bool{false, true} {
				n++
				add(string(rune('0'+n/10))+string(rune('0'+n%10))+"00", api.InProgress, func(r *deck.Recording) { updating(r, asked, o, settled) })
			}
		}
	}
	pausedFor := func(sid string, d time.Duration, change func(*deck.Recording)) {
		add(sid, api.Paused, func(r *deck.Recording) {
			pause(r, d, true)
			if change != nil {
				change(r)
			}
		})
	}
	pausedFor("warn", 100*time.Second, nil)
	pausedFor("alrm", 200*time.Second, nil)
	pausedFor("tmer", 10*time.Second, func(r *deck.Recording) { r.Timer = deck.Timer{At: clock.Add(30 * time.Second)} })
	pausedFor("terr", 200*time.Second, func(r *deck.Recording) { r.Timer = deck.Timer{Err: "it was changed"} })
	pausedFor("ackd", 200*time.Second, func(r *deck.Recording) { r.Ack = deck.Ack{Actor: "alice", Until: clock.Add(time.Hour)} })
	pausedFor("byal", 10*time.Second, func(r *deck.Recording) { r.Pause.Actor, r.Pause.Recorded = "alice", true })
	pausedFor("sibl", 10*time.Second, func(r *deck.Recording) {
		r.Siblings = deck.Siblings{List: []deck.Sibling{{SID: text.New("x")}}, Paused: 1, Recording: 1}
	})
	add("tnot", api.InProgress, func(r *deck.Recording) { r.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: clock} })
	add("toth", api.InProgress, func(r *deck.Recording) { r.Trouble = deck.Trouble{Kind: deck.ResumedByOthers, Since: clock} })
	add("gone", api.InProgress, func(r *deck.Recording) { r.Gone, r.Ended = true, clock })
	add("conf", api.InProgress, func(r *deck.Recording) {
		*r = *conference(rec("aaaa-conf", api.InProgress, time.Minute, "conference_sid", inConference), "Billing")
	})
	s := snapshot(recs...)
	s.PauseWarn, s.PauseAlarm, s.Offset = deck.DefaultPauseWarn, deck.DefaultPauseAlarm, time.Until(clock)
	return s
}

var numbers = regexp.MustCompile(`\d+(:\d\d)*`)

// plainWords is a text with its numbers alike and its words apart.
func plainWords(s string) string {
	s = numbers.ReplaceAllString(s, "n")
	for _, sign := range []string{",", ";", ": ", ". "} {
		s = strings.ReplaceAll(s, sign, " ")
	}
	return " " + s + " "
}

// Every word and sign that a row can show is in the legend.
func TestLegends(t *testing.T) {
	for _, th := range []theme.Theme{theme.New(theme.Options{}), theme.New(theme.Options{ASCII: true})} {
		var all strings.Builder
		for _, l := range Legends(th.Symbols()) {
			for _, s := range l.Signs {
				if s.Means == "" {
					t.Errorf("%s has no meaning", s.Sign)
				}
				all.WriteString(plainWords(s.Sign) + plainWords(s.Means))
			}
		}
		legend := all.String()
		seen := map[string]bool{}
		check := func(word string, role theme.Role) {
			word = strings.TrimSpace(numbers.ReplaceAllString(word, "n"))
			if word == "" || role == theme.Unknown || seen[word] {
				return
			}
			seen[word] = true
			if !strings.Contains(legend, " "+word+" ") {
				t.Errorf("a row can show %q, which the legend does not explain", word)
			}
		}
		for _, w := range []int{40, 60, 80, 120, 160, 250} {
			m := sized(th, w, 80, everyState())
			for _, filter := range []string{"", "0ca11000"} {
				m.SetFilter(parse(t, filter))
				f := m.frame(clock)
				for _, r := range m.rows {
					for _, c := range m.layout.cols {
						f.width = c.cells
						v := c.cell(&f.context, r)
						if v.role != theme.Plain && c.sort != ByWho {
							check(v.text, v.role)
						}
						for part := range strings.SplitSeq(v.sign, " "+f.sym.Dot+" ") {
							check(part, v.signRole)
						}
					}
				}
			}
		}
		for _, word := range []string{"!REC", "?", "(conf)", th.Symbols().AtLeast + "n", th.Symbols().Pointer, mark} {
			check(word, theme.Bad)
		}
		if len(seen) < 25 {
			t.Errorf("only %d words were looked at: %v", len(seen), seen)
		}
	}
}
