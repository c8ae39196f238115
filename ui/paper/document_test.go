package paper

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// element is an element of a page as a browser would see it: its name, its
// attributes in their order, and the text in it before its first child.
type element struct {
	name  string
	attrs []xml.Attr
	text  string
}

func (e element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// elements returns the elements of a page. One that is not closed, or closed
// twice, is an error of the page.
func elements(t *testing.T, page string) (list []element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	var open []string
	at := -1
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			if len(open) > 0 {
				t.Errorf("not closed: %v", open)
			}
			return list
		case err != nil:
			t.Fatalf("after %d elements: %v", len(list), err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			list = append(list, element{name: token.Name.Local, attrs: token.Copy().Attr})
			open, at = append(open, token.Name.Local), len(list)-1
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != token.Name.Local {
				t.Fatalf("</%s> closes %v", token.Name.Local, open)
			}
			open, at = open[:len(open)-1], -1
		case xml.CharData:
			if at >= 0 {
				list[at].text += string(token)
			}
		}
	}
}

// having returns the elements whose class begins with a word.
func having(list []element, name, class string) (found []element) {
	for _, e := range list {
		if first, _, _ := strings.Cut(e.attr("class"), " "); e.name == name && first == class {
			found = append(found, e)
		}
	}
	return found
}

// TestPolicy: the policy of the page permits its own style and nothing else, it
// has no script and no address, and what refers to something in it finds it.
func TestPolicy(t *testing.T) {
	for name, page := range map[string]string{"night": pageOf(t, night(), Options{}), "busy": pageOf(t, busy(120), Options{}), "nothing": pageOf(t, nothing(), Options{})} {
		_, style, _ := strings.Cut(page, "<style>")
		style, _, ok := strings.Cut(style, "</style>")
		if !ok || style != pageCSS {
			t.Errorf("%s: the style is not as it was hashed", name)
		}
		list := elements(t, page)
		ids := map[string]bool{}
		for _, e := range list {
			if id := e.attr("id"); id != "" && ids[id] {
				t.Errorf("%s: two elements have the ID %s", name, id)
			} else {
				ids[id] = true
			}
			if e.attr("http-equiv") == "Content-Security-Policy" && e.attr("content") != policy() {
				t.Errorf("%s: the policy is %s", name, e.attr("content"))
			}
		}
		for _, e := range list {
			if slices.Contains([]string{"script", "link", "img", "image", "iframe", "object", "embed", "base", "form", "foreignObject", "video", "audio"}, e.name) {
				t.Errorf("%s: there is a %s", name, e.name)
			}
			for _, a := range e.attrs {
				switch at := strings.ToLower(a.Name.Local); {
				case at == "style" || at == "src" || at == "srcset" || strings.HasPrefix(at, "on"):
					t.Errorf("%s: <%s %s=%q>", name, e.name, at, a.Value)
				case at == "href" && (!strings.HasPrefix(a.Value, "#") || !ids[a.Value[1:]]):
					t.Errorf("%s: <%s href=%q> leads to nothing in the page", name, e.name, a.Value)
				}
			}
			for id := range strings.FieldsSeq(e.attr("aria-labelledby")) {
				if !ids[id] {
					t.Errorf("%s: there is no %s", name, id)
				}
			}
		}
	}
	if found := regexp.MustCompile(`(?i)url\(|@import|://`).FindString(pageCSS); found != "" {
		t.Errorf("the style has %s", found)
	}
	for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy(), part) {
			t.Errorf("the policy has no %s: %s", part, policy())
		}
	}
	if strings.Contains(policy(), "unsafe") {
		t.Errorf("the policy permits too much: %s", policy())
	}
}

// TestSaid: who does not see a picture is told what it shows.
func TestSaid(t *testing.T) {
	list := elements(t, pageOf(t, night(), Options{}))
	pictures := 0
	for i, e := range list {
		if e.name != "svg" || e.attr("role") != "img" {
			continue
		}
		pictures++
		if e.attr("aria-label") != "" { // an axis
			continue
		}
		if list[i+1].name != "title" || list[i+1].text == "" || list[i+2].name != "desc" || list[i+2].text == "" {
			t.Errorf("a picture has %v and %v", list[i+1], list[i+2])
		}
	}
	if pictures < 14 {
		t.Errorf("only %d pictures", pictures)
	}
	for _, what := range []string{"silence", "skip", "paused", "unknown"} {
		if !slices.ContainsFunc(list, func(e element) bool { return e.name == "path" && e.attr("id") == "hatch-"+what }) {
			t.Errorf("nothing is drawn over %s", what)
		}
	}
}
