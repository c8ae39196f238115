package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// edit changes keys of a settings file in its text, so that comments, order and
// everything else stay as they were. What it makes is read again, and held
// against what was meant, before it is written.
type edit struct {
	text    []byte
	newline string
	exprs   []expression
	changes []change
}

// expression is a key with its value, or the header of a table, in the text.
type expression struct {
	path     []string // of the key, from the top
	header   bool
	from, to int // of the whole, without what follows on its line
	key      int // where the last part of the key begins
	keyEnd   int
	value    int // where the value begins
}

// change replaces a part of the text.
type change struct {
	from, to int
	with     string
}

// newEdit takes the text of a settings file apart.
func newEdit(text []byte) (*edit, error) {
	e := &edit{text: text, newline: "\n"}
	if bytes.Contains(text, []byte("\r\n")) {
		e.newline = "\r\n"
	}
	var p unstable.Parser
	p.Reset(text)
	var table []string
	for p.NextExpression() {
		x := p.Expression()
		var keys []string
		var first, last unstable.Range
		for it := x.Key(); it.Next(); {
			if last = it.Node().Raw; len(keys) == 0 {
				first = last
			}
			keys = append(keys, string(it.Node().Data))
		}
		out := expression{from: int(first.Offset), key: int(last.Offset), keyEnd: int(last.Offset + last.Length)}
		switch x.Kind {
		case unstable.KeyValue:
			out.path = slices.Concat(table, keys)
			out.to = int(x.Raw.Offset + x.Raw.Length)
			out.value = out.keyEnd + bytes.IndexByte(text[out.keyEnd:], '=') + 1
			out.value += len(text[out.value:]) - len(bytes.TrimLeft(text[out.value:], " \t"))
		case unstable.Table, unstable.ArrayTable:
			table = keys
			out.path, out.header, out.from, out.to = keys, true, e.lineOf(out.from), out.keyEnd
		default:
			continue
		}
		e.exprs = append(e.exprs, out)
	}
	return e, p.Error()
}

// lineOf returns where the line of an offset begins.
func (e *edit) lineOf(at int) int { return bytes.LastIndexByte(e.text[:at], '\n') + 1 }

// lineEnd returns where the line after that of an offset begins.
func (e *edit) lineEnd(at int) int {
	if i := bytes.IndexByte(e.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(e.text)
}

// find returns the key with this path; nil for none.
func (e *edit) find(path ...string) *expression {
	for i, x := range e.exprs {
		if !x.header && slices.Equal(x.path, path) {
			return &e.exprs[i]
		}
	}
	return nil
}

// set gives the key of an expression another name and value.
func (e *edit) set(x *expression, name, value string) {
	if string(e.text[x.key:x.keyEnd]) != name {
		e.changes = append(e.changes, change{x.key, x.keyEnd, name})
	}
	e.changes = append(e.changes, change{x.value, x.to, value})
}

// remove takes the lines of an expression away.
func (e *edit) remove(x expression) {
	e.changes = append(e.changes, change{from: e.lineOf(x.from), to: e.lineEnd(x.to)})
}

// insert adds a line at an offset, which is where one begins or the end.
func (e *edit) insert(at int, line string) {
	if at > 0 && e.text[at-1] != '\n' {
		line = e.newline + line
	}
	e.changes = append(e.changes, change{at, at, line + e.newline})
}

// add adds a key to a table: after its last one, written as that is, after its
// header, or with a header of its own at the end.
func (e *edit) add(table []string, header *strings.Builder, name, value string) {
	line := name + " = " + value
	for _, x := range slices.Backward(e.exprs) {
		switch {
		case !x.header && len(x.path) == len(table)+1 && slices.Equal(x.path[:len(table)], table):
			e.insert(e.lineEnd(x.to), string(e.text[e.lineOf(x.from):x.key])+line)
			return
		case x.header && slices.Equal(x.path, table):
			e.insert(e.lineEnd(x.to), line)
			return
		}
	}
	header.WriteString(line + e.newline)
}

// addTop adds a key at the top level: after its last key, or before everything
// but the comment that the file begins with.
func (e *edit) addTop(name, value string) {
	at := -1
	for _, x := range e.exprs {
		if x.header {
			break
		}
		at = e.lineEnd(x.to)
	}
	if at < 0 {
		for at = 0; at < len(e.text) && e.text[at] == '#'; {
			at = e.lineEnd(at)
		}
		if rest := bytes.TrimLeft(e.text[at:], " \t\r"); len(rest) > 0 && rest[0] != '\n' {
			at = 0 // the comment is that of a table
		}
	}
	e.insert(at, name+" = "+value)
}

// apply returns the text with the changes.
func (e *edit) apply() []byte {
	slices.SortStableFunc(e.changes, func(a, b change) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	var out []byte
	at := 0
	for _, c := range e.changes {
		if c.from < at {
			continue // it is gone with what was taken away
		}
		out = append(append(out, e.text[at:c.from]...), c.with...)
		at = c.to
	}
	return append(out, e.text[at:]...)
}

// quoted writes a text as TOML does.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quotedList writes words as an array.
func quotedList(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = quoted(w)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// tableName writes the name of a table in a header.
func tableName(path []string) string {
	parts := make([]string, len(path))
	for i, p := range path {
		if parts[i] = p; strings.ContainsFunc(p, func(r rune) bool { return !isWordRune(r) }) {
			parts[i] = quoted(p)
		}
	}
	return strings.Join(parts, ".")
}

// errNotMeant is that an edit would have made another file than was meant.
var errNotMeant = errors.New("it is written in a form that tapedeck does not change")
