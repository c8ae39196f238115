package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"tapedeck/api/secret"
	"tapedeck/api/text"
)

const (
	testProject = "6a1f2c3d-0000-4aaa-8bbb-000000000001"
	testToken   = "PT0123/456+789abcdef"
	testRec     = "0d9c8b7a-1111-4ccc-9ddd-000000000101"
	testCall    = "5e4d3c2b-2222-4eee-8fff-000000000201"
	testConf    = "7b6a5948-3333-4fff-8aaa-000000000301"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// checkError fails the test unless err is nil for an empty want, and else
// holds want in its text.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case want != "" && err == nil:
		t.Errorf("no error, want one with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("error %q, want it to hold %q", err, want)
	}
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer is a response with a status and a body, as from the network.
func answer(r *http.Request, code int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: code, Status: http.StatusText(code), Proto: "HTTP/1.1", ProtoMajor: 1,
		ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1, Request: r}
}

// answering returns a client whose every request gets the same answer.
func answering(t testing.TB, code int, body string) *Client {
	t.Helper()
	return through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		return answer(r, code, strings.NewReader(body)), nil
	}))
}

// through returns a client of a space that rt stands for.
func through(t testing.TB, rt http.RoundTripper) *Client {
	t.Helper()
	return newClient(t, Config{Space: "https://acme.signalwire.example", Transport: rt})
}

func newClient(t testing.TB, c Config) *Client {
	t.Helper()
	if c.Project == "" {
		c.Project = testProject
	}
	if !c.Token.IsSet() {
		c.Token = secret.New(testToken)
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// served returns a client of a server on loopback, over the real transport.
func served(t testing.TB, h http.HandlerFunc) (*Client, *log) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	l := new(log)
	return newClient(t, Config{Space: srv.URL, Observe: l.add}), l
}

// log keeps the exchanges of a client.
type log struct {
	mu sync.Mutex
	x  []Exchange
}

func (l *log) add(x Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.x = append(l.x, x)
}

func (l *log) all() []Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.x
}

func testdata(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readAll walks all pages and returns the rows.
func readAll[T any](t testing.TB, p *Pages[T]) (rows []T, infos []PageInfo, err error) {
	t.Helper()
	for p.More() {
		info, err := p.Next(context.Background(), func(row T) { rows = append(rows, row) })
		infos = append(infos, info)
		if err != nil {
			return rows, infos, err
		}
		if len(infos) > 100 {
			t.Fatal("the walk does not end")
		}
	}
	return rows, infos, nil
}

// pageBody returns a page of n documented rows, every 20th of them active.
func pageBody(n int) []byte {
	var b bytes.Buffer
	at := basePath + testProject + "/Recordings"
	fmt.Fprintf(&b, `{"uri":%[1]q,"first_page_uri":%[1]q,"next_page_uri":null,"previous_page_uri":null,"page":0,"page_size":%[2]d,"recordings":[`,
		at+"?Page=0&PageSize="+fmt.Sprint(n), n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		status, end := "completed", `"Sun, 22 Nov 2026 08:51:07 +0000"`
		if i%20 == 0 {
			status, end = "in-progress", "null"
		}
		sid := fmt.Sprintf("0d9c8b7a-1111-4ccc-9ddd-%012d", i)
		fmt.Fprintf(&b, `{"sid":%q,"account_sid":%q,"api_version":"2010-04-01","call_sid":"5e4d3c2b-2222-4eee-8fff-%012d",`+
			`"conference_sid":null,"channel":"2","channels":"2","date_created":"Sun, 22 Nov 2026 08:41:07 +0000",`+
			`"date_updated":"Sun, 22 Nov 2026 08:41:07 +0000","start_time":"Sun, 22 Nov 2026 08:41:07 +0000","end_time":%s,`+
			`"duration":0,"price":null,"price_unit":"USD","source":"DialVerb","status":%q,"error_code":null,"uri":%q,`+
			`"subresource_uris":{"transcriptions":%q},"encryption_details":null,"trim":"do-not-trim"}`,
			sid, testProject, i, end, status, at+"/"+sid+".json", at+"/"+sid+"/Transcriptions.json")
	}
	b.WriteString("]}")
	return b.Bytes()
}

func sid(s string) text.Text { return text.New(s) }

// form reads a form body.
func form(t testing.TB, r *http.Request) url.Values {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	v, err := url.ParseQuery(string(b))
	if err != nil {
		t.Error(err)
	}
	return v
}
