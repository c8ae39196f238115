package theme

import (
	"strconv"
	"strings"
	"testing"
)

// rgb returns a color of the 256 as a terminal shows it by default.
func rgb(n int) shade {
	levels := []float64{0, 95, 135, 175, 215, 255}
	switch {
	case n >= 232:
		v := float64(8 + 10*(n-232))
		return shade{v, v, v}
	case n >= 16:
		n -= 16
		return shade{levels[n/36], levels[n/6%6], levels[n%6]}
	}
	panic("a color that each terminal has its own of")
}

func contrast(a, b int) float64 { return contrastOf(rgb(a), rgb(b)) }

// colors returns the colors that a sequence sets; the terminal's own where it
// sets none.
func colors(seq string, fg, bg int) (int, int) {
	p := strings.Split(strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m"), ";")
	for i := 0; i+2 < len(p); i++ {
		n, _ := strconv.Atoi(p[i+2])
		switch p[i] + p[i+1] {
		case "385":
			fg = n
		case "485":
			bg = n
		}
	}
	return fg, bg
}

// TestContrast holds every role to 3:1 on its background, the selected row's
// too, on black and on white terminals and on those nearly so; and the selected
// row to be seen beside the others.
func TestContrast(t *testing.T) {
	for _, tt := range []struct {
		mode    string
		fg      int
		grounds []int
	}{{"dark", 252, []int{16, 234}}, {"light", 236, []int{231, 255}}} {
		th := New(Options{Mode: tt.mode})
		for _, ground := range tt.grounds {
			for r := range roles {
				for name, seq := range map[string]string{"": th.Begin(r), " selected": th.Selected().Begin(r)} {
					fg, bg := colors(seq, tt.fg, ground)
					if c := contrast(fg, bg); c < 3 {
						t.Errorf("%s on %d: role %d%s has a contrast of %.1f: %d on %d", tt.mode, ground, r, name, c, fg, bg)
					}
					if name != "" && bg == ground {
						t.Errorf("%s: role %d has no tint in the selected row", tt.mode, r)
					}
				}
			}
			if _, bg := colors(th.Selected().Begin(Plain), 0, ground); contrast(bg, ground) < 1.2 {
				t.Errorf("%s: the tint %d is not to be seen on %d", tt.mode, bg, ground)
			}
		}
	}
}

// Without color the selected row is inverted, in every role.
func TestSelectedIsInvertedWithoutColor(t *testing.T) {
	for _, o := range []Options{{Mode: "mono"}, {NoColor: true}, {Mode: "light", NoColor: true}} {
		th := New(o).Selected()
		for r := range roles {
			if !strings.Contains(th.Begin(r), "7") {
				t.Errorf("%+v: role %d begins with %q", o, r, th.Begin(r))
			}
		}
	}
}

// Gray is for what is over, and for the lines between panes.
func TestOnlyTheEndedIsGray(t *testing.T) {
	for _, mode := range []string{"dark", "light"} {
		th := New(Options{Mode: mode})
		for r := range roles {
			fg, _ := colors(th.Begin(r), -1, -1)
			if fg >= 232 && r != Ended && r != Border {
				t.Errorf("%s: role %d is gray", mode, r)
			}
		}
	}
	th := New(Options{Mode: "mono"})
	for r := range roles {
		if th.Begin(r) == th.Begin(Ended) && r != Ended && r != Gone && r != Border {
			t.Errorf("mono: role %d looks as what has ended", r)
		}
	}
}
