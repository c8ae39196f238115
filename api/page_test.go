package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/text"
)

func TestPage(t *testing.T) {
	rows, infos, err := readAll(t, answering(t, 200, testdata(t, "page.json")).Recordings(RecordingQuery{}))
	checkError(t, err, "")
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.SID.String()[33:], " ", r.Status, " ", r.Created.Format("02 Jan")))
	}
	want := []string{"101 in-progress 22 Nov", "102 in-progress 01 Sep", "103 paused 22 Nov", "104 completed 22 Nov"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if len(infos) != 1 || infos[0].Rows != 4 || infos[0].Unreadable != 0 || infos[0].Bytes != int64(len(strings.TrimSpace(testdata(t, "page.json")))) &&
		infos[0].Bytes != int64(len(testdata(t, "page.json"))) {
		t.Errorf("infos %+v", infos)
	}
}

func TestOddRowsAreCounted(t *testing.T) {
	rows, infos, err := readAll(t, answering(t, 200, testdata(t, "odd_rows.json")).Recordings(RecordingQuery{}))
	checkError(t, err, "")
	if len(rows) != 2 || infos[0].Rows != 11 || infos[0].Unreadable != 9 {
		t.Errorf("%d rows, infos %+v; want 2 good ones of 11", len(rows), infos)
	}
}

func TestEnvelope(t *testing.T) {
	tests := []struct {
		name, body string
		rows       int
		more       bool
		err        string
	}{
		{"empty", `{"recordings":[]}`, 0, false, ""},
		{"the end first", `{"next_page_uri":null,"recordings":[{"sid":"a"}]}`, 1, false, ""},
		{"the next first", `{"next_page_uri":"/p?Page=1","recordings":[{"sid":"a"}]}`, 1, true, ""},
		{"an empty address", `{"next_page_uri":"","recordings":[{"sid":"a"}]}`, 1, false, ""},
		{"escaped address", `{"next_page_uri":"\/p?Page=1\u0026PageToken=PA1","recordings":[]}`, 0, true, ""},
		{"Twilio's keys", `{"start":0,"end":1,"total":[{"sid":"x"}],"last_page_uri":"//x","recordings":[{"sid":"a"}]}`, 1, false, ""},
		{"escaped key", `{"r\u0065cordings":[{"sid":"a"}]}`, 1, false, ""},
		{"more behind it", `{"recordings":[{"sid":"a"}]}<!-- proxy -->`, 1, false, ""},
		{"another list", `{"calls":[{"sid":"a"}]}`, 0, true, `it has no "recordings"`},
		{"null list", `{"recordings":null}`, 0, true, "not an array"},
		{"list is an object", `{"recordings":{"sid":"a"}}`, 0, true, "not an array"},
		{"a list at the top", `[{"sid":"a"}]`, 0, true, "not a JSON object"},
		{"HTML", `<html></html>`, 0, true, "not a JSON object"},
		{"empty body", ``, 0, true, "empty"},
		{"cut off", `{"recordings":[{"sid":"a"},{"sid":"b`, 1, true, "cut off"},
		{"cut off behind the rows", `{"recordings":[{"sid":"a"}]`, 1, true, "cut off"},
		{"not JSON among the rows", `{"recordings":[{"sid":"a"},oops]}`, 1, true, "not JSON at byte 28"},
		{"an error with 200", `{"code":20003,"message":"Authentication failed"}`, 0, true, `it has no "recordings"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := answering(t, 200, tt.body).Recordings(RecordingQuery{})
			n := 0
			_, err := p.Next(t.Context(), func(Row) { n++ })
			checkError(t, err, tt.err)
			if err != nil && (!errors.Is(err, ErrUnreadable) || Reason(err) != "unreadable answer") {
				t.Errorf("error %v, reason %q", err, Reason(err))
			}
			if n != tt.rows || p.More() != tt.more {
				t.Errorf("%d rows, more %v; want %d, %v", n, p.More(), tt.rows, tt.more)
			}
		})
	}
}

// pagesOf returns a client whose pages have the addresses of the next ones in
// next, and the paths asked for.
func pagesOf(t testing.TB, next ...string) (*Client, *[]string) {
	t.Helper()
	var asked []string
	return through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme != "https" || r.URL.Host != "acme.signalwire.example" || r.Header.Get("Authorization") == "" {
			t.Errorf("asked %v", r.URL)
		}
		asked = append(asked, r.URL.RequestURI())
		n := min(len(asked), len(next)) - 1
		return answer(r, 200, strings.NewReader(fmt.Sprintf(`{"recordings":[{"sid":"s%d"}],"next_page_uri":%s}`, n, next[n]))), nil
	})), &asked
}

func TestWalk(t *testing.T) {
	client, asked := pagesOf(t, `"/api/laml/2010-04-01/Accounts/x/Recordings?Page=1&PageToken=PA1"`, `"/2010-04-01/Accounts/x/Recordings?Page=2\u0026PageToken=PA2#top"`, `null`)
	rows, infos, err := readAll(t, client.Recordings(RecordingQuery{PageSize: 1}))
	checkError(t, err, "")
	if len(rows) != 3 || len(infos) != 3 {
		t.Errorf("%d rows, %d pages", len(rows), len(infos))
	}
	want := []string{basePath + testProject + "/Recordings.json?PageSize=1",
		"/api/laml/2010-04-01/Accounts/x/Recordings?Page=1&PageToken=PA1", "/2010-04-01/Accounts/x/Recordings?Page=2&PageToken=PA2"}
	if diff := cmp.Diff(want, *asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

func TestNextPageIsRefused(t *testing.T) {
	first := basePath + testProject + "/Recordings.json"
	tests := []struct{ name, next string }{
		{"another host", `"https://evil.example/api/laml/2010-04-01/x"`},
		{"this host, but absolute", `"https://acme.signalwire.example/x"`},
		{"another host without scheme", `"//evil.example/x"`},
		{"three slashes", `"///evil.example/x"`},
		{"user information", `"https://a:b@acme.signalwire.example/x"`},
		{"user information without scheme", `"//a:b@acme.signalwire.example/x"`},
		{"backslash", `"/\\evil.example/x"`},
		{"backslashes", `"\\\\evil.example/x"`},
		{"scheme without host", `"https:/x"`},
		{"other scheme", `"file:///etc/passwd"`},
		{"script", `"javascript:alert(1)"`},
		{"relative", `"Recordings?Page=1"`},
		{"query alone", `"?Page=1"`},
		{"dots", `"../x"`},
		{"space before", `" /x"`},
		{"line end", `"/x\n/y"`},
		{"control byte", `"/x\u0000"`},
		{"bad escape", `"/%zz"`},
		{"escaped slash", `"/%2f/evil.example x"`},
		{"number", `7`}, {"true", `true`}, {"object", `{"uri":"/x"}`}, {"list", `["/x"]`},
		{"a megabyte", `"/` + strings.Repeat("x", 1<<20) + `"`},
		{"the same page", `"` + first + `"`},
		{"the same page with a fragment", `"` + first + `#again"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, asked := pagesOf(t, tt.next)
			p := client.Recordings(RecordingQuery{})
			n := 0
			info, err := p.Next(t.Context(), func(Row) { n++ })
			if !errors.Is(err, ErrPage) || Reason(err) != "page refused" || len(err.Error()) > 400 {
				t.Errorf("error %v, reason %q", err, Reason(err))
			}
			if n != 1 || info.Rows != 1 || p.More() {
				t.Errorf("%d rows, more %v; want the rows and no more", n, p.More())
			}
			if _, err := p.Next(t.Context(), func(Row) {}); err != nil || len(*asked) != 1 {
				t.Errorf("after the end: %v, %d requests", err, len(*asked))
			}
		})
	}
}

func TestPageLoop(t *testing.T) {
	client, asked := pagesOf(t, `"/a"`, `"/b"`, `"/a"`)
	rows, _, err := readAll(t, client.Recordings(RecordingQuery{}))
	if !errors.Is(err, ErrPage) || len(rows) != 3 || len(*asked) != 3 {
		t.Errorf("error %v, %d rows, %d requests", err, len(rows), len(*asked))
	}
}

func TestNextAsksAgainAfterAnError(t *testing.T) {
	n := 0
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if n++; n == 1 {
			return answer(r, 503, strings.NewReader("")), nil
		}
		return answer(r, 200, strings.NewReader(`{"recordings":[{"sid":"a"}]}`)), nil
	}))
	p := client.Recordings(RecordingQuery{})
	_, err := p.Next(t.Context(), func(Row) { t.Error("a row of a failed page") })
	checkError(t, err, "HTTP 503")
	rows, _, err := readAll(t, p)
	checkError(t, err, "")
	if len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}

// A row is given out as soon as it is there: this body never goes on unless
// the rows before have been seen.
func TestRowsComeBeforeTheBodyEnds(t *testing.T) {
	seen := make(chan text.Text)
	client, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"next_page_uri":null,"recordings":[`)
		for i := range 5 {
			fmt.Fprintf(w, `{"sid":"s%d"},`, i)
			_ = http.NewResponseController(w).Flush()
			select {
			case sid := <-seen:
				if !sid.Is(fmt.Sprintf("s%d", i)) {
					t.Errorf("row %d is %q", i, sid)
				}
			case <-r.Context().Done():
				return
			}
		}
		fmt.Fprint(w, `{"sid":"last"}]}`)
	})
	n := 0
	_, err := client.Recordings(RecordingQuery{}).Next(t.Context(), func(r Row) {
		if n++; n <= 5 {
			seen <- r.SID
		}
	})
	checkError(t, err, "")
	if n != 6 {
		t.Errorf("%d rows", n)
	}
}

func TestQueries(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 41, 7, 0, time.FixedZone("", 3600))
	tests := []struct {
		name string
		walk func(*Client) error
		path string
		want url.Values
	}{
		{"recordings", func(c *Client) error {
			_, err := c.Recordings(RecordingQuery{CreatedAfter: at, CreatedBefore: at, CreatedOn: at, CallSID: sid(testCall),
				ConferenceSID: sid(testConf), PageSize: 1000}).Next(t.Context(), func(Row) {})
			return err
		}, "/Recordings.json", url.Values{"DateCreated>": {"2026-11-22T08:41:07Z"}, "DateCreated<": {"2026-11-22T08:41:07Z"},
			"DateCreated": {"2026-11-22T08:41:07Z"}, "CallSid": {testCall}, "ConferenceSid": {testConf}, "PageSize": {"1000"}}},
		{"calls", func(c *Client) error {
			_, err := c.Calls(CallQuery{Status: InProgress, From: "+1", To: "a&b", ParentCallSID: sid(testCall), StartedAfter: at, StartedBefore: at,
				EndedAfter: at, EndedBefore: at}).Next(t.Context(), func(Call) {})
			return err
		}, "/Calls.json", url.Values{"Status": {"in-progress"}, "From": {"+1"}, "To": {"a&b"}, "ParentCallSid": {testCall},
			"StartTime>": {"2026-11-22T08:41:07Z"}, "StartTime<": {"2026-11-22T08:41:07Z"},
			"EndTime>": {"2026-11-22T08:41:07Z"}, "EndTime<": {"2026-11-22T08:41:07Z"}}},
		{"conferences", func(c *Client) error {
			_, err := c.Conferences(ConferenceQuery{Status: "init", FriendlyName: "a b", CreatedAfter: at, CreatedBefore: at, UpdatedAfter: at,
				UpdatedBefore: at}).Next(t.Context(), func(Conference) {})
			return err
		}, "/Conferences.json", url.Values{"Status": {"init"}, "FriendlyName": {"a b"}, "DateCreated>": {"2026-11-22"}, "DateCreated<": {"2026-11-22"},
			"DateUpdated>": {"2026-11-22"}, "DateUpdated<": {"2026-11-22"}}},
		{"participants", func(c *Client) error {
			p, err := c.Participants(sid(testConf), 100)
			if err == nil {
				_, err = p.Next(t.Context(), func(Participant) {})
			}
			return err
		}, "/Conferences/" + testConf + "/Participants.json", url.Values{"PageSize": {"100"}}},
		{"a conference's recordings", func(c *Client) error {
			p, err := c.ConferenceRecordings(sid(testConf), 0)
			if err == nil {
				_, err = p.Next(t.Context(), func(Row) {})
			}
			return err
		}, "/Conferences/" + testConf + "/Recordings.json", url.Values{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method != "GET" || r.URL.Path != basePath+testProject+tt.path || r.Body != nil {
					t.Errorf("asked %s %s", r.Method, r.URL.Path)
				}
				if diff := cmp.Diff(tt.want, r.URL.Query()); diff != "" || strings.ContainsAny(r.URL.RawQuery, "<>, ") {
					t.Errorf("query %s (-want +got):\n%s", r.URL.RawQuery, diff)
				}
				return answer(r, 200, strings.NewReader(`{"recordings":[],"calls":[],"conferences":[],"participants":[]}`)), nil
			}))
			checkError(t, tt.walk(client), "")
		})
	}
}

// A filter that cannot be sent must not widen the list to everything.
func TestUnusableSIDInAQuery(t *testing.T) {
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked %v", r.URL)
		return answer(r, 200, strings.NewReader(`{"recordings":[],"calls":[]}`)), nil
	}))
	bad := text.New("../x")
	_, _, err1 := readAll(t, client.Recordings(RecordingQuery{CallSID: bad}))
	_, _, err2 := readAll(t, client.Recordings(RecordingQuery{ConferenceSID: bad}))
	_, _, err3 := readAll(t, client.Calls(CallQuery{ParentCallSID: bad}))
	_, err4 := client.Participants(bad, 0)
	_, err5 := client.ConferenceRecordings(text.Text{}, 0)
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if !errors.Is(err, ErrSID) || !NotSent(err) {
			t.Errorf("%d: error %v", i+1, err)
		}
	}
}

func TestPageLimits(t *testing.T) {
	t.Run("a hundred thousand rows", func(t *testing.T) {
		body := `{"recordings":[` + strings.Repeat(`{"sid":"a"},`, maxRows-1) + `{"sid":"a"}]}`
		n := 0
		_, err := answering(t, 200, body).Recordings(RecordingQuery{}).Next(t.Context(), func(Row) { n++ })
		checkError(t, err, "")
		if n != maxRows {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("endless rows", func(t *testing.T) {
		client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, &endless{head: `{"recordings":[{"sid":"a"}`, tail: `,{"sid":"a"}`}), nil
		}))
		n := 0
		_, err := client.Recordings(RecordingQuery{}).Next(t.Context(), func(Row) { n++ })
		if n != maxRows || !errors.Is(err, ErrUnreadable) {
			t.Errorf("%d rows, error %v", n, err)
		}
	})
	for _, tt := range []struct{ name, head, tail, err string }{
		{"an endless string", `{"recordings":[{"sid":"`, strings.Repeat("a", 4096), "a value is over 8 MB"},
		{"an endless list of another name", `{"x":[`, strings.Repeat("1,", 2048), "a value is over 8 MB"},
		{"endless space", `{`, strings.Repeat(" ", 1<<16), "the body is over 128 MB"},
		{"endless depth", `{"recordings":[{"x":`, strings.Repeat("[", 4096), "a value is over 8 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if raceEnabled {
				t.Skip("the race detector has nothing to find here, and takes ten times as long")
			}
			client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
				return answer(r, 200, &endless{head: tt.head, tail: tt.tail}), nil
			}))
			_, err := client.Recordings(RecordingQuery{}).Next(t.Context(), func(Row) {})
			checkError(t, err, tt.err)
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("error %v is not ErrUnreadable", err)
			}
		})
	}
}

// endless gives head once and tail for ever.
type endless struct {
	head, tail string
	rest       []byte
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = []byte(e.head + e.tail)
		e.head = ""
	}
	n := copy(b, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// A page neither panics nor leads to another host, and its rows are those that
// a plain decoder finds.
func FuzzPage(f *testing.F) {
	for _, name := range []string{"page.json", "odd_rows.json"} {
		f.Add([]byte(testdata(f, name)))
	}
	f.Add([]byte(`{"next_page_uri":"/x","recordings":[{"sid":"a"},1,null,{"\u0073id":"b"}],"recordings":[{"sid":"c"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, bytes.NewReader(body)), nil
		}))
		p := client.Recordings(RecordingQuery{})
		var rows []string
		info, err := p.Next(context.Background(), func(r Row) {
			rows = append(rows, r.SID.String())
			if rec := r.Recording(); rec.SID != r.SID || rec.Status != r.Status || len(rec.Fields()) < len(recordingFields) {
				t.Fatalf("row %+v, recording %+v", r, rec)
			}
		})
		if info.Rows != info.Unreadable+len(rows) && err == nil {
			t.Fatalf("%d rows of %+v", len(rows), info)
		}
		if err != nil && !errors.Is(err, ErrUnreadable) && !errors.Is(err, ErrPage) {
			t.Fatalf("error %v", err)
		}
		if p.More() && !strings.HasPrefix(p.next, "https://acme.signalwire.example/") {
			t.Fatalf("next is %q", p.next)
		}
	})
}

// Whatever an answer says is the next page: the request goes to the space.
func FuzzPageURI(f *testing.F) {
	for _, s := range []string{"/x?Page=1", "//evil.example", "https://evil.example", `/\evil.example`, "/x@evil.example", "/%2f/evil.example",
		"/x#y", "/..//evil.example", "", "/;/x", "/x\x00", "/[::1]", "/?@evil.example:80/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		var got *url.URL
		client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r.URL
			if r.Host != "acme.signalwire.example" && r.Host != "" {
				t.Fatalf("%q: the Host header is %q", ref, r.Host)
			}
			return nil, io.EOF
		}))
		raw := slices.Concat([]byte(`"`), jsonEscape(ref), []byte(`"`))
		p := client.Recordings(RecordingQuery{})
		var err error
		if p.next, err = p.resolve(value(raw)); err != nil {
			if !errors.Is(err, ErrPage) || p.next != "" {
				t.Fatalf("%q: %q, %v", ref, p.next, err)
			}
			return
		}
		if p.More() {
			_, _ = p.Next(context.Background(), func(Row) {})
			if got == nil || got.Scheme != "https" || got.Host != "acme.signalwire.example" || got.User != nil || !strings.HasPrefix(got.RequestURI(), "/") ||
				strings.HasPrefix(got.RequestURI(), "//") {
				t.Fatalf("%q leads to %v", ref, got)
			}
		}
	})
}

// jsonEscape writes every byte below 0x80 that is not a letter as an escape.
func jsonEscape(s string) []byte {
	var b []byte
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = fmt.Appendf(b, `\u%04x`, c)
		} else {
			b = append(b, c)
		}
	}
	return b
}
