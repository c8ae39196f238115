package terminal

import (
	"regexp"
	"strings"
	"sync"
)

// sixteen are the colors of the 256 that are used, as one of the 16 that every
// terminal with colors has, so that what is muted can be read and what alarms is
// red. The nearest by numbers is a dark blue for what is muted, and red for
// amber. Badges are white on a color, for bold black is gray on some terminals.
// On a background that nobody knows there are the terminal's own color, magenta
// and bright red, which can be read on black and on white, and the selected row
// is inverted.
var sixteen = sync.OnceValue(func() map[string][2]string { // foreground, background
	return map[string][2]string{
		// On dark backgrounds.
		"103": {"37", "47"}, "146": {"37", "47"}, "245": {"90", "100"}, "248": {"37", "47"}, "242": {"90", "100"},
		"214": {"93", "44"}, "203": {"91", "41"}, "209": {"91", "101"}, "110": {"96", "106"}, "117": {"96", "106"},
		"114": {"92", "102"}, "176": {"95", "45"}, "255": {"97", "107"}, "231": {"97", "107"}, "16": {"97", "40"},
		"238": {"90", "100"},
		// On light ones.
		"60": {"34", "44"}, "240": {"90", "100"}, "244": {"90", "100"}, "130": {"35", "45"}, "160": {"31", "41"},
		"131": {"31", "41"}, "25": {"34", "44"}, "90": {"35", "45"}, "28": {"32", "42"}, "235": {"30", "40"}, "253": {"37", "47"},
		// On any.
		"17": {"30", "40"}, "80": {"36", "46"},
		"66": {"39", "49"}, "32": {"39", "49"}, "29": {"39", "49"}, "243": {"39", "49"}, "196": {"91", "101"}, "132": {"35", "45"}, "133": {"35", "45"},
		"152": {"39", "49"}, "153": {"39", "49"}, "159": {"39", "49"}, "151": {"39", "49"}, "250": {"39", "49"}, "254": {"39", "49"},
		"210": {"91", "101"}, "215": {"35", "45"}, "182": {"35", "45"}, "216": {"35", "45"}, "237": {"39", "7"},
	}
})

var indexed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[34]8;5;\d+`)
})

// InSixteen returns an SGR sequence with the colors of the 256 that are known in
// the 16 of every terminal.
func InSixteen(sgr string) string {
	return indexed().ReplaceAllStringFunc(sgr, func(s string) string {
		ground, n, _ := strings.Cut(s, ";5;")
		pair, ok := sixteen()[n]
		switch {
		case !ok:
			return s
		case ground == "48":
			return pair[1]
		}
		return pair[0]
	})
}
