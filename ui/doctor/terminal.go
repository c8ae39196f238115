package doctor

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"tapedeck/ui/terminal"
)

// askLimit is how long a terminal may take for its answers.
const askLimit = time.Second

// The questions for a terminal, on the alternate screen, where what it prints of
// them by mistake is not seen. A letter that is two bytes in UTF-8 is written, and
// a line, and the cursor's column is asked for after each; then the modes that
// tapedeck uses, the terminal's name, a color of 24 bits, and last what every
// terminal answers.
const questions = "\x1b[?1049h" +
	"\x1b[2;1Hñ\x1b[6n" + "\x1b[3;1H─\x1b[6n" +
	"\x1b[?2026$p\x1b[?1004$p" + "\x1b[>0q" +
	"\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[m" +
	"\x1b[c"

// afterQuestions puts the screen back.
const afterQuestions = "\x1b[m\x1b[2J\x1b[?1049l"

// answers are what a terminal said.
type answers struct {
	all      bool   // it came to the last one
	letter   int    // columns after the letter; 0 where it did not say
	line     int    // after the line
	name     string // its name and version; empty where it did not say
	rgb      bool   // it took a color of 24 bits
	features []int  // that it names by itself; 52 is the clipboard
	modes    map[int]int
	err      error // why it was not asked
}

var (
	cursorAnswer   = pattern(`\x1b\[(\d+);(\d+)R`)
	modeAnswer     = pattern(`\x1b\[\?(\d+);(\d)\$y`)
	nameAnswer     = pattern(`\x1bP>\|([^\x1b\a]*)(?:\x1b\\|\a)`)
	colorAnswer    = pattern(`\x1bP1\$r([0-9:;]*)m\x1b\\`)
	featuresAnswer = pattern(`\x1b\[\?([0-9;]*)c`)
)

// pattern returns what compiles an expression when it is used first: no other
// command has to wait for it.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// readAnswers makes sense of what a terminal sent.
func readAnswers(sent string) *answers {
	a := &answers{modes: map[int]int{}}
	for _, m := range cursorAnswer().FindAllStringSubmatch(sent, -1) {
		column, _ := strconv.Atoi(m[2])
		switch m[1] {
		case "2":
			a.letter = column - 1
		case "3":
			a.line = column - 1
		}
	}
	for _, m := range modeAnswer().FindAllStringSubmatch(sent, -1) {
		mode, _ := strconv.Atoi(m[1])
		a.modes[mode], _ = strconv.Atoi(m[2])
	}
	if m := nameAnswer().FindStringSubmatch(sent); m != nil {
		a.name = m[1]
	}
	if m := colorAnswer().FindStringSubmatch(sent); m != nil {
		color := strings.ReplaceAll(m[1], "::", ":")
		a.rgb = strings.Contains(strings.ReplaceAll(color, ":", ";"), "48;2;1;2;3")
	}
	if m := featuresAnswer().FindStringSubmatch(sent); m != nil {
		a.all = true
		for s := range strings.SplitSeq(m[1], ";") {
			n, _ := strconv.Atoi(s)
			a.features = append(a.features, n)
		}
	}
	return a
}

// has reports whether a terminal names a feature of its own.
func (a *answers) has(feature int) bool {
	for _, f := range a.features {
		if f == feature {
			return true
		}
	}
	return false
}

// noTerminal is what is found where there is none.
var noTerminal = skipped("not checked: standard input or output is not a terminal")

// terminalIs asks the terminal, and tmux where it is in one, and says what it is.
func terminalIs(ctx context.Context, o Options, k known) (Finding, known) {
	if o.variable("TMUX") != "" {
		k.tmux = askTmux(ctx, o.Sources.Environ)
	}
	if o.In == nil || o.Out == nil {
		return noTerminal, k
	}
	kind := o.variable("TERM")
	if kind == "" || kind == "dumb" {
		return mend("set TERM to what the terminal is, such as xterm-256color", "TERM is %q: the dashboard does not start", kind), k
	}
	k.tty = ask(o.In, o.Out, askLimit)
	w, h, err := term.GetSize(o.Out.Fd())
	if err != nil {
		return mend("set COLUMNS and LINES", "its size is not known: %v", err), k
	}
	words := fmt.Sprintf("TERM %s, %dx%d", kind, w, h)
	if k.tty.name != "" {
		words = k.tty.name + ", " + words
	}
	switch {
	case w < 30 || h < 3:
		return mend("make it larger", "%s: the dashboard needs 30x3 at least", words), k
	case k.tty.err != nil:
		return note("nothing has to be done", "%s; it was not asked: %v", words, k.tty.err), k
	case !k.tty.all:
		return note("tapedeck works; where the line is slow, set low_bandwidth", "%s; it did not answer within %v", words, askLimit), k
	case w < 60 || h < 15:
		return note("make it 60x15, or better 80x24", "%s: only three lines are shown", words), k
	}
	return ok("%s", words), k
}

// encoding says whether the terminal reads UTF-8.
func encoding(_ context.Context, _ Options, k known) (Finding, known) {
	const how = "set the terminal to UTF-8, or ascii = true"
	switch {
	case k.tmux != nil && k.tmux.silent() == "" && k.tmux.utf8 == "0":
		return mend("attach with tmux -u, or set LANG to a UTF-8 locale before", "tmux takes your terminal for one without UTF-8"), k
	case k.tty == nil:
		return noTerminal, k
	case k.tty.letter == 0:
		return skipped("not known: the terminal does not tell where its cursor is"), k
	case k.tty.letter != 1:
		return mend(how, "the terminal does not read UTF-8: a letter took %d columns", k.tty.letter), k
	case k.tty.line == 2:
		return note("nothing has to be done: tapedeck moves the cursor after each", "UTF-8; lines are two columns wide here"), k
	}
	return ok("the terminal reads UTF-8"), k
}

// colors says which colors are shown.
func colors(_ context.Context, o Options, k known) (Finding, known) {
	profile := colorprofile.Env(o.Sources.Environ)
	words := map[colorprofile.Profile]string{colorprofile.TrueColor: "24-bit colors", colorprofile.ANSI256: "256 colors", colorprofile.ANSI: "16 colors"}[profile]
	switch {
	case o.variable("NO_COLOR") != "":
		return note("unset NO_COLOR, if that is not meant", "none: NO_COLOR is set"), k
	case k.tty == nil:
		return noTerminal, k
	case words == "":
		return note("set TERM to what the terminal is, such as xterm-256color", "none, by TERM %s", o.variable("TERM")), k
	case k.tmux != nil && k.tmux.err == nil && profile == colorprofile.TrueColor && !k.tmux.has("RGB"):
		return ok("%s, which tmux makes fewer of for this terminal", words), k
	case k.tty.rgb && profile != colorprofile.TrueColor:
		return ok("%s are used; the terminal has 24 bits (COLORTERM=truecolor uses them)", words), k
	}
	return ok("%s", words), k
}

// title says whether the window's title, which counts alarms, is seen.
func title(_ context.Context, o Options, k known) (Finding, known) {
	const conf = " in ~/.tmux.conf"
	switch kind := o.variable("TERM"); {
	case k.tty == nil:
		return noTerminal, k
	case k.tmux.silent() != "":
		return skipped("not known: %s", k.tmux.silent()), k
	case k.tmux != nil && k.tmux.titles == "off" || k.tmux != nil && k.tmux.titles == "0":
		return note("set -g set-titles on; set -g set-titles-string '#T'"+conf, "tmux keeps the title to itself: alarms are not in your window's title"), k
	case k.tmux != nil && !k.tmux.has("title"):
		return note("set -as terminal-features ',"+k.tmux.terminal+":title'"+conf, "tmux does not know that your terminal %s has a title", k.tmux.terminal), k
	case k.tmux != nil:
		return ok("tmux passes it on"), k
	case kind == "linux" || kind == "vt100" || kind == "vt220":
		return note("use a terminal with windows, to see alarms in the title", "a terminal %s has no title", kind), k
	}
	return ok("sent to the terminal, which does not say whether it shows it"), k
}

// clipboardFeature is that of DA1 for a clipboard that programs may write.
const clipboardFeature = 52

// clipboard says whether c reaches the clipboard.
func clipboard(_ context.Context, o Options, k known) (Finding, known) {
	const conf = " in ~/.tmux.conf"
	switch kind := o.variable("TERM"); {
	case k.tty == nil && k.tmux == nil:
		return noTerminal, k
	case k.tmux.silent() != "":
		return skipped("not known: %s", k.tmux.silent()), k
	case k.tmux != nil && (k.tmux.clipboard == "off" || k.tmux.clipboard == "0"):
		return note("set -s set-clipboard on"+conf, "tmux keeps the clipboard to itself: set-clipboard is off"), k
	case k.tmux != nil && !k.tmux.has("clipboard"):
		return note("set -as terminal-features ',"+k.tmux.terminal+":clipboard'"+conf+", if it can",
			"tmux does not know that your terminal %s has a clipboard for programs", k.tmux.terminal), k
	case k.tmux != nil:
		return ok("tmux passes it on (set-clipboard %s)", k.tmux.clipboard), k
	case k.tty.has(clipboardFeature):
		return ok("the terminal says that programs may write it"), k
	case kind == "linux" || kind == "vt100" || kind == "vt220":
		return note("select the SID on the screen instead: c shows it whole", "a terminal %s has no clipboard", kind), k
	case strings.HasPrefix(kind, "tmux"), strings.HasPrefix(kind, "screen"):
		return note("set -s set-clipboard on in ~/.tmux.conf there", "tmux or screen of another host has to pass it on"), k
	}
	return ok("sent to the terminal, which does not say whether it takes it: press c, and paste"), k
}

// locale says whether the locale is UTF-8, by which tapedeck chooses its
// characters.
func locale(_ context.Context, o Options, k known) (Finding, known) {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		value := o.variable(name)
		if value == "" {
			continue
		}
		if l := strings.ToLower(value); strings.Contains(l, "utf-8") || strings.Contains(l, "utf8") {
			return ok("%s=%s", name, value), k
		}
		return note("export "+name+"=C.UTF-8, or another locale with UTF-8", "%s=%s is not UTF-8: only ASCII is shown", name, value), k
	}
	return note("export LANG=C.UTF-8, or another locale with UTF-8", "none is set: only ASCII is shown"), k
}

// write writes to the terminal, which may take nothing.
func write(out *os.File, s string) {
	_, _ = io.WriteString(terminal.TimeoutWriter{W: out, Limit: askLimit / 2}, s)
}
