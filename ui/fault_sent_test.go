package ui

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

// request is one that was sent.
type request struct {
	at     time.Time
	method string
	url    string     // path and query
	form   url.Values // of a POST
	met    bool       // the fault

	done    time.Time // when its answer came, or its error; zero while it is under way
	dropped bool      // no answer came, or not all of it
	status  int
	wait    time.Duration // as its answer asks for, by Retry-After; 0 for none
}

func newRequest(r *http.Request, met bool) request {
	q := request{at: time.Now(), method: r.Method, url: r.URL.RequestURI(), met: met}
	if r.Method == http.MethodPost && r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(b)))
		q.form, _ = url.ParseQuery(string(b))
	}
	return q
}

// answered takes in what became of a request.
func (q *request) answered(resp *http.Response, err error) {
	q.done = time.Now()
	if err != nil {
		q.dropped = true
		return
	}
	q.status = resp.StatusCode
	after := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil {
		q.wait = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(after); err == nil {
		q.wait = time.Until(t)
	}
}

// kind is what a request asks for: a list, or the one that it names. What is
// asked for once more after an answer that said when is of the same kind.
func (q *request) kind() string {
	path, _, _ := strings.Cut(q.url, "?")
	return q.method + " " + strings.TrimSuffix(path, ".json")
}

// faultRequests is the most requests that are sent in a second, whatever is the
// matter: a poll, what is read beside it of all that is taken for active, and an
// update.
const faultRequests = 60

// checkSent looks at all that was sent: nothing in vain, nothing before its
// time, and an update once, at once, as it was asked for.
func (c *faultCell) checkSent() {
	sent := c.wire.requests()
	met := 0
	var posts []request
	until := map[string]time.Time{} // by kind, what an answer asked to wait for
	for i, q := range sent {
		if q.met {
			met++
		}
		if q.method == http.MethodPost {
			posts = append(posts, q)
		}
		repeats := 0
		for j := range i {
			before := &sent[j]
			if before.kind() == q.kind() && !before.done.IsZero() && before.done.Before(q.at) && before.wait > 0 {
				until[q.kind()] = before.done.Add(min(before.wait, time.Minute))
			}
			if before.url == q.url && before.method == q.method && before.at.After(q.at.Add(-time.Second)) {
				repeats++
				if !before.dropped {
					repeats++
				}
			}
		}
		most := 1
		if strings.HasSuffix(q.kind(), "/Recordings") {
			most = 2 // a poll may walk along the list twice: for what is new, and for all
		}
		// An update's own recording is read again and again, for it is waited for.
		if repeats > most && q.method == http.MethodGet && !c.verifies(&q) {
			c.t.Errorf("%s was sent %d times within a second", q.url, repeats)
		}
		if early := until[q.kind()].Sub(q.at); early > time.Second {
			c.t.Errorf("%s %s was sent %s before the time that the API has asked for", q.method, q.url, early)
		}
	}
	if met == 0 {
		c.t.Error("nothing has met the fault")
	}
	most, from := 0, 0
	for i, q := range sent {
		for sent[from].at.Before(q.at.Add(-time.Second)) {
			from++
		}
		most = max(most, i-from+1)
	}
	if most > faultRequests {
		c.t.Errorf("%d requests were sent within a second", most)
	}
	c.checkPosts(posts)
}

// verifies reports whether a request may read what an update came to.
func (c *faultCell) verifies(q *request) bool {
	return c.op.sid != "" && strings.HasSuffix(q.kind(), "/Recordings/"+c.op.sid)
}

// checkPosts looks at the updates that were sent.
func (c *faultCell) checkPosts(posts []request) {
	want := 1
	switch {
	case c.op.keys == "":
		want = 0
	case c.op.name == "retrieve":
	case strings.HasPrefix(c.fault.post, "again 2"):
		want = 3
	}
	if len(posts) != want {
		c.t.Errorf("the update was sent %d times, want %d", len(posts), want)
	}
	for i, q := range posts {
		if late := q.at.Sub(c.pressed); i == 0 && late > 20*time.Millisecond {
			c.t.Errorf("the update was sent %s after its key", late)
		}
		if late := q.at.Sub(c.pressed); late > 10*time.Second {
			c.t.Errorf("the update was sent again %s after its key", late)
		}
		if diff := cmp.Diff(c.op.form(), q.form); diff != "" {
			c.t.Errorf("the update (-want +got):\n%s", diff)
		}
		if !strings.HasSuffix(q.url, "/Recordings/"+c.op.sid+".json") {
			c.t.Errorf("the update went to %s", q.url)
		}
	}
}

// form is what the update of an operation sends.
func (op *operation) form() url.Values {
	switch op.verb {
	case "pause":
		behavior := op.with
		if behavior == "" {
			behavior = "silence"
		}
		return url.Values{"Status": {"paused"}, "PauseBehavior": {behavior}}
	case "resume":
		return url.Values{"Status": {"in-progress"}}
	}
	return url.Values{"Status": {"stopped"}}
}
