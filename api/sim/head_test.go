package sim

import "testing"

// TestHead holds HEAD against GET: the same status and headers, and no body.
func TestHead(t *testing.T) {
	s := New(still())
	call := first(t, s, func(r Recording) bool { return r.CallSID != "" })
	conf := first(t, s, isConference)
	done := first(t, s, func(r Recording) bool { return r.Status == "completed" })
	paths := []string{
		"Recordings.json", "Recordings/" + call.SID + ".json", "Recordings/" + call.SID + "/Transcriptions.json", "Calls", "Calls/" + call.CallSID,
		"Calls/" + call.CallSID + "/Recordings", updatePath(call), "Conferences", "Conferences/" + conf.ConferenceSID,
		"Conferences/" + conf.ConferenceSID + "/Recordings", updatePath(conf), "Conferences/" + conf.ConferenceSID + "/Participants",
		"Recordings/nothing.json", "Nothing", "Recordings?PageSize=0",
	}
	audio := []string{"Recordings/" + done.SID, "Recordings/" + done.SID + ".mp3", "Recordings/" + call.SID}
	for name, c := range map[string]*client{"socket": newServer(t, s), "in the process": newClient(t, s)} {
		t.Run(name, func(t *testing.T) {
			for _, path := range paths {
				checkHead(t, c, path)
			}
			c.user = "" // sound asks for no credentials
			for _, path := range append(audio, "Recordings.json") {
				checkHead(t, c, path)
			}
		})
	}
}

func checkHead(t *testing.T, c *client, path string) {
	t.Helper()
	get, head := c.must("GET", c.account(path), nil), c.must("HEAD", c.account(path), nil)
	if head.status != get.status || head.body != "" || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
		t.Errorf("%s: HEAD %d %q %v, GET %d %v", path, head.status, head.body, head.header, get.status, get.header)
	}
}
