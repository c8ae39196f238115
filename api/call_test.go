package api

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCallNames: a call is shown by the numbers as the API formats them, under
// whichever of two names it does, else as they came.
func TestCallNames(t *testing.T) {
	tests := []struct {
		json, from, to string
		doubtful       bool
	}{
		{`{"from":"+13105550142","to":"+13105550199"}`, "+13105550142", "+13105550199", false},
		{`{"from":"+13105550142","from_formatted":"(310) 555-0142","to":"+13105550199","to_formatted":"(310) 555-0199"}`, "(310) 555-0142", "(310) 555-0199", false},
		{`{"from":"+13105550142","formatted_from":"(310) 555-0142","to":"+13105550199","formatted_to":"(310) 555-0199"}`, "(310) 555-0142", "(310) 555-0199", false},
		{`{"from":"a","from_formatted":""}`, "a", "", false},
		{`{}`, "", "", false},
		{`{"from":{"a":1}}`, `{"a":1}`, "", true},
		{`{"from":"a","to":["b"]}`, "a", `["b"]`, true},
		{`{"from":"` + strings.Repeat("x", maxName) + `"}`, strings.Repeat("x", maxName), "", true},
	}
	for _, tt := range tests {
		c := decodeCall(value(tt.json))
		from, to := c.FromShown().String(), c.ToShown().String()
		if cut, ok := strings.CutSuffix(from, "…"); ok && cut != "" && strings.HasPrefix(tt.from, cut) {
			from = tt.from // it is too long to be shown whole
		}
		if from != tt.from || to != tt.to || c.Doubtful != tt.doubtful {
			t.Errorf("%.60s: from %.60q to %q, doubtful %t; want %.60q, %q, %t", tt.json, from, to, c.Doubtful, tt.from, tt.to, tt.doubtful)
		}
	}
}

// TestBegan: the start counts, before that the creation, and nothing is made up.
func TestBegan(t *testing.T) {
	const start, created = `"start_time":"Sun, 01 Mar 2026 03:00:00 +0000"`, `"date_created":"Sun, 01 Mar 2026 02:59:00 +0000"`
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	for json, want := range map[string]time.Time{
		"{" + start + "," + created + "}": at, "{" + created + "}": at.Add(-time.Minute), `{"start_time":null,` + created + "}": at.Add(-time.Minute),
		`{"start_time":"soon",` + created + "}": at.Add(-time.Minute), "{}": {}, `{"start_time":"soon"}`: {},
	} {
		if got := decodeCall(value(json)).Began(); !got.Equal(want) {
			t.Errorf("the call %s began %v, want %v", json, got, want)
		}
		if got := DecodeRecording([]byte(json)).Began(); !got.Equal(want) {
			t.Errorf("the recording %s began %v, want %v", json, got, want)
		}
	}
}

// TestParent: a recording with a conference is the conference's, whatever else it
// has.
func TestParent(t *testing.T) {
	for json, want := range map[string]string{
		`{"call_sid":"c"}`: "c", `{"conference_sid":"f"}`: "f", `{"call_sid":"c","conference_sid":"f"}`: "f", `{"call_sid":"c","conference_sid":null}`: "c",
		`{"call_sid":null}`: "", `{}`: "",
	} {
		r := DecodeRecording([]byte(json))
		if got := r.ParentSID().String(); got != want || r.IsConference() != (want == "f") {
			t.Errorf("%s is of %q, a conference: %t; want %q", json, got, r.IsConference(), want)
		}
	}
}

// TestSame: two looks are the same to the byte, or they are not.
func TestSame(t *testing.T) {
	const a, b = `{"sid":"x","status":"in-progress"}`, `{"sid":"x", "status":"in-progress"}`
	if c := decodeCall(value(a)); !c.Same(decodeCall(value(a))) || c.Same(decodeCall(value(b))) || c.Same(Call{}) {
		t.Error("calls")
	}
	if c := decodeConference(value(a)); !c.Same(decodeConference(value(a))) || c.Same(decodeConference(value(b))) {
		t.Error("conferences")
	}
	if r := DecodeRecording([]byte(a)); !r.Same(DecodeRecording([]byte(a))) || r.Same(DecodeRecording([]byte(b))) {
		t.Error("recordings")
	}
}

// TestParticipants: a boolean counts as such and as text, and anything else is no
// yes.
func TestParticipants(t *testing.T) {
	for json, want := range map[string]Participant{
		`{"call_sid":"c","muted":true,"hold":false}`:     {CallSID: sid("c"), Muted: true},
		`{"call_sid":"c","muted":"true","hold":"true"}`:  {CallSID: sid("c"), Muted: true, OnHold: true},
		`{"call_sid":"c","muted":"yes","hold":1}`:        {CallSID: sid("c")},
		`{"call_sid":"c","muted":null,"label":"Caller"}`: {CallSID: sid("c"), Label: sid("Caller")},
		`{"call_sid":7,"muted":true}`:                    {Muted: true},
		`{}`:                                             {},
		`[]`:                                             {},
	} {
		if got := decodeParticipant(value(json)); got != want {
			t.Errorf("%s: %+v, want %+v", json, got, want)
		}
	}
}

// TestServerTime: an answer without a date says nothing of the server's clock.
func TestServerTime(t *testing.T) {
	began := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	x := Exchange{Date: began.Add(time.Hour), Began: began, Answered: began.Add(time.Second)}
	date, earliest, latest, ok := x.ServerTime()
	if !ok || !date.Equal(x.Date) || !earliest.Equal(began) || !latest.Equal(x.Answered) {
		t.Errorf("%v in %v to %v, %t", date, earliest, latest, ok)
	}
	for _, x := range []Exchange{{}, {Began: began, Answered: began}, {Date: began, Began: began}} {
		if _, _, _, ok := x.ServerTime(); ok {
			t.Errorf("%+v says what the server's clock is", x)
		}
	}
}

// TestProxyErrors: what failed at a proxy names it, without its password, and what
// it answered.
func TestProxyErrors(t *testing.T) {
	dial := &net.OpError{Op: "proxyconnect", Net: "tcp", Err: syscall.ECONNREFUSED}
	tests := []struct {
		err          *ProxyError
		says, reason string
	}{
		{&ProxyError{Proxy: "proxy.example:3128", StatusCode: 407}, "the proxy proxy.example:3128 answered HTTP 407 (proxy authentication required)", "proxy: HTTP 407"},
		{&ProxyError{Proxy: "proxy.example:3128", StatusCode: 599}, "the proxy proxy.example:3128 answered HTTP 599", "proxy: HTTP 599"},
		{&ProxyError{Proxy: "proxy.example:3128", Err: dial}, "cannot connect to the proxy proxy.example:3128: connection refused", "proxy: connection refused"},
		{&ProxyError{Proxy: "proxy.example:3128", Err: errors.New("EOF")}, "through the proxy proxy.example:3128: EOF", ""},
		{&ProxyError{Proxy: "p\x1b[2J:1", StatusCode: 502}, "the proxy p\ufffd[2J:1 answered HTTP 502 (bad gateway)", "proxy: HTTP 502"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.says {
			t.Errorf("%q, want %q", got, tt.says)
		}
		if got := proxyReason(tt.err); got != tt.reason {
			t.Errorf("%v: in short %q, want %q", tt.err, got, tt.reason)
		}
		if hint := Hint(tt.err); tt.reason != "" && !strings.Contains(hint, "HTTPS_PROXY") {
			t.Errorf("%v: the next step is %q", tt.err, hint)
		}
	}
	if got := proxyReason(dial.Err); got != "" {
		t.Errorf("what is no proxy's is %q", got)
	}
	resp := &http.Response{StatusCode: http.StatusOK}
	if err := proxyAnswered(t.Context(), nil, nil, resp); err != nil {
		t.Errorf("a proxy that connects: %v", err)
	}
}
