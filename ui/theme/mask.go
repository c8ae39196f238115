package theme

import "strings"

// maskFrom is from how many digits on a number is masked: what is shorter is
// an extension or a service, and names nobody.
const maskFrom = 5

// Mask hides the numbers in s: of every run of five digits and more, however
// it is punctuated, only the last four are left, of one below seven digits the
// last two. (310) 555-0142 is ***-0142, sip:+13105550142@acme is
// sip:***-0142@acme, and sip:agent7@acme stays as it is. It hides rather too
// much, an address of the network for one, than too little.
func Mask(s string) string {
	digits := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			digits++
		}
	}
	if digits < maskFrom {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		end, n := run(s[i:])
		switch {
		case n >= maskFrom:
			b.WriteString("***-" + lastDigits(s[i:i+end], n))
			i += end
		case end > 0:
			b.WriteString(s[i : i+end])
			i += end
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// run returns the length of the number that s begins with, from its first sign
// to its last digit, and how many digits it has.
func run(s string) (end, digits int) {
	signs := 0
	for i := range len(s) {
		switch {
		case isDigit(s[i]):
			end, digits, signs = i+1, digits+1, 0
		case strings.IndexByte("+()-. /", s[i]) >= 0 && signs < 3 && (digits > 0 || s[i] == '+' || s[i] == '('):
			signs++
		default:
			return end, digits
		}
	}
	return end, digits
}

// lastDigits returns the digits at the end of a number of n that are shown.
func lastDigits(s string, n int) string {
	keep := 4
	if n < 7 {
		keep = 2
	}
	out := make([]byte, keep)
	for i := len(s) - 1; keep > 0; i-- {
		if isDigit(s[i]) {
			keep--
			out[keep] = s[i]
		}
	}
	return string(out)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
