package cli

import (
	"fmt"
	"strings"
)

// roff is a manual page that is being written, with the macros of man(7).
type roff struct{ strings.Builder }

// roffWidth is how wide the lines of the source are at most, but for long words.
const roffWidth = 78

// macro writes a macro with its arguments, which have no quotes and no backslash.
func (p *roff) macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, a := range args {
		p.WriteString(` "` + a + `"`)
	}
	p.WriteByte('\n')
}

// line writes a line that is marked up already.
func (p *roff) line(s string) {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	p.WriteString(s + "\n")
}

// text writes text to be filled.
func (p *roff) text(s string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		word = escaped(word)
		if line != "" && len(line)+1+len(word) > roffWidth {
			p.line(line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	p.line(line)
}

// item writes an item of a list: what it is, marked up, and what is said of it.
func (p *roff) item(tag, about string) {
	p.macro("TP")
	p.line(tag)
	p.text(about)
}

// literal writes lines as they are, indented.
func (p *roff) literal(lines []string) {
	least := indent(lines[0])
	for _, line := range lines {
		if line != "" {
			least = min(least, indent(line))
		}
	}
	p.macro("RS", "4")
	p.macro("nf")
	for _, line := range lines {
		if line != "" {
			line = line[least:]
		}
		p.line(escaped(line))
	}
	p.macro("fi")
	p.macro("RE")
}

// prose writes the text of a command's help: paragraphs with a blank line
// between, and lines to be kept as they are, which are indented. It begins right
// below a title.
func (p *roff) prose(s string) {
	lines := strings.Split(strings.Trim(s, "\n"), "\n")
	for first := true; len(lines) > 0; first = false {
		n, kept := paragraph(lines)
		switch {
		case first:
		case kept:
			p.macro("sp")
		case n > 0:
			p.macro("PP")
		}
		switch {
		case kept:
			p.literal(lines[:n])
		case n > 0:
			p.text(strings.TrimLeft(strings.Join(lines[:n], "\n"), "# "))
		}
		lines = lines[n:]
		for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
			lines = lines[1:]
		}
	}
}

// paragraph returns how many lines the first paragraph has, and whether they are
// to be kept as they are.
func paragraph(lines []string) (n int, kept bool) {
	kept = indent(lines[0]) > 0
	for n < len(lines) && strings.TrimSpace(lines[n]) != "" && (indent(lines[n]) > 0) == kept {
		n++
	}
	return n, kept
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// bold and italic mark a text up.
func bold(s string) string   { return `\fB` + escaped(s) + `\fR` }
func italic(s string) string { return `\fI` + escaped(s) + `\fR` }

// escaped returns s so that it is printed as it is: a dash is one that can be
// copied into a shell, and other characters than those of ASCII are named.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r == '\'':
			b.WriteString(`\(aq`)
		case r == '`':
			b.WriteString(`\(ga`)
		case r == '~':
			b.WriteString(`\(ti`)
		case r == '^':
			b.WriteString(`\(ha`)
		case r == '\t':
			b.WriteString("    ")
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
