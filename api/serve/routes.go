package serve

import (
	"net/http"

	"tapedeck/api/local"
)

// routes is the table of all routes: what is not here cannot be reached.
var routes []route

func init() {
	view := needs(local.WordView)
	routes = []route{
		get(local.PathWhoAmI, view, whoAmI),
		get(local.PathRecordings, view, recordings),
		get(local.PathRecordings+"/", view, recording),
		get(local.PathWatch, view, watch),
		quick(post(local.PathRequests, wordsOfRequests, makeRequests), local.ParseRequests),
		get(local.PathRequests+"/", view, requestState),
		post(local.PathStart, needs(local.WordStart), makeStart),
		post(local.PathAcknowledge, needs(local.WordAcknowledge), acknowledge),
		post(local.PathTimer, needs(local.WordTimer), setTimer),
		post(local.PathReveal, needs(local.WordReveal), reveal),
		post(local.PathRefresh, view, refresh),
		post(local.PathInterval, view, setInterval),
		post(local.PathLook, view, look),
		post(local.PathUnrecorded, view, lookForUnrecorded),
		post(local.PathSession, view, saySession),
		get(local.PathStatus, view, status),
		get(local.PathSessions, nothing, listSessions),
		{method: http.MethodDelete, path: local.PathSessions + "/", words: nothing,
			handle: func(c *call, _ any) (any, *local.Refusal) { return endSession(c) }},
		get(local.PathActions, view, actions),
		get(local.PathLeft, view, leftBehind),
	}
}
