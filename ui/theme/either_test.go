package theme

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tapedeck/ui/terminal"
)

// shade is a color as a terminal shows it: red, green and blue, up to 255.
type shade [3]float64

var (
	black = shade{}
	white = shade{255, 255, 255}
)

// luminance is that of WCAG 2.
func (s shade) luminance() (sum float64) {
	for i, v := range s {
		if v /= 255; v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += []float64{0.2126, 0.7152, 0.0722}[i] * v
	}
	return sum
}

// contrastOf is the ratio of WCAG 2 of two colors: 1 for the same, 21 for black
// and white.
func contrastOf(a, b shade) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// sixteenOf are the 16 colors of terminals that are not asked for their
// background, or do not tell it.
var sixteenOf = map[string][16]shade{
	"xterm": {{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
		{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255}},
	"VGA": {{0, 0, 0}, {170, 0, 0}, {0, 170, 0}, {170, 85, 0}, {0, 0, 170}, {170, 0, 170}, {0, 170, 170}, {170, 170, 170},
		{85, 85, 85}, {255, 85, 85}, {85, 255, 85}, {255, 255, 85}, {85, 85, 255}, {255, 85, 255}, {85, 255, 255}, {255, 255, 255}},
	"PuTTY": {{0, 0, 0}, {187, 0, 0}, {0, 187, 0}, {187, 187, 0}, {0, 0, 187}, {187, 0, 187}, {0, 187, 187}, {187, 187, 187},
		{85, 85, 85}, {255, 85, 85}, {85, 255, 85}, {255, 255, 85}, {85, 85, 255}, {255, 85, 255}, {85, 255, 255}, {255, 255, 255}},
	"Tango": {{0, 0, 0}, {204, 0, 0}, {78, 154, 6}, {196, 160, 0}, {52, 101, 164}, {117, 80, 123}, {6, 152, 154}, {211, 215, 207},
		{85, 87, 83}, {239, 41, 41}, {138, 226, 52}, {252, 233, 79}, {114, 159, 207}, {173, 127, 168}, {52, 226, 226}, {238, 238, 236}},
}

// shown returns the two colors that a sequence makes on a terminal: its own are
// ink and ground.
func shown(t *testing.T, seq string, palette [16]shade, ink, ground shade) (fg, bg shade) {
	t.Helper()
	fg, bg = ink, ground
	inverted := false
	p := strings.Split(strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m"), ";")
	for i := 0; i < len(p); i++ {
		n, err := strconv.Atoi(p[i])
		if err != nil && p[i] != "" {
			t.Fatalf("%q is no style", seq)
		}
		at := &fg
		if n/10 == 4 || n/10 == 10 {
			at = &bg
		}
		switch {
		case n == 7:
			inverted = true
		case n == 39 || n == 49 || n < 10:
		case n == 38 || n == 48:
			i += shadeAfter(t, p[i+1:], palette, at)
		case n >= 90:
			*at = palette[8+n%10]
		case n >= 30:
			*at = palette[n%10]
		default:
			t.Fatalf("%q has %d, which is not known here", seq, n)
		}
	}
	if inverted {
		fg, bg = bg, fg
	}
	return fg, bg
}

// shadeAfter takes the parameters after 38 or 48, and returns how many there are.
func shadeAfter(t *testing.T, p []string, palette [16]shade, at *shade) int {
	t.Helper()
	var n [4]int
	for i := range min(len(p), 4) {
		n[i], _ = strconv.Atoi(p[i])
	}
	switch {
	case n[0] == 2 && len(p) >= 4:
		*at = shade{float64(n[1]), float64(n[2]), float64(n[3])}
		return 4
	case n[0] == 5 && len(p) >= 2 && n[1] < 16:
		*at = palette[n[1]]
	case n[0] == 5 && len(p) >= 2:
		*at = rgb(n[1])
	default:
		t.Fatalf("%q is no color", p)
	}
	return 2
}

// Where nobody knows the background, every role has 3:1 on black and on white, in
// the selected row too, on terminals of 16, of 256 and of all colors; and the
// selected row is seen.
func TestContrastOnAnyBackground(t *testing.T) {
	grounds := map[string][2]shade{ // what is behind, and the terminal's own color on it
		"black": {black, {229, 229, 229}}, "white": {white, black}, "nearly black": {{28, 28, 28}, {208, 208, 208}}, "nearly white": {{238, 238, 238}, {48, 48, 48}},
	}
	colors := map[string]func(string) string{"16": terminal.InSixteen, "256": func(s string) string { return s }, "all": trueColor}
	for _, mode := range []string{"", "auto"} {
		th := New(Options{Mode: mode, Dark: true, Unknown: true})
		for ground, pair := range grounds {
			for depth, convert := range colors {
				for name, palette := range sixteenOf {
					for r := range roles {
						for row, seq := range map[string]string{"a row": th.Begin(r), "the selected row": th.Selected().Begin(r)} {
							fg, bg := shown(t, convert(seq), palette, pair[1], pair[0])
							what := fmt.Sprintf("%s, %s colors of %s: role %d in %s: %q", ground, depth, name, r, row, convert(seq))
							if c := contrastOf(fg, bg); c < 3 && !(depth == "16" && strings.HasPrefix(ground, "nearly")) {
								t.Errorf("%s has a contrast of %.2f", what, c)
							}
							if row != "a row" && contrastOf(bg, pair[0]) < 1.2 {
								t.Errorf("%s is not seen beside the others", what)
							}
						}
					}
				}
			}
		}
	}
}

var indexed = regexp.MustCompile(`([34])8;5;(\d+)`)

// trueColor returns a sequence with the colors of the 256 that are no terminal's
// own as what they are.
func trueColor(seq string) string {
	return indexed.ReplaceAllStringFunc(seq, func(s string) string {
		p := indexed.FindStringSubmatch(s)
		n, _ := strconv.Atoi(p[2])
		if n < 16 {
			return s
		}
		c := rgb(n)
		return fmt.Sprintf("%s8;2;%.0f;%.0f;%.0f", p[1], c[0], c[1], c[2])
	})
}

// What is set, or known, is not changed by it, and without color there is none.
func TestUnknownCountsForAuto(t *testing.T) {
	for _, mode := range []string{"dark", "light", "mono"} {
		for r := range roles {
			for _, dark := range []bool{true, false} {
				was, now := New(Options{Mode: mode, Dark: dark}), New(Options{Mode: mode, Dark: dark, Unknown: true})
				if was.Begin(r) != now.Begin(r) || was.Selected().Begin(r) != now.Selected().Begin(r) {
					t.Errorf("%s: role %d differs", mode, r)
				}
			}
		}
	}
	if th := New(Options{Unknown: true, NoColor: true}); strings.Contains(th.Begin(Bad)+th.Selected().Begin(Bad), "8;5;") {
		t.Error("there is color without color")
	}
}

// Roles that differ in meaning differ on any background too.
func TestRolesDifferOnAnyBackground(t *testing.T) {
	th := New(Options{Unknown: true})
	for _, pair := range [][2]Role{{Paused, Bad}, {Paused, Good}, {Bad, Good}, {Warn, Bad}, {Ended, Plain}, {Ended, Dim}, {Starting, Plain}, {Unknown, Gone}, {Badge, Alarm}} {
		if th.Begin(pair[0]) == th.Begin(pair[1]) {
			t.Errorf("roles %d and %d are %q", pair[0], pair[1], th.Begin(pair[0]))
		}
	}
}
