package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

const sample = "PT0123/456+789abcdef"

// everyForm returns what a server may make of a token, by name.
func everyForm(token string) map[string]string {
	std, raw := base64.StdEncoding, base64.RawURLEncoding
	forms := map[string]string{
		"raw":             token,
		"hex":             hex.EncodeToString([]byte(token)),
		"hex, upper case": strings.ToUpper(hex.EncodeToString([]byte(token))),
		"query":           url.QueryEscape(token),
		"path":            url.PathEscape(token),
		"header":          "Basic " + std.EncodeToString([]byte("6a1f2c3d-0000-4aaa-8bbb-000000000001:"+token)),
		"HTML":            html.EscapeString(token),
	}
	for n := range 4 {
		before := strings.Repeat("x", n)
		forms[fmt.Sprintf("base64 after %d bytes", n)] = std.EncodeToString([]byte(before + token + "yz"))
		forms[fmt.Sprintf("base64 for URLs after %d bytes", n)] = raw.EncodeToString([]byte(before + token))
	}
	var unicode, percent, entities strings.Builder
	for _, c := range []byte(token) {
		fmt.Fprintf(&unicode, `\u%04x`, c)
		fmt.Fprintf(&percent, "%%%02X", c)
		fmt.Fprintf(&entities, "&#%d;", c)
	}
	forms["JSON, every character escaped"] = unicode.String()
	forms["JSON, one character escaped"] = token[:3] + fmt.Sprintf(`\u%04X`, token[3]) + token[4:]
	forms["JSON, slashes escaped"] = strings.ReplaceAll(token, "/", `\/`)
	forms["JSON in JSON"] = strings.ReplaceAll(unicode.String(), `\`, `\\`)
	forms["a URL in JSON"] = strings.ReplaceAll(percent.String(), "%", `\u0025`)
	forms["every character in a URL"] = percent.String()
	forms["every character in HTML"] = entities.String()
	return forms
}

func TestRedactor(t *testing.T) {
	for _, token := range []string{sample, "abc123", strings.Repeat("0123456789abcdef", 20)} {
		r := New(token).Redactor()
		hide := strings.Join([]string{token, hex.EncodeToString([]byte(token))}, " ")
		for name, form := range everyForm(token) {
			for _, around := range [][2]string{{"", ""}, {"before ", " behind"}, {`{"a":"`, `","b":"c"}`}, {form + ", ", ""}} {
				whole := around[0] + form + around[1]
				got := r.Clean(whole)
				if !strings.Contains(got, hidden) || r.Clean(got) != got {
					t.Errorf("%s of %.8s: %.200q became %.200q", name, token, whole, got)
				}
				if strings.HasPrefix(got, around[0]) != (around[0] != form+", ") || !strings.HasSuffix(got, around[1]) {
					t.Errorf("%s: more than the token is gone: %.200q", name, got)
				}
				b := []byte(whole)
				if !r.Mask(b) || len(b) != len(whole) || r.Mask(bytes.Clone(b)) {
					t.Errorf("%s masked: %.200q", name, b)
				}
				if json.Valid([]byte(whole)) && !json.Valid(b) {
					t.Errorf("%s: no JSON any more: %.200q", name, b)
				}
			}
		}
		if got := fmt.Sprintf("%v %+v %#v %s %d %#v", r, r, r, r, r, struct{ r Redactor }{r}); strings.Contains(got, token) || strings.Contains(hide, got) {
			t.Errorf("printed: %s", got)
		}
	}
}

// TestRedactorLeaves is that texts without a token stay as they are.
func TestRedactorLeaves(t *testing.T) {
	texts := []string{"", "a", sample[:len(sample)-1], sample[1:], "100% sure", `C:\users\x`, `\u00`, "%", "%2", "&", "&#;", "&#x;", "&#999;", "&bogus;", `\`, "日本語 %E6 &amp; \\u0026"}
	for _, token := range []string{sample, "", "short"} {
		r := New(token).Redactor()
		for _, s := range append(texts, "short") {
			b := []byte(s)
			if got := r.Clean(s); got != s || r.Mask(b) || string(b) != s {
				t.Errorf("token %q: %q became %q and %q", token, s, got, b)
			}
		}
	}
}

// TestRedactorNumber is that a number stays one, for a token of digits.
func TestRedactorNumber(t *testing.T) {
	b := []byte(`{"duration":12345678}`)
	if New("12345678").Redactor().Mask(b); string(b) != `{"duration":11111111}` {
		t.Errorf("got %s", b)
	}
}

// TestRedactorMany is that a text full of tokens costs no more than its length.
func TestRedactorMany(t *testing.T) {
	r := New(sample).Redactor()
	whole := strings.Repeat(`\u0050`+sample[1:], 100_000)
	if got := r.Clean(whole); got != strings.Repeat(hidden, 100_000) {
		t.Errorf("%d bytes are left", len(got))
	}
}

func FuzzRedactor(f *testing.F) {
	for _, form := range everyForm(sample) {
		f.Add("x", form, "y")
	}
	r := New(sample).Redactor()
	f.Fuzz(func(t *testing.T, before, middle, behind string) {
		whole := before + middle + sample + behind
		if got := r.Clean(whole); strings.Contains(got, sample) || !strings.Contains(got, hidden) {
			t.Errorf("%q became %q", whole, got)
		}
		b := []byte(whole)
		if r.Mask(b); strings.Contains(string(b), sample) || len(b) != len(whole) {
			t.Errorf("%q masked is %q", whole, b)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	r := New("PT0123456789abcdef0123456789abcdef0123456789abcdef").Redactor()
	row := []byte(`{"sid":"0d9c8b7a-1111-4ccc-9ddd-000000000101","account_sid":"6a1f2c3d-0000-4aaa-8bbb-000000000001","date_created":"Sun, 22 Nov 2026 08:41:07 +0000","status":"in-progress","source":"DialVerb","uri":"/api/laml/2010-04-01/Accounts/6a1f2c3d-0000-4aaa-8bbb-000000000001/Recordings/0d9c8b7a-1111-4ccc-9ddd-000000000101.json"}`)
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		r.Mask(row)
	}
}
