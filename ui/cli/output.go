package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"tapedeck/api/text"
	"tapedeck/config"
)

// output is how a command prints what it has found.
type output struct {
	json   jsonFlag
	jq     string
	csv    bool
	fields []string // that may be picked, in their order

	query *gojq.Code // of jq; nil for none
}

// jsonFlag is the value of --json: whether it was given, and the fields that
// were named.
type jsonFlag struct {
	on   bool
	list bool // --json= lists the fields
	pick []string
}

const allFields = "all" // the value of --json without a value

func (f *jsonFlag) String() string { return "" }
func (f *jsonFlag) Type() string   { return "FIELDS" }

// Set takes a list of fields, separated by commas.
func (f *jsonFlag) Set(s string) error {
	f.on, f.list, f.pick = true, false, nil
	switch {
	case s == allFields:
	case strings.TrimSpace(s) == "":
		f.list = true
	default:
		for name := range strings.SplitSeq(s, ",") {
			f.pick = append(f.pick, strings.TrimSpace(name))
		}
	}
	return nil
}

// add gives cmd the flags of the output. what is what --json prints.
func (o *output) add(cmd *cobra.Command, what string) {
	cmd.Flags().Var(&o.json, "json", "print "+what+"; with =FIELDS only these, with = alone the names of the fields")
	cmd.Flags().Lookup("json").NoOptDefVal = allFields
	cmd.Flags().StringVar(&o.jq, "jq", "", "print what the jq expression makes of the JSON")
}

// addCSV gives cmd the flag for CSV.
func (o *output) addCSV(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.csv, "csv", false, "print CSV with a line of titles")
}

// check refuses what cannot be printed. Where the names of the fields were asked
// for, it prints them, and done is true.
func (o *output) check(w io.Writer) (done bool, err error) {
	switch {
	case o.csv && (o.json.on || o.jq != ""):
		return false, usage("cannot use --csv with --json or --jq: there is one form", "leave out one of them")
	case o.json.list && o.jq != "":
		return false, usage("cannot use --jq with --json=, which lists the fields", "leave out one of them")
	case o.json.list:
		_, err := fmt.Fprintln(w, strings.Join(o.fields, "\n"))
		return true, err
	}
	for _, name := range o.json.pick {
		if slices.Contains(o.fields, name) {
			continue
		}
		e := usage("there is no field "+strconv.Quote(name), "--json= lists the fields")
		if near := config.Nearest(name, o.fields); near != "" {
			e.Hints = slices.Insert(e.Hints, 0, "did you mean "+near+"?")
		}
		return false, e
	}
	if o.jq != "" {
		o.json.on = true
		return false, o.compile()
	}
	return false, nil
}

// compile reads the jq expression. It sees neither variables of the environment
// nor files.
func (o *output) compile() error {
	query, err := gojq.Parse(o.jq)
	if err == nil {
		o.query, err = gojq.Compile(query)
	}
	if err != nil {
		return usage(fmt.Sprintf("cannot read the jq expression %q: %v", o.jq, err), "see jq's manual, https://jqlang.org/manual")
	}
	return nil
}

// wants reports whether one of some fields is printed.
func (o *output) wants(names ...string) bool {
	if !o.json.on || len(o.json.pick) == 0 {
		return true
	}
	return slices.ContainsFunc(o.json.pick, func(p string) bool { return slices.Contains(names, p) })
}

// pick returns a JSON object with only the fields that were named; all of it
// where none was.
func (o *output) pick(object []byte) []byte {
	if len(o.json.pick) == 0 {
		return object
	}
	out := []byte{'{'}
	top := members(object)
	var inner map[string]json.RawMessage
	var picked []string // fields of "tapedeck"
	for _, name := range o.json.pick {
		if rest, ok := strings.CutPrefix(name, "tapedeck."); ok {
			picked = append(picked, rest)
			continue
		}
		if v, ok := top[name]; ok {
			out = appendMember(out, name, v)
		}
	}
	if len(picked) > 0 && !slices.Contains(o.json.pick, "tapedeck") {
		inner = members(top["tapedeck"])
		b := []byte{'{'}
		for _, name := range picked {
			if v, ok := inner[name]; ok {
				b = appendMember(b, name, v)
			}
		}
		out = appendMember(out, "tapedeck", append(b, '}'))
	}
	return append(out, '}')
}

func members(object []byte) (m map[string]json.RawMessage) {
	_ = json.Unmarshal(object, &m)
	return m
}

func appendMember(dst []byte, name string, v []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(strconv.AppendQuote(dst, name), ':'), v...)
}

// jqLimit is how long a jq expression may take for one input.
const jqLimit = 10 * time.Second

// filter writes what the jq expression makes of a JSON value, one result a line:
// strings as they are, safe to show on a terminal, all else as JSON.
func (o *output) filter(ctx context.Context, w io.Writer, terminal bool, value []byte) error {
	var in any
	if err := json.Unmarshal(value, &in); err != nil {
		return fmt.Errorf("read the JSON for jq: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, jqLimit)
	defer cancel()
	for results := o.query.RunWithContext(ctx, in); ; {
		v, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := v.(error); failed {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				return nil
			}
			return &Error{What: fmt.Sprintf("the jq expression %q failed: %v", o.jq, err)}
		}
		s, isString := v.(string)
		if !isString {
			b, err := gojq.Marshal(v)
			if err != nil {
				return fmt.Errorf("print what jq made: %w", err)
			}
			s = string(b)
		} else if terminal {
			s = text.New(s).String()
		}
		if _, err := fmt.Fprintln(w, s); err != nil {
			return fmt.Errorf("print what jq made: %w", err)
		}
	}
}

// array writes objects as one JSON array, an object a line, as they come.
type array struct {
	w   io.Writer
	n   int
	buf []byte
}

func (a *array) add(object []byte) error {
	a.buf = append(a.buf[:0], "[\n"...)
	if a.n++; a.n > 1 {
		a.buf = append(a.buf[:0], ",\n"...)
	}
	_, err := a.w.Write(append(a.buf, object...))
	return err
}

// end closes the array.
func (a *array) end() error {
	closing := "\n]\n"
	if a.n == 0 {
		closing = "[]\n"
	}
	_, err := io.WriteString(a.w, closing)
	return err
}

// objects writes JSON objects in the form that was asked for: an array as they
// come, or, with --jq, what that makes of the whole array.
type objects struct {
	o        *output
	w        io.Writer
	ctx      context.Context
	terminal bool
	array    array
	all      bytes.Buffer // with --jq
}

func (r *runner) objects(ctx context.Context, o *output, w io.Writer) *objects {
	out := &objects{o: o, w: w, ctx: ctx, terminal: r.Terminal}
	out.array.w = w
	if o.query != nil {
		out.array.w = &out.all
	}
	return out
}

func (out *objects) add(object []byte) error { return out.array.add(out.o.pick(object)) }

func (out *objects) end() error {
	if err := out.array.end(); err != nil || out.o.query == nil {
		return err
	}
	return out.o.filter(out.ctx, out.w, out.terminal, out.all.Bytes())
}

// csvLines writes CSV by RFC 4180, with LF at the ends.
func csvLines(w io.Writer, titles []string) (*csv.Writer, error) {
	out := csv.NewWriter(w)
	return out, out.Write(titles)
}
