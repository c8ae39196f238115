package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

var began = time.Date(2026, 11, 22, 8, 31, 49, 0, time.UTC)

// recording returns one that began then, with a timeline of edges after that, in
// seconds: r0 s10 r20.
func recording(status string, edges ...string) *deck.Recording {
	raw := fmt.Sprintf(`{"sid":"a","status":%q,"start_time":%q}`, status, began.Format(time.RFC1123Z))
	r := &deck.Recording{Recording: api.DecodeRecording([]byte(raw))}
	var text strings.Builder
	last := -began.UnixMilli()
	for _, e := range edges {
		kind := strings.TrimRight(e, "0123456789")
		var at int64
		_, _ = fmt.Sscan(e[len(kind):], &at)
		fmt.Fprint(&text, kind, at*1000-last)
		last = at * 1000
	}
	r.Timeline = deck.ParseTimeline(text.String())
	if status == "completed" {
		r.Ended = began.Add(time.Hour)
	}
	return r
}

// at returns the moment so many seconds after the beginning.
func at(seconds int) Moment { return Moment{Now: began.Add(time.Duration(seconds) * time.Second)} }

func words(spans []line.Span) string {
	var out []string
	for _, s := range spans {
		out = append(out, s.Text)
	}
	return strings.Join(out, ", ")
}

func TestBar(t *testing.T) {
	stale := at(100)
	stale.Known = began.Add(70 * time.Second)
	tests := []struct {
		name    string
		r       *deck.Recording
		at      Moment
		want    string // Unicode
		ascii   string
		key     string
		seconds int
	}{
		{"recorded", recording("in-progress", "r0"), at(100), "▕██████████▏", "|##########|", "█ recorded", 100},
		{"nothing is known", recording("in-progress"), at(100), "▕··········▏", "|??????????|", "· unknown", 100},
		{"silence", recording("in-progress", "r0", "s40", "r70"), at(100), "▕████░░░███▏", "|####...###|", "░ not recorded, █ recorded", 100},
		{"skip", recording("in-progress", "r0", "k40", "r70"), at(100), "▕████▁▁▁███▏", "|####___###|", "▁ not recorded, █ recorded", 100},
		{"all of them", recording("paused", "u0", "r~20", "s40", "r50", "k60", "r70", "p80"), at(100), "▕··██░█▁█▒▒▏", "|??##.#_#~~|",
			"░▁▒ not recorded, · unknown, █ recorded", 100},
		{"a pause is never too short to be seen", recording("in-progress", "r0", "s41", "r42"), at(100), "▕████░█████▏", "|####.#####|",
			"░ not recorded, █ recorded", 100},
		{"a cell of which a little is not known is not", recording("in-progress", "u0", "r~1"), at(100), "▕·█████████▏", "|?#########|",
			"· unknown, █ recorded", 100},
		{"edges that are not exact", recording("in-progress", "r0", "p~40", "r~70"), at(100), "▕███▓▒▒▒▓██▏", "|###+~~~+##|",
			"▒ not recorded, █ recorded", 100},
		{"stale now", recording("in-progress", "r0"), stale, "▕███████···▏", "|#######???|", "· unknown, █ recorded", 100},
		{"paused and stale now", recording("paused", "r0", "s80"), stale, "▕███████···▏", "|#######???|", "· unknown, █ recorded", 100},
		{"ended", recording("completed", "r0", "s40", "e50"), stale, "▕████████░░▏", "|########..|", "░ not recorded, █ recorded", 50},
		{"nothing at all", recording("in-progress", "r0"), at(0), "▕          ▏", "|          |", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, ok := Of(tt.r, 10, tt.at)
			length := b.To.Sub(b.From)
			uni, ascii := theme.Theme{}.Symbols(), theme.New(theme.Options{ASCII: true}).Symbols()
			if got := b.Text(uni); !ok || got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if got := b.Text(ascii); got != tt.ascii {
				t.Errorf("in ASCII %s, want %s", got, tt.ascii)
			}
			var spans strings.Builder
			for _, s := range b.Spans(uni) {
				spans.WriteString(s.Text)
			}
			if spans.String() != tt.want {
				t.Errorf("in styles %s, want %s", spans.String(), tt.want)
			}
			if got := words(b.Key(uni)); got != tt.key {
				t.Errorf("it says %q, want %q", got, tt.key)
			}
			if length != time.Duration(tt.seconds)*time.Second {
				t.Errorf("it is %v long, want %d s", length, tt.seconds)
			}
		})
	}
	if _, ok := Of(recording("queued"), 10, at(5)); ok {
		t.Error("what has not begun is drawn")
	}
}

// TestBarClaimsNoMore: no cell is drawn as recorded of which a part was not, and
// none is left out that was paused.
func TestBarClaimsNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var edges []string
		second := 0
		for range rapid.IntRange(0, 12).Draw(t, "edges") {
			edges = append(edges, rapid.SampledFrom([]string{"u", "r", "s", "k", "p", "r~", "p~"}).Draw(t, "kind")+fmt.Sprint(second))
			second += rapid.IntRange(1, 200).Draw(t, "seconds")
		}
		r, n := recording("in-progress", edges...), rapid.IntRange(1, Most+5).Draw(t, "cells")
		if second > 0 {
			second = rapid.IntRange(1, second).Draw(t, "now")
		}
		now := at(second)
		if rapid.Bool().Draw(t, "stale") {
			now.Known = began.Add(time.Duration(rapid.IntRange(0, second+1).Draw(t, "known")) * time.Second)
		}
		b, ok := Of(r, n, now)
		if !ok || second == 0 {
			return
		}
		later := now
		if b.Until.Before(now.Now) {
			t.Fatalf("at %v it looks the same until %v", now.Now, b.Until)
		}
		later.Now = now.Now.Add(time.Duration(rapid.Int64Range(0, int64(min(b.Until.Sub(now.Now), time.Hour))).Draw(t, "later")))
		if again, _ := Of(r, n, later); again.Bar != b.Bar {
			t.Errorf("it was to look the same until %v, and at %v it looks\n%s and not\n%s", b.Until, later.Now, again.Text(theme.Theme{}.Symbols()), b.Text(theme.Theme{}.Symbols()))
		}
		each := now.Now.Sub(began) / time.Duration(b.n)
		for i, c := range b.cells[:b.n] {
			from, to := began.Add(time.Duration(i)*each), began.Add(time.Duration(i+1)*each)
			parts := map[deck.EdgeKind]bool{}
			last := deck.Edge{At: began}
			note := func(until time.Time) {
				if until.After(from) && last.At.Before(to) && until.After(last.At) {
					parts[last.Kind] = true
				}
			}
			for e := range r.Timeline.Edges() {
				if !e.At.Before(now.Now) || !now.Known.IsZero() && !e.At.Before(now.Known) {
					break
				}
				note(e.At)
				last = e
			}
			if known := now.Known; !known.IsZero() && known.Before(now.Now) {
				note(known)
				last = deck.Edge{At: known}
			}
			note(now.Now)
			pauses := parts[deck.WithSilence] || parts[deck.WithSkip] || parts[deck.PausedSomehow]
			if isRecorded := c == recorded || c == aboutHere; isRecorded && (pauses || parts[deck.NotKnown]) || pauses != (c >= silence) {
				t.Errorf("cell %d of %d is drawn as %d, and there are %v", i, b.n, c, parts)
			}
		}
	})
}

// TestLegend explains every sign once.
func TestLegend(t *testing.T) {
	for _, th := range []theme.Theme{{}, theme.New(theme.Options{ASCII: true}), theme.New(theme.Options{Wide: true})} {
		has := map[string]int{}
		for _, s := range Legend(th.Symbols()) {
			has[s.Sign]++
			if s.Means == "" || th.Width(s.Sign) != 1 {
				t.Errorf("%q means %q, and takes %d cells", s.Sign, s.Means, th.Width(s.Sign))
			}
		}
		for c, sign := range signs(th.Symbols()) {
			if c > 0 && has[sign] != 1 {
				t.Errorf("%q is explained %d times", sign, has[sign])
			}
		}
	}
}

// BenchmarkBar is what a timeline with eight pauses takes to be drawn.
func BenchmarkBar(b *testing.B) {
	r := recording("in-progress", "u0", "r~5", "s40", "r47", "k60", "r74", "p80", "r88", "s100", "r110", "s120", "r130", "s140", "r150", "s160", "r170")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Of(r, 40, at(180+i%60))
	}
}
