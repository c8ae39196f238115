package api

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tapedeck/api/text"
)

// repeated are the forms in which a server may repeat the token, each as it
// stands in a JSON string.
func repeated() map[string]string {
	var escaped strings.Builder
	for _, c := range []byte(testToken) {
		fmt.Fprintf(&escaped, `\u%04x`, c)
	}
	return map[string]string{
		"raw":            testToken,
		"JSON":           escaped.String(),
		"slashes":        strings.ReplaceAll(testToken, "/", `\/`),
		"base64":         base64.StdEncoding.EncodeToString([]byte("Hi " + testToken + "!")),
		"authorization":  "Basic " + base64.StdEncoding.EncodeToString([]byte(testProject+":"+testToken)),
		"hex":            hex.EncodeToString([]byte(testToken)),
		"percent":        url.QueryEscape(testToken),
		"escaped in URL": strings.ReplaceAll(escaped.String(), `\u00`, "%"),
	}
}

// TestTokenInFields: a server that repeated the token in a field, or in a name,
// had it shown on the screen.
func TestTokenInFields(t *testing.T) {
	fields := strings.Fields("sid account_sid call_sid conference_sid status source uri price error_code date_created trim channel subresource_uris " +
		"unknown from to formatted_from caller_name direction friendly_name region label muted parent_call_sid")
	for form, leak := range repeated() {
		for _, field := range fields {
			row := fmt.Sprintf(`{"sid":"s1","call_sid":"c1","status":"paused","friendly_name":"room","%s":"before %s behind","%[2]s":1}`, field, leak)
			client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
				body := row
				for _, list := range []string{"Recordings", "Calls", "Conferences", "Participants"} {
					if strings.HasSuffix(r.URL.Path, "/"+list+".json") {
						body = fmt.Sprintf(`{%q:[%s],"next_page_uri":null}`, strings.ToLower(list), row)
					}
				}
				return answer(r, 200, strings.NewReader(body)), nil
			}))
			if shown := everythingOf(t, client); strings.Count(shown, "hidden]") < 7 {
				t.Errorf("%s in %s: it is hidden %d times", form, field, strings.Count(shown, "hidden]"))
			} else {
				checkNoForm(t, form+" in "+field, shown)
			}
		}
	}
}

// everythingOf asks for one of each resource, and returns all that can be shown
// of it.
func everythingOf(t *testing.T, client *Client) string {
	var b strings.Builder
	show := func(v any, lines []text.Text, err error) { fmt.Fprintf(&b, "%v %+v %q %v %v\n", v, v, v, lines, err) }
	recording := func(r Recording, err error) {
		show(r, r.JSON(), err)
		show(r.Fields(), nil, nil)
		b.Write(r.AppendValues(nil))
	}
	rec, _, err := client.Recording(t.Context(), sid("s1"))
	recording(rec, err)
	rec, _, err = client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
	recording(rec, err)
	_, err = client.Recordings(RecordingQuery{}).Next(t.Context(), func(r Row) { recording(r.Recording(), nil); show(r.SID, nil, nil) })
	show(nil, nil, err)
	call, err := client.Call(t.Context(), sid("s1"))
	show(call, call.JSON(), err)
	_, err = client.Calls(CallQuery{}).Next(t.Context(), func(c Call) { show(c, c.JSON(), nil) })
	show(nil, nil, err)
	conf, err := client.Conference(t.Context(), sid("s1"))
	show(conf, conf.JSON(), err)
	_, err = client.Conferences(ConferenceQuery{}).Next(t.Context(), func(c Conference) { show(c, c.JSON(), nil) })
	show(nil, nil, err)
	people, err := client.Participants(sid("s1"), 0)
	if err == nil {
		_, err = people.Next(t.Context(), func(p Participant) { show(p, nil, nil) })
	}
	show(nil, nil, err)
	return b.String()
}

// checkNoForm fails the test if a text holds a form of the token.
func checkNoForm(t *testing.T, name, s string) {
	t.Helper()
	for form, leak := range repeated() {
		if strings.Contains(s, leak) {
			t.Errorf("%s: the token as %s is in %.300q", name, form, s)
		}
	}
	if core := base64.StdEncoding.EncodeToString([]byte(testToken))[4:20]; strings.Contains(s, core) {
		t.Errorf("%s: its base64 is in %.300q", name, s)
	}
}

// TestTokenInErrors has all forms in what errors are made of.
func TestTokenInErrors(t *testing.T) {
	for form, leak := range repeated() {
		bodies := map[string]string{
			"message":   fmt.Sprintf(`{"code":1,"message":"bad %s"}`, leak),
			"no JSON":   leak,
			"next page": fmt.Sprintf(`{"recordings":[],"next_page_uri":"//%s"}`, leak),
			"sid":       fmt.Sprintf(`{"sid":"%s","status":"paused"}`, leak),
		}
		for name, body := range bodies {
			for _, code := range []int{200, 400, 503} {
				client := answering(t, code, body)
				_, _, err1 := client.Recording(t.Context(), sid("s1"))
				_, err2 := client.Recordings(RecordingQuery{}).Next(t.Context(), func(Row) {})
				checkNoForm(t, fmt.Sprintf("%s in %s, HTTP %d", form, name, code), fmt.Sprint(err1, err2))
			}
		}
		client := through(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%w: %s", io.ErrUnexpectedEOF, leak)
		}))
		_, _, err := client.Recording(t.Context(), sid("s1"))
		checkNoForm(t, form+" in an error of the network", fmt.Sprint(err))
	}
}
