package ui

import "strings"

// foldStyle returns the one sequence that makes the style which style and then
// seq, both of SGR, make; ok is false where seq has anything unusual in it. The
// renderer goes from style to style by what differs, so along a row that has a
// background the sequences add up.
func foldStyle(style, seq string) (folded string, ok bool) {
	var codes [len(styleClasses) + 1]string
	for _, s := range []string{style, seq} {
		if s == "" {
			continue
		}
		body, found := strings.CutPrefix(s, "\x1b[")
		if body, ok = strings.CutSuffix(body, "m"); !ok || !found {
			return "", false
		}
		params := strings.Split(body, ";")
		for len(params) > 0 {
			n := 1
			if (params[0] == "38" || params[0] == "48") && len(params) >= 3 && params[1] == "5" {
				n = 3
			}
			if !setCode(&codes, params[0], strings.Join(params[:n], ";")) {
				return "", false
			}
			params = params[n:]
		}
	}
	var parts []string
	for _, c := range codes {
		if c != "" {
			parts = append(parts, c)
		}
	}
	if len(parts) == 0 {
		return "", true
	}
	return "\x1b[" + strings.Join(parts, ";") + "m", true
}

// styleClasses are the codes of which only the last one counts; the first of
// each takes the class away.
var styleClasses = [...][]string{
	{"22", "1", "2"}, {"23", "3"}, {"24", "4"}, {"27", "7"}, {"28", "8"}, {"39", "38"}, {"49", "48"},
}

// setCode puts a code into its class. Bold and faint, which may hold at once, are
// in one class and the last place.
func setCode(codes *[len(styleClasses) + 1]string, first, code string) (ok bool) {
	for i, class := range styleClasses {
		for j, c := range class {
			switch {
			case c != first:
			case j == 0 && i == 0:
				codes[0], codes[len(styleClasses)] = "", ""
				return true
			case j == 0:
				codes[i] = ""
				return true
			case first == "2":
				codes[len(styleClasses)] = code
				return true
			default:
				codes[i] = code
				return true
			}
		}
	}
	return false
}
