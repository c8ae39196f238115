package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	longPrefix  = "/api/laml/2010-04-01"
	shortPrefix = "/2010-04-01"
)

// still returns the space of the demo without churn, for tests in real time.
func still() Options {
	o := DefaultOptions()
	o.Churn = 0
	return o
}

// client asks a space, by plain HTTP, and knows nothing of its types.
type client struct {
	t      *testing.T
	space  *Space
	http   *http.Client
	host   string
	prefix string
	user   string
	token  string
}

// newClient asks the space in the process.
func newClient(t *testing.T, s *Space) *client {
	return &client{
		t: t, space: s, http: &http.Client{Transport: s.Transport()}, host: "http://space.example",
		prefix: longPrefix, user: s.Project(), token: s.Token(),
	}
}

// newServer asks the space through a socket.
func newServer(t *testing.T, s *Space) *client {
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	c := newClient(t, s)
	c.http, c.host = srv.Client(), srv.URL
	return c
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any // nil if the body is no JSON object
}

// account returns the path of a resource of the project.
func (c *client) account(path string) string {
	return c.prefix + "/Accounts/" + c.space.Project() + "/" + path
}

// send sends a request to a path of the host.
func (c *client) send(method, path string, form url.Values) (answer, error) {
	c.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.host+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.user != "" {
		req.SetBasicAuth(c.user, c.token)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.do(req)
}

func (c *client) do(req *http.Request) (answer, error) {
	c.t.Helper()
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
	if json.Unmarshal(b, &a.json) != nil {
		a.json = nil
	}
	return a, nil
}

// must sends a request that has to be answered.
func (c *client) must(method, path string, form url.Values) answer {
	c.t.Helper()
	a, err := c.send(method, path, form)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// get gets a resource of the project that has to be there.
func (c *client) get(path string) map[string]any {
	c.t.Helper()
	return c.ok(c.account(path))
}

// ok gets a path of the host that has to be there.
func (c *client) ok(path string) map[string]any {
	c.t.Helper()
	a := c.must("GET", path, nil)
	if a.status != 200 || a.json == nil {
		c.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return a.json
}

// update sends an update of a recording.
func (c *client) update(r Recording, form url.Values) answer {
	c.t.Helper()
	return c.must("POST", c.account(updatePath(r)), form)
}

func updatePath(r Recording) string {
	if r.ConferenceSID != "" {
		return "Conferences/" + r.ConferenceSID + "/Recordings/" + r.SID + ".json"
	}
	return "Calls/" + r.CallSID + "/Recordings/" + r.SID + ".json"
}

// rows returns the rows of a page.
func rows(t *testing.T, page map[string]any, name string) []map[string]any {
	t.Helper()
	list, ok := page[name].([]any)
	if !ok {
		t.Fatalf("page has no array %q: %v", name, page)
	}
	out := make([]map[string]any, len(list))
	for i, r := range list {
		out[i] = r.(map[string]any)
	}
	return out
}

// sids returns the values of a key in the rows of a page.
func sids(t *testing.T, page map[string]any, name, key string) []string {
	t.Helper()
	var out []string
	for _, r := range rows(t, page, name) {
		out = append(out, r[key].(string))
	}
	return out
}

// all follows a list to its end and returns all its rows.
func (c *client) all(path, name string) []map[string]any {
	c.t.Helper()
	var out []map[string]any
	next := c.account(path)
	for next != "" {
		page := c.ok(next)
		out = append(out, rows(c.t, page, name)...)
		next, _ = page["next_page_uri"].(string)
	}
	return out
}

// find returns the recording with that SID as it truly is.
func find(t *testing.T, s *Space, sid string) Recording {
	t.Helper()
	for _, r := range s.Recordings() {
		if r.SID == sid {
			return r
		}
	}
	t.Fatalf("no recording %s", sid)
	return Recording{}
}

// first returns the newest recording that fits.
func first(t *testing.T, s *Space, fits func(Recording) bool) Recording {
	t.Helper()
	for _, r := range s.Recordings() {
		if fits(r) {
			return r
		}
	}
	t.Fatal("no such recording")
	return Recording{}
}

func isConference(r Recording) bool { return r.ConferenceSID != "" }

// mustFaults reads faults.
func mustFaults(t *testing.T, specs ...string) []Fault {
	t.Helper()
	faults := make([]Fault, len(specs))
	for i, spec := range specs {
		f, err := ParseFault(spec)
		if err != nil {
			t.Fatal(err)
		}
		faults[i] = f
	}
	return faults
}
