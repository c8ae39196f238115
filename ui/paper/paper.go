// Package paper makes a page of a report of the journal: for a supervisor, who
// has a minute for it, and for an assessor, who wants to find each line again.
//
// The page is one file that needs nothing else. It has no script and requests
// nothing, and its Content-Security-Policy forbids both. It shows in a light and
// in a dark theme and prints on A4 and Letter. Every text goes through
// [html/template], which escapes it for its place; none is marked as safe.
//
// What the page says is what [report.Report] says: it computes places and sums,
// and claims nothing of its own.
package paper

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"tapedeck/api/report"
)

// Options says how a page is made.
type Options struct {
	Zone    *time.Location // of the times on the page, which names it; nil for UTC
	Version string         // of tapedeck, for the foot; empty for none
	// Limits are how much of a long report is shown; a zero one counts as that of
	// [DefaultLimits].
	Limits Limits
}

// Limits are how much of a long report a page shows, so that a browser stays
// quick. The page says what it leaves out.
type Limits struct {
	Bars  int // calls in the timeline of the shift
	Calls int // calls with a timeline and a table of their own
	Rows  int // rows of each other table, and pauses of a call
	Parts int // parts of all bars of the shift together, and of all bars of the calls
}

// DefaultLimits returns limits with which a page has at most 4 MB.
func DefaultLimits() Limits { return Limits{Bars: 150, Calls: 60, Rows: 300, Parts: 4000} }

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// policy is the Content-Security-Policy of the page: nothing but its own style.
func policy() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// layout is the page's template. Its style is part of its text, for it never
// changes: the policy has its hash.
var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(strings.NewReplacer("@POLICY@", policy(), "@STYLE@", pageCSS, "@HATCHES@", hatches()).Replace(pageHTML)))
})

// Page returns the page of a report, as HTML in UTF-8.
func Page(r *report.Report, o Options) ([]byte, error) {
	var b bytes.Buffer
	if err := layout().Execute(&b, newMaker(r, o).page()); err != nil {
		return nil, fmt.Errorf("make the page of the report: %w", err)
	}
	return b.Bytes(), nil
}

// orDefault returns the limits with the default for what is zero.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, n := range []struct{ own, other *int }{{&l.Bars, &d.Bars}, {&l.Calls, &d.Calls}, {&l.Rows, &d.Rows}, {&l.Parts, &d.Parts}} {
		if *n.own <= 0 {
			*n.own = *n.other
		}
	}
	return l
}
