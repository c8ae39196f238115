package terminal

import "strings"

// Wide returns what RUNEWIDTH_EASTASIAN of an environment says of how wide the
// terminal takes characters of ambiguous width, if it says anything.
func Wide(environ []string) (wide, set bool) {
	switch strings.ToLower(variable(environ, "RUNEWIDTH_EASTASIAN")) {
	case "1", "t", "true":
		return true, true
	case "0", "f", "false":
		return false, true
	}
	return false, false
}

// EastAsian reports whether the locale of an environment is Chinese, Japanese or
// Korean. Terminals that are set for that take characters of ambiguous width for
// two cells wide, unless the locale says otherwise.
func EastAsian(environ []string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		v := strings.ToLower(variable(environ, name))
		if v == "" {
			continue
		}
		lang := strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("_.@", r) })
		return len(lang) > 0 && (lang[0] == "zh" || lang[0] == "ja" || lang[0] == "ko") && !strings.HasSuffix(v, "@cjk_narrow")
	}
	return false
}

// Dark returns whether the terminal's background is dark, as far as an
// environment tells: COLORFGBG ends in the number of its color, and the Linux
// console's is black.
func Dark(environ []string) (dark, known bool) {
	v := variable(environ, "COLORFGBG")
	switch bg := v[strings.LastIndexByte(v, ';')+1:]; bg {
	case "7", "15":
		return false, true
	case "0", "1", "2", "3", "4", "5", "6", "8", "9", "10", "11", "12", "13", "14":
		return true, true
	}
	return true, variable(environ, "TERM") == "linux"
}
