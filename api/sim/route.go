package sim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// kind is what a request is about, for the stats.
type kind int

const (
	kindOther kind = iota
	kindRecordingList
	kindRecording
	kindCall
	kindConference
	kindParticipant
)

// route is a path below the account and what can be done with it.
type route struct {
	path    string // * stands for a SID
	kind    kind
	updates bool // whether a POST is an update of a recording
	sound   bool // whether a GET without .json is for the sound
	methods map[string]func(*exchange) reply
}

// allow returns the methods of the route, for the header Allow.
func (r *route) allow() string {
	names := slices.Collect(maps.Keys(r.methods))
	if slices.Contains(names, http.MethodGet) {
		names = append(names, http.MethodHead)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

type methods = map[string]func(*exchange) reply

// routes are all paths below the account.
var routes = []route{
	{path: "Recordings", kind: kindRecordingList, methods: methods{
		http.MethodGet: (*exchange).listRecordings,
	}},
	{path: "Recordings/*", kind: kindRecording, sound: true, methods: methods{
		http.MethodGet:    (*exchange).oneRecording,
		http.MethodDelete: (*exchange).deleteRecording,
	}},
	{path: "Recordings/*/Transcriptions", methods: methods{
		http.MethodGet: (*exchange).listTranscriptions,
	}},
	{path: "Calls", kind: kindCall, methods: methods{
		http.MethodGet: (*exchange).listCalls,
	}},
	{path: "Calls/*", kind: kindCall, methods: methods{
		http.MethodGet: (*exchange).oneCall,
	}},
	{path: "Calls/*/Recordings", kind: kindRecordingList, methods: methods{
		http.MethodGet:  (*exchange).listCallRecordings,
		http.MethodPost: (*exchange).startRecording,
	}},
	{path: "Calls/*/Recordings/*", kind: kindRecording, updates: true, methods: methods{
		http.MethodGet:  (*exchange).oneCallRecording,
		http.MethodPost: (*exchange).updateCallRecording,
	}},
	{path: "Conferences", kind: kindConference, methods: methods{
		http.MethodGet: (*exchange).listConferences,
	}},
	{path: "Conferences/*", kind: kindConference, methods: methods{
		http.MethodGet: (*exchange).oneConference,
	}},
	{path: "Conferences/*/Recordings", kind: kindRecordingList, methods: methods{
		http.MethodGet: (*exchange).listConferenceRecordings,
	}},
	{path: "Conferences/*/Recordings/*", kind: kindRecording, updates: true, methods: methods{
		http.MethodGet:  (*exchange).oneConferenceRecording,
		http.MethodPost: (*exchange).updateConferenceRecording,
	}},
	{path: "Conferences/*/Participants", kind: kindParticipant, methods: methods{
		http.MethodGet: (*exchange).listParticipants,
	}},
	{path: "Conferences/*/Participants/*", kind: kindParticipant, methods: methods{
		http.MethodGet: (*exchange).oneParticipant,
	}},
}

// findRoute returns the route of a path and the SIDs in it, nil for none.
func findRoute(segments []string) (*route, []string) {
	for i := range routes {
		if args, ok := matchPath(routes[i].path, segments); ok {
			return &routes[i], args
		}
	}
	return nil, nil
}

// matchPath fits a path to a pattern. The SIDs are never empty.
func matchPath(pattern string, segments []string) (args []string, ok bool) {
	want := strings.Split(pattern, "/")
	if len(want) != len(segments) {
		return nil, false
	}
	for i, w := range want {
		switch {
		case w == "*" && segments[i] != "":
			args = append(args, segments[i])
		case w != segments[i]:
			return nil, false
		}
	}
	return args, true
}
