package api

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTime(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want time.Time
		err  string // in the error; empty for none
	}{
		{name: "RFC 2822", in: "Tue, 25 Sep 2018 23:00:00 +0000", want: date(2018, 9, 25, 23, 0, 0)},
		{name: "offset is taken to UTC", in: "Tue, 25 Sep 2018 23:00:00 +0200", want: date(2018, 9, 25, 21, 0, 0)},
		{name: "west, over midnight", in: "Tue, 25 Sep 2018 23:00:00 -0730", want: date(2018, 9, 26, 6, 30, 0)},
		{name: "offset with a colon", in: "Tue, 25 Sep 2018 23:00:00 +02:00", want: date(2018, 9, 25, 21, 0, 0)},
		{name: "Sept", in: "Tue, 25 Sept 2018 23:00:00 +0000", want: date(2018, 9, 25, 23, 0, 0)},
		{name: "Sept and one-digit day", in: "Tue, 1 Sept 2026 23:00:00 +0000", want: date(2026, 9, 1, 23, 0, 0)},
		{name: "month in full", in: "Tue, 1 September 2026 23:00:00 GMT", want: date(2026, 9, 1, 23, 0, 0)},
		{name: "one-digit day", in: "Sun, 2 Nov 2026 08:41:07 +0000", want: date(2026, 11, 2, 8, 41, 7)},
		{name: "day padded with a space", in: "Sun,  2 Nov 2026 08:41:07 +0000", want: date(2026, 11, 2, 8, 41, 7)},
		{name: "no weekday", in: "22 Nov 2026 08:41:07 +0000", want: date(2026, 11, 22, 8, 41, 7)},
		{name: "GMT", in: "Sun, 22 Nov 2026 08:41:07 GMT", want: date(2026, 11, 22, 8, 41, 7)},
		{name: "UTC", in: "Sun, 22 Nov 2026 08:41:07 UTC", want: date(2026, 11, 22, 8, 41, 7)},
		{name: "ISO 8601", in: "2026-11-22T08:41:07Z", want: date(2026, 11, 22, 8, 41, 7)},
		{name: "ISO 8601 with offset", in: "2026-11-22T08:41:07+01:00", want: date(2026, 11, 22, 7, 41, 7)},
		{name: "ISO 8601 with short offset", in: "2026-11-22T08:41:07-0100", want: date(2026, 11, 22, 9, 41, 7)},
		{name: "ISO 8601 with a fraction", in: "2026-11-22T08:41:07.250Z", want: date(2026, 11, 22, 8, 41, 7).Add(250 * time.Millisecond)},
		{name: "ISO 8601 with spaces", in: "2026-11-22 08:41:07 UTC", want: date(2026, 11, 22, 8, 41, 7)},
		{name: "spaces around", in: " Sun, 22 Nov 2026 08:41:07 +0000 ", want: date(2026, 11, 22, 8, 41, 7)},
		{name: "leap day", in: "Thu, 29 Feb 2024 00:00:00 +0000", want: date(2024, 2, 29, 0, 0, 0)},
		{name: "no leap day", in: "Sat, 29 Feb 2025 00:00:00 +0000", err: "not a date"},
		{name: "no zone", in: "Tue, 25 Sep 2018 23:00:00", err: "not a date"},
		{name: "no zone, ISO", in: "2026-11-22T08:41:07", err: "not a date"},
		{name: "a zone that depends on the reader", in: "Tue, 25 Sep 2018 23:00:00 EST", err: "not a date"},
		{name: "month 13", in: "2026-13-01T00:00:00Z", err: "not a date"},
		{name: "day 0", in: "2026-12-00T00:00:00Z", err: "not a date"},
		{name: "hour 24", in: "2026-12-01T24:00:00Z", err: "not a date"},
		{name: "two-digit year", in: "25 Sep 18 23:00:00 +0000", err: "not a date"},
		{name: "more behind it", in: "2026-11-22T08:41:07Z!", err: "not a date"},
		{name: "empty", in: "", err: "not a date"},
		{name: "a word", in: "soon", err: "not a date"},
		{name: "long", in: string(make([]byte, 1<<20)), err: "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTime(tt.in)
			checkError(t, err, tt.err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("parseTime(%q) (-want +got):\n%s", tt.in, diff)
			}
			if err == nil && got.Location() != time.UTC {
				t.Errorf("parseTime(%q) is in %v", tt.in, got.Location())
			}
		})
	}
}

// What the standard library reads in the documented forms, parseTime reads too,
// and to the same instant.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"Tue, 25 Sep 2018 23:00:00 +0200", "Tue, 1 Sept 2026 23:00:00 GMT", "2026-11-22T08:41:07.25-07:00",
		"2026-11-22 08:41:07 UTC", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTime(s)
		again, errAgain := parseTime([]byte(s))
		if (err == nil) != (errAgain == nil) || !got.Equal(again) {
			t.Fatalf("%q is %v, %v as a string and %v, %v as bytes", s, got, err, again, errAgain)
		}
		if err == nil && got.Location() != time.UTC || err != nil && !got.IsZero() {
			t.Fatalf("%q is %v, %v", s, got, err)
		}
		for _, layout := range []string{time.RFC1123Z, time.RFC3339} {
			want, wantErr := time.Parse(layout, s)
			if wantErr != nil || len(s) > 64 {
				continue
			}
			if _, offset := want.Zone(); offset <= -24*3600 || offset >= 24*3600 || strings.HasSuffix(s, "60") {
				continue // +24:00 and +05:60, which time.Parse lets pass
			}
			if err != nil || !got.Equal(want) {
				t.Fatalf("parseTime(%q) = %v, %v; time.Parse %v", s, got, err, want)
			}
		}
	})
}
