package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/text"
)

func TestErrorShapes(t *testing.T) {
	huge := strings.Repeat("m", 600_000)
	deep := strings.Repeat(`{"errors":[`, 4000) + `"deep"` + strings.Repeat("]}", 4000)
	tests := []struct {
		name    string
		status  int
		body    string
		code    int
		message string
		shown   string // the error's text; not compared when empty
	}{
		{"shape 1", 404, `{"code":20404,"message":"The resource was not found","more_info":"https://x.example","status":404}`,
			20404, "The resource was not found", "signalwire: The resource was not found (HTTP 404, code 20404)"},
		{"shape 1, code a string", 422, `{"code":"10000","message":"Argument invalid","status":422}`, 10000, "Argument invalid", ""},
		{"shape 2", 422, `{"errors":["Status is not included in the list"]}`, 0, "Status is not included in the list",
			"signalwire: Status is not included in the list (HTTP 422)"},
		{"shape 3", 400, `{"errors":[{"code":"10000","message":"Argument invalid","more_info":"https://x.example"}]}`, 10000, "Argument invalid", ""},
		{"platform, type and attribute", 422, `{"errors":[{"type":"validation_error","code":"missing","message":"Name is required","attribute":"name","url":"https://x.example"}]}`, 0, "Name is required", ""},
		{"platform, detail and title", 404, `{"errors":[{"detail":"No such project","status":"404","title":"Not Found","code":"20404"}]}`, 20404, "No such project", ""},
		{"title alone", 404, `{"errors":[{"detail":"","status":"404","title":"Not Found"}]}`, 0, "Not Found", ""},
		{"mixed list", 422, `{"errors":["one",{"code":2,"message":"two"},null,3,[ "four" ],{"detail":"five","code":5}]}`, 2, "one; two; four; five", ""},
		{"both kinds", 422, `{"code":1,"message":"outer","errors":["inner"]}`, 1, "outer; inner", ""},
		{"errors is a string", 422, `{"code":1,"errors":"only this"}`, 1, "only this", ""},
		{"errors by field", 422, `{"errors":{"status":["is invalid"],"call":"is over"}}`, 0, "is invalid; is over", ""},
		{"error", 404, `{"status":404,"error":"Not Found"}`, 0, "Not Found", ""},
		{"error as an object", 401, `{"error":{"code":20003,"message":"no"}}`, 20003, "no", ""},
		{"a list at the top", 400, `["a",{"message":"b"}]`, 0, "a; b", ""},
		{"a string at the top", 400, `"just words"`, 0, "just words", ""},
		{"many", 400, `{"errors":["1","2","3","4","5","6","7","8","9","10"]}`, 0, "1; 2; 3; 4; 5; 6; 7; 8", ""},
		{"wrong types", 400, `{"code":{},"message":{"x":1},"errors":7}`, 0, "", "signalwire: bad request (HTTP 400)"},
		{"nulls", 400, `{"code":null,"message":null,"errors":null}`, 0, "", ""},
		{"code out of range", 400, `{"code":-5,"message":"m"}`, 0, "m", ""},
		{"names with escapes", 400, `{"m\u0065ssage":"m","c\u006fde":"7"}`, 7, "m", ""},
		{"HTML", 502, `<html><body>Bad gateway</body></html>`, 0, "", "signalwire: bad gateway (HTTP 502)"},
		{"empty", 503, ``, 0, "", "signalwire: service unavailable (HTTP 503)"},
		{"JSON cut off", 503, `{"code":1,"message":"x`, 0, "", ""},
		{"a number", 500, `17`, 0, "", ""},
		{"a status without a name", 599, ``, 0, "", "signalwire: no reason given (HTTP 599)"},
		{"huge", 400, `{"message":"` + huge + `"}`, 0, huge[:1000] + "…", "signalwire: " + huge[:300] + "… (HTTP 400)"},
		{"over the limit", 400, `{"message":"` + huge + huge + `"}`, 0, "", ""},
		{"deep", 400, deep, 0, "", ""},
		{"control bytes", 400, `{"message":"a\u001b]0;x\u0007b"}`, 0, "a\ufffd]0;x\ufffdb", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := answering(t, tt.status, tt.body).Recording(t.Context(), sid(testRec))
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("error is %v", err)
			}
			want := &Error{StatusCode: tt.status, Code: tt.code, Message: text.New(tt.message)}
			if diff := cmp.Diff(want, e, texts); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if tt.shown != "" && e.Error() != tt.shown {
				t.Errorf("shown as %q, want %q", e, tt.shown)
			}
		})
	}
}

func TestErrorIs(t *testing.T) {
	all := []error{ErrUnauthorized, ErrNotFound, ErrRateLimited, ErrPage, ErrUnreadable, ErrSID, ErrRedirect}
	tests := []struct {
		status int
		is     error
		reason string
		hint   string
	}{
		{400, nil, "HTTP 400", "SignalWire's support"},
		{401, ErrUnauthorized, "HTTP 401", "Voice scope"},
		{403, ErrUnauthorized, "HTTP 403", "Voice scope"},
		{404, ErrNotFound, "HTTP 404", "check the space"},
		{409, nil, "HTTP 409", "SignalWire's support"},
		{407, nil, "HTTP 407", "HTTPS_PROXY"},
		{422, nil, "HTTP 422", "SignalWire's support"},
		{429, ErrRateLimited, "HTTP 429", "wait"},
		{500, nil, "HTTP 500", "try again"},
		{503, nil, "HTTP 503", "try again"},
		{304, ErrRedirect, "redirect refused", "login page"},
	}
	for _, tt := range tests {
		_, err := answering(t, tt.status, "").Recordings(RecordingQuery{}).Next(t.Context(), func(Row) {})
		for _, target := range all {
			if got := errors.Is(err, target); got != (target == tt.is) {
				t.Errorf("HTTP %d: errors.Is(%v) is %v", tt.status, target, got)
			}
		}
		if Reason(err) != tt.reason || !strings.Contains(Hint(err), tt.hint) || (tt.hint == "") != (Hint(err) == "") {
			t.Errorf("HTTP %d: reason %q, hint %q", tt.status, Reason(err), Hint(err))
		}
	}
	if Reason(nil) != "no connection" || Hint(nil) != "" || Reason(context.Canceled) != "canceled" {
		t.Errorf("reasons %q, %q, hint %q", Reason(nil), Reason(context.Canceled), Hint(nil))
	}
}

func TestRetryAfter(t *testing.T) {
	now := date(2026, 11, 22, 8, 41, 7)
	tests := []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"", 0, false}, {"2", 2 * time.Second, true}, {" 30 ", 30 * time.Second, true}, {"0", 0, true}, {"1.5", 1500 * time.Millisecond, true},
		{"-1", 0, false}, {"soon", 0, false}, {"NaN", 0, false}, {"99999999999999999999", 1 << 31 * time.Second, true}, {"1e999", 1 << 31 * time.Second, true},
		{"Sun, 22 Nov 2026 08:41:17 GMT", 10 * time.Second, true}, {"Sun, 22 Nov 2026 08:40:00 GMT", 0, true},
		{"Sunday, 22-Nov-26 08:41:17 GMT", 10 * time.Second, true},
	}
	for _, tt := range tests {
		if got, ok := retryAfter(tt.in, now); got != tt.want || ok != tt.ok {
			t.Errorf("retryAfter(%q) = %v, %v; want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

// The header's date is by the server's clock, which may be a day off.
func TestRetryAfterIsByTheServersClock(t *testing.T) {
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 429, strings.NewReader(`{"code":20429,"message":"Too many requests"}`))
		resp.Header.Set("Date", "Fri, 01 Jan 1999 00:00:00 GMT")
		resp.Header.Set("Retry-After", "Fri, 01 Jan 1999 00:00:07 GMT")
		return resp, nil
	}))
	_, _, err := client.Recording(t.Context(), sid(testRec))
	if e, ok := errors.AsType[*Error](err); !ok || e.RetryAfter != 7*time.Second || !e.HasRetryAfter {
		t.Errorf("error %+v, want 7s", e)
	}
}

func FuzzError(f *testing.F) {
	f.Add(404, `{"code":20404,"message":"The resource was not found"}`)
	f.Add(422, `{"errors":["a",{"code":"10000","detail":"b"}]}`)
	f.Add(422, `{"errors":{"status":["is invalid"]}}`)
	f.Add(503, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 999 {
			return
		}
		_, _, err := answering(t, status, body).Recording(context.Background(), sid(testRec))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.StatusCode != status || e.Code < 0 || e.Message.Len() > 8<<10 {
			t.Fatalf("error %v", err)
		}
		if s := err.Error(); len(s) > 2000 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) || Reason(err) == "" {
			t.Fatalf("shown as %q", s)
		}
	})
}
