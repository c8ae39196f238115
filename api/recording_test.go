package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tapedeck/api/text"
)

func date(year, month, day, hour, minute, second int) time.Time {
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
}

// texts lets cmp compare texts, and leaves out the resource as it came.
var texts = cmp.Options{
	cmp.Comparer(func(a, b text.Text) bool { return a == b }),
	cmpopts.IgnoreUnexported(Recording{}, Call{}, Conference{}),
}

func TestDecodeRecording(t *testing.T) {
	tests := []struct {
		file string
		want Recording
	}{
		{"recording.json", Recording{
			SID: sid(testRec), AccountSID: sid(testProject), CallSID: sid(testCall), Channels: 2,
			Created: date(2026, 11, 22, 8, 41, 7), Updated: date(2026, 11, 22, 8, 44, 19), Start: date(2026, 11, 22, 8, 41, 8),
			HasDuration: true, Source: text.New("DialVerb"), Status: InProgress,
			URI: text.New(basePath + testProject + "/Recordings/" + testRec + ".json"),
		}},
		{"conference_recording.json", Recording{
			SID: sid("0d9c8b7a-1111-4ccc-9ddd-000000000103"), AccountSID: sid(testProject), ConferenceSID: sid(testConf), Channels: 1,
			Created: date(2026, 11, 22, 8, 41, 7), Updated: date(2026, 11, 22, 8, 44, 19), Start: date(2026, 11, 22, 8, 41, 8),
			HasDuration: true, Source: text.New("Conference"), Status: Paused,
			URI: text.New(basePath + testProject + "/Conferences/" + testConf + "/Recordings/0d9c8b7a-1111-4ccc-9ddd-000000000103.json"),
		}},
		{"completed.json", Recording{
			SID: sid("0d9c8b7a-1111-4ccc-9ddd-000000000104"), AccountSID: sid(testProject), CallSID: sid("5e4d3c2b-2222-4eee-8fff-000000000204"),
			Channels: 2, Created: date(2026, 11, 22, 8, 41, 7), Updated: date(2026, 11, 22, 8, 44, 19),
			Start: date(2026, 11, 22, 8, 41, 8), End: date(2026, 11, 22, 8, 51, 7), Duration: 599 * time.Second, HasDuration: true,
			Source: text.New("RecordVerb"), Status: Completed,
			URI: text.New(basePath + testProject + "/Recordings/0d9c8b7a-1111-4ccc-9ddd-000000000104.json"),
		}},
		{"odd.json", Recording{
			SID: sid("0d9c8b7a-1111-4ccc-9ddd-000000000102"), AccountSID: sid(testProject),
			CallSID:       sid("5e4d3c2b-2222-4eee-8fff-000000000202"),
			ConferenceSID: sid("7b6a5948-3333-4fff-8aaa-000000000302"), Channels: 1,
			Created: date(2026, 9, 1, 23, 0, 0), Source: text.New("StartCallRecordingTwiML"), Status: InProgress,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, DecodeRecording([]byte(testdata(t, tt.file))), texts); diff != "" {
				t.Errorf("DecodeRecording (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOddFieldKeepsTheRow(t *testing.T) {
	const sidField = `"sid":"s1",`
	long := strings.Repeat("é", 1<<19)
	deep := strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000)
	tests := []struct {
		name, in string
		want     Recording
	}{
		{"duration as a string", `"duration":"4"`, Recording{Duration: 4 * time.Second, HasDuration: true}},
		{"duration as a fraction", `"duration":4.9`, Recording{Duration: 4 * time.Second, HasDuration: true}},
		{"duration below zero", `"duration":-1`, Recording{}},
		{"duration too long", `"duration":1e300`, Recording{}},
		{"duration of no use", `"duration":"NaN"`, Recording{}},
		{"duration as an object", `"duration":{"s":4}`, Recording{}},
		{"channel alone", `"channel":"2"`, Recording{Channels: 2}},
		{"channels alone", `"channels":1`, Recording{Channels: 1}},
		{"channels counts, channel not", `"channels":"1","channel":"2"`, Recording{Channels: 1}},
		{"channels of no use", `"channel":"2","channels":0`, Recording{Channels: 2}},
		{"channels as a word", `"channels":"dual"`, Recording{}},
		{"unknown status", `"status":"buffering"`, Recording{Status: "buffering"}},
		{"status as a number", `"status":7`, Recording{Status: "7"}},
		{"status with control bytes", `"status":"\u001b[2Jx"`, Recording{Status: "\ufffd[2Jx"}},
		{"status with escapes", `"status":"\u0070aused"`, Recording{Status: Paused}},
		{"Twilio's source", `"source":"OutboundAPI"`, Recording{Source: text.New("OutboundAPI")}},
		{"dates of no use", `"date_created":"soon","start_time":17,"end_time":["x"],"date_updated":{}`, Recording{}},
		{"everything null", `"call_sid":null,"conference_sid":null,"channel":null,"channels":null,"date_created":null,"date_updated":null,
			"start_time":null,"end_time":null,"duration":null,"source":null,"status":null,"uri":null,"account_sid":null`, Recording{}},
		{"everything an object", `"call_sid":{},"conference_sid":[],"channel":{},"channels":[],"date_created":{},"date_updated":[],
			"start_time":{},"end_time":[],"duration":{},"account_sid":false`, Recording{AccountSID: text.New("false")}},
		{"SIDs of types that no SID has", `"call_sid":true,"conference_sid":{"a":1}`, Recording{}},
		{"SIDs as numbers", `"call_sid":12`, Recording{CallSID: text.New("12")}},
		{"the last of two counts", `"status":"paused","status":"stopped"`, Recording{Status: Stopped}},
		{"null does not undo", `"status":"paused","status":null`, Recording{Status: Paused}},
		{"a name with escapes", `"\u0073tatus":"paused"`, Recording{Status: Paused}},
		{"ampersand escaped", `"uri":"/a?b=1\u0026c=2"`, Recording{URI: text.New("/a?b=1&c=2")}},
		{"lone surrogate", `"source":"\ud800x"`, Recording{Source: text.New("\ufffdx")}},
		{"not UTF-8", "\"source\":\"a\xffb\"", Recording{Source: text.New("a\xffb")}},
		{"a megabyte", `"source":"` + long + `"`, Recording{Source: text.New(strings.Repeat("é", maxText/2))}},
		{"deep nesting", `"encryption_details":` + deep + `,"status":"paused"`, Recording{Status: Paused}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := "{" + sidField + tt.in + "}"
			want := tt.want
			want.SID = text.New("s1")
			rows, infos, err := readAll(t, answering(t, 200, `{"recordings":[`+row+`,`+row+`],"next_page_uri":null}`).Recordings(RecordingQuery{}))
			checkError(t, err, "")
			if len(infos) != 1 || infos[0].Rows != 2 || infos[0].Unreadable != 0 || len(rows) != 2 {
				t.Fatalf("%d rows, infos %+v; want 2 good rows", len(rows), infos)
			}
			if diff := cmp.Diff(want, DecodeRecording([]byte(row)), texts); diff != "" {
				t.Errorf("DecodeRecording (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowAgreesWithRecording(t *testing.T) {
	for _, raw := range []string{
		testdata(t, "recording.json"), testdata(t, "odd.json"), `{"sid":7,"status":[]}`,
		`{"sid":"` + strings.Repeat("\xff", 70_000) + `","status":"` + strings.Repeat("x", 300) + `"}`,
		`{"sid":` + strings.Repeat("[", 40_000) + strings.Repeat("]", 40_000) + `}`,
	} {
		row, sid := decodeRow(value(raw))
		ok := !sid.IsZero()
		rec := row.Recording()
		if !ok || row.SID != rec.SID || row.Status != rec.Status || !row.Created.Equal(rec.Created) {
			t.Errorf("row %.40q, %q, %v; recording %.40q, %q, %v", row.SID, row.Status, row.Created, rec.SID, rec.Status, rec.Created)
		}
	}
}

func TestFields(t *testing.T) {
	raw := `{"zeta":1.50,"status":"paused","sid":"s1","price":null,"sub\u0072esource_uris":{ "a" : [1] },"source":"a\tb","zeta":2}`
	got := DecodeRecording([]byte(raw)).Fields()
	var names []string
	for _, f := range got {
		names = append(names, f.Name.String())
	}
	documented := []string{"sid", "account_sid", "api_version", "call_sid", "conference_sid", "channel", "channels", "date_created",
		"date_updated", "start_time", "end_time", "duration", "price", "price_unit", "source", "status", "error_code", "uri",
		"subresource_uris", "encryption_details", "trim"}
	if diff := cmp.Diff(append(documented, "zeta", "zeta"), names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	byName := map[string]Field{}
	for _, f := range got {
		byName[f.Name.String()] = f
	}
	for _, want := range []Field{
		{Name: text.New("sid"), Value: text.New("s1")},
		{Name: text.New("price"), Null: true},
		{Name: text.New("trim"), Absent: true},
		{Name: text.New("status"), Value: text.New("paused")},
		{Name: text.New("subresource_uris"), Value: text.New(`{ "a" : [1] }`)},
		{Name: text.New("zeta"), Value: text.New("2")},
	} {
		if diff := cmp.Diff(want, byName[want.Name.String()], texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
	}
}

func TestOddRowShowsAllItsFields(t *testing.T) {
	raw := testdata(t, "odd.json")
	var want map[string]any
	if err := json.Unmarshal([]byte(raw), &want); err != nil {
		t.Fatal(err)
	}
	for _, f := range DecodeRecording([]byte(raw)).Fields() {
		v, has := want[f.Name.String()]
		shown := strings.Trim(fmt.Sprint(v), `"`)
		if f.Absent == has || f.Null != (has && v == nil) {
			t.Errorf("%s: absent %v, null %v; in the row %v: %v", f.Name, f.Absent, f.Null, has, v)
		}
		switch v := v.(type) {
		case string:
			if !f.Value.Is(shown) {
				t.Errorf("%s is %q, want %q", f.Name, f.Value, v)
			}
		case float64, map[string]any:
			if f.Value.IsZero() {
				t.Errorf("%s is not shown", f.Name)
			}
		}
		delete(want, f.Name.String())
	}
	if len(want) != 0 {
		t.Errorf("not shown: %v", want)
	}
}

func TestJSON(t *testing.T) {
	join := func(lines []text.Text) string {
		var s []string
		for _, l := range lines {
			s = append(s, l.String())
		}
		return strings.Join(s, "\n")
	}
	tests := []struct{ name, in, want string }{
		{"indented", `{"sid":"a","x":{"y":[1]}}`, "{\n  \"sid\": \"a\",\n  \"x\": {\n    \"y\": [\n      1\n    ]\n  }\n}"},
		{"not JSON gives nothing", `{"sid":`, ""},
		{"deep", `{"sid":"a","x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
			"  \"sid\": \"a\"\n  \"x\": " + strings.Repeat("[", 50) + strings.Repeat("]", 50)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, join(DecodeRecording([]byte(tt.in)).JSON())); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
	many := `{"sid":"a"` + strings.Repeat(`,"x":[1,2,3,4,5,6,7,8]`, 20_000) + `}`
	if n := len(DecodeRecording([]byte(many)).JSON()); n > maxLines {
		t.Errorf("%d lines of a row of 500 kB, want at most %d", n, maxLines)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	raw := []byte(`{"junk":"` + strings.Repeat("j", 4<<20) + `"`)
	for i := range 200 {
		raw = fmt.Appendf(raw, `,"x%d":%q`, i, strings.Repeat("x", 9000))
	}
	for _, f := range recordingFields {
		raw = fmt.Appendf(raw, `,%q:%q`, f.name, strings.Repeat(f.name[:1], 1<<17))
	}
	rec := DecodeRecording(append(raw, `,"status":"paused","sid":"s1"}`...))
	if len(rec.raw) > 512<<10 || !json.Valid(rec.raw) {
		t.Errorf("%d bytes are kept, valid %v", len(rec.raw), json.Valid(rec.raw))
	}
	if !rec.SID.Is("s1") || rec.Status != Paused || rec.URI.Len() != maxText {
		t.Errorf("SID %q, status %q, URI of %d bytes", rec.SID, rec.Status, rec.URI.Len())
	}
}

func TestDecodeOfNoJSON(t *testing.T) {
	whole := strings.TrimSpace(testdata(t, "odd.json"))
	for i := range len(whole) {
		rec := DecodeRecording([]byte(whole[:i]))
		rec.Fields()
		rec.JSON()
	}
	for _, s := range []string{"", " ", "{", `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":"`, `{"\`, `{"a":1,`, "}", `{"a":}`, `[`, `"`} {
		DecodeRecording([]byte(s)).Fields()
	}
}

func TestStatus(t *testing.T) {
	tests := []struct {
		status                 Status
		active, running, known bool
	}{
		{Queued, true, false, true}, {InProgress, true, true, true}, {Resumed, true, true, true}, {Paused, true, false, true},
		{Stopped, false, false, true}, {Completed, false, false, true}, {Absent, false, false, true}, {Failed, false, false, true},
		{Processing, false, false, true}, {Deleted, false, false, true}, {"buffering", true, false, false}, {"", true, false, false},
	}
	for _, tt := range tests {
		if s := tt.status; s.Active() != tt.active || s.Running() != tt.running || s.Known() != tt.known {
			t.Errorf("%q: active %v, running %v, known %v", s, s.Active(), s.Running(), s.Known())
		}
	}
}

func TestReached(t *testing.T) {
	tests := []struct {
		asked Status
		by    []Status
	}{
		{Paused, []Status{Paused}},
		{InProgress, []Status{InProgress, Resumed}},
		{Stopped, []Status{Stopped, Completed, Absent, Failed, Processing, Deleted}},
	}
	all := []Status{Queued, InProgress, Resumed, Paused, Stopped, Completed, Absent, Failed, Processing, Deleted, "x", ""}
	for _, tt := range tests {
		var got []Status
		for _, s := range all {
			if (Update{Status: tt.asked}).Reached(s) {
				got = append(got, s)
			}
		}
		if diff := cmp.Diff(tt.by, got); diff != "" {
			t.Errorf("%s is reached by (-want +got):\n%s", tt.asked, diff)
		}
	}
}

func TestDecodeCallAndConference(t *testing.T) {
	want := Call{
		SID: sid(testCall), From: text.New("+13105550142"), To: text.New("sip:agent7@acme.example"), FromFormatted: text.New("(310) 555-0142"),
		Status: InProgress, Direction: text.New("outbound-dial"), Start: date(2026, 11, 22, 8, 41, 2), Created: date(2026, 11, 22, 8, 41, 1),
	}
	got := decodeCall(value(testdata(t, "call.json")))
	if diff := cmp.Diff(want, got, texts); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}
	if !got.FromShown().Is("(310) 555-0142") || !got.ToShown().Is("sip:agent7@acme.example") {
		t.Errorf("shown as %q -> %q", got.FromShown(), got.ToShown())
	}
	wantConf := Conference{SID: sid(testConf), FriendlyName: text.New("Billing escalation"), Status: InProgress,
		Region: text.New("us1"), Created: date(2026, 11, 22, 8, 30, 0)}
	if diff := cmp.Diff(wantConf, decodeConference(value(testdata(t, "conference.json"))), texts); diff != "" {
		t.Errorf("conference (-want +got):\n%s", diff)
	}
	part := decodeParticipant(value(`{"call_sid":"c1","label":"agent","muted":true,"hold":"true"}`))
	if diff := cmp.Diff(Participant{CallSID: text.New("c1"), Label: text.New("agent"), Muted: true, OnHold: true}, part, texts); diff != "" {
		t.Errorf("participant (-want +got):\n%s", diff)
	}
}

// A resource of any form becomes a recording that agrees with its row and can
// be shown.
func FuzzRecording(f *testing.F) {
	for _, name := range []string{"recording.json", "odd.json", "completed.json", "conference_recording.json"} {
		f.Add([]byte(testdata(f, name)))
	}
	f.Add([]byte(`{"s\u0069d":"a","sid":null,"status":["x"],"duration":"1e3","channels":"2","date_created":"Tue, 1 Sept 2026 23:00:00 +0000"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rec := DecodeRecording(raw)
		row, _ := decodeRow(value(raw))
		if rec.SID != row.SID || rec.Status != row.Status || !rec.Created.Equal(row.Created) {
			t.Fatalf("%q: recording %+v, row %+v", raw, rec, row)
		}
		if rec.Duration < 0 || rec.Channels < 0 || !rec.HasDuration && rec.Duration != 0 || len(rec.Status) > 64 {
			t.Fatalf("%q: %+v", raw, rec)
		}
		fields := rec.Fields()
		for i, f := range recordingFields {
			if !fields[i].Name.Is(f.name) || fields[i].Absent && (!fields[i].Value.IsZero() || fields[i].Null) {
				t.Fatalf("%q: field %d is %+v", raw, i, fields[i])
			}
		}
		for _, line := range rec.JSON() {
			if strings.ContainsAny(line.String(), "\n\x1b") {
				t.Fatalf("%q: line %q", raw, line)
			}
		}
		again := DecodeRecording(rec.raw)
		if !json.Valid(raw) {
			return
		}
		if !again.Same(rec) || again.SID != rec.SID || again.Status != rec.Status || !json.Valid(rec.raw) {
			t.Fatalf("%q: decoded again %+v, first %+v", raw, again, rec)
		}
	})
}
