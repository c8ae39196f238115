package paper

import (
	"fmt"
	"strings"
)

// What is drawn over a part of a bar, for those who do not tell the colors apart
// and for gray paper: bars like those of a pause where there is silence, arrows
// where time is cut out, dots where nothing is known of the kind, slanting lines
// where nothing is known at all. They are lines in one path each and no pattern
// of SVG, which browsers print as a picture of some megabytes.
const (
	hatchWide = 1700 // pixels that they cover: more than a bar has on paper of any size
	hatchHigh = 96
)

// hatchOf names what is drawn over a part of a class.
var hatchOf = map[string]string{"silence": "hatch-silence", "skip": "hatch-skip", "paused": "hatch-paused", "unknown": "hatch-unknown", "gap": "hatch-unknown"}

// hatches returns the paths, which parts of bars refer to.
func hatches() string {
	var silence, skip, paused, unknown strings.Builder
	for x := 4; x < hatchWide; x += 7 {
		fmt.Fprintf(&silence, "M%d 0V24", x)
	}
	for x := 2; x < hatchWide; x += 8 {
		fmt.Fprintf(&skip, "M%d 0l4 4l-4 4l4 4l-4 4", x)
	}
	for x := 4; x < hatchWide; x += 7 {
		fmt.Fprintf(&paused, "M%d 4h.1M%d 12h.1", x, x)
	}
	for x := -hatchHigh; x < hatchWide; x += 7 {
		fmt.Fprintf(&unknown, "M%d %dl%d -%d", x, hatchHigh, hatchHigh, hatchHigh)
	}
	return fmt.Sprintf(`<path id="hatch-silence" d="%s"></path><path id="hatch-skip" d="%s"></path><path id="hatch-paused" d="%s"></path><path id="hatch-unknown" d="%s"></path>`,
		silence.String(), skip.String(), paused.String(), unknown.String())
}
