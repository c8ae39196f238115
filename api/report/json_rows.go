package report

// The rows of the lists in the JSON of a report.

type spanJSON struct {
	From      string `json:"from"`
	To        string `json:"to,omitempty"`
	Kind      string `json:"kind"`
	FromExact bool   `json:"from_exact"`
	ToExact   bool   `json:"to_exact"`
}

type pauseJSON struct {
	Call      string   `json:"call,omitempty"`
	Recording string   `json:"recording,omitempty"`
	By        string   `json:"by,omitempty"`
	Asked     string   `json:"asked,omitempty"`
	Began     string   `json:"began"`
	Behavior  string   `json:"behavior,omitempty"`
	How       string   `json:"how"`
	Again     uint8    `json:"again,omitempty"`
	End       string   `json:"end"`
	EndedBy   string   `json:"ended_by,omitempty"`
	EndAsked  string   `json:"end_asked,omitempty"`
	Ended     string   `json:"ended,omitempty"`
	EndHow    string   `json:"end_how,omitempty"`
	For       *float64 `json:"for,omitempty"`
	Known     string   `json:"known"`
	Exact     bool     `json:"exact"`
	Found     bool     `json:"found,omitempty"`
	EndFound  bool     `json:"end_found,omitempty"`
	ClockSet  bool     `json:"clock_set,omitempty"`
	Left      string   `json:"left_behind,omitempty"`
	Auto      string   `json:"auto_resume,omitempty"`
}

// json returns the pause, with where it is for a list that is not that of its
// recording.
func (p *Pause) json(where bool) pauseJSON {
	out := pauseJSON{
		By: nameOf(p.By), Asked: when(p.Asked), Began: when(p.Began), Behavior: p.Behavior.String(), How: p.How.String(), Again: p.Again,
		End: p.End.String(), EndedBy: nameOf(p.EndedBy), EndAsked: when(p.EndAsked), Ended: when(p.Ended), Known: when(p.Known), Exact: p.Exact(),
		Found: p.Found, EndFound: p.EndFound, ClockSet: p.ClockSet, Left: when(p.Left),
	}
	if where {
		out.Call, out.Recording = callOf(p.Recording), sidOf(p.Recording)
	}
	if p.End != Open {
		out.EndHow = p.EndHow.String()
	}
	if d, ok := p.For(); ok {
		s := seconds(d)
		out.For = &s
	}
	if p.Auto != nil {
		out.Auto = p.Auto.Fate.String()
	}
	return out
}

func pauseJSONOf(p *Pause) any { return p.json(true) }

type updateJSON struct {
	Call         string `json:"call,omitempty"`
	Recording    string `json:"recording,omitempty"`
	By           string `json:"by,omitempty"`
	ID           string `json:"id,omitempty"`
	What         string `json:"what"`
	Behavior     string `json:"behavior,omitempty"`
	Asked        string `json:"asked,omitempty"`
	Answered     string `json:"answered,omitempty"`
	Outcome      string `json:"outcome"`
	Reason       string `json:"reason,omitempty"`
	ByTimer      bool   `json:"by_timer,omitempty"`
	Again        uint8  `json:"again,omitempty"`
	VerifiedLate bool   `json:"verified_late,omitempty"`
	WrittenLate  bool   `json:"written_late,omitempty"`
	HTTPStatus   int16  `json:"http_status,omitempty"`
}

func updateJSONOf(u *Update) any {
	out := updateJSON{
		Recording: sidOf(u.Recording), By: nameOf(u.By), ID: u.ID, What: u.Verb.String(), Behavior: u.Behavior.String(), Asked: when(u.Asked),
		Answered: when(u.Answered), Outcome: u.Outcome.String(), Reason: u.Reason, ByTimer: u.ByTimer, Again: u.Again,
		VerifiedLate: u.VerifiedLate, WrittenLate: u.WrittenLate, HTTPStatus: u.HTTPStatus,
	}
	if u.Call != nil {
		out.Call = u.Call.SID.String()
	}
	return out
}

type autoJSON struct {
	Call      string `json:"call,omitempty"`
	Recording string `json:"recording"`
	By        string `json:"by,omitempty"`
	Set       string `json:"set,omitempty"`
	Due       string `json:"due,omitempty"`
	Fate      string `json:"fate"`
	At        string `json:"at,omitempty"`
	Why       string `json:"why,omitempty"`
}

func autoJSONOf(a *AutoResume) any {
	return autoJSON{callOf(a.Recording), sidOf(a.Recording), nameOf(a.By), when(a.Set), when(a.Due), a.Fate.String(), when(a.At), a.Why}
}

type alarmJSON struct {
	Kind      string    `json:"kind"`
	Call      string    `json:"call,omitempty"`
	Recording string    `json:"recording,omitempty"`
	At        string    `json:"at"`
	Since     string    `json:"since,omitempty"`
	Until     string    `json:"until,omitempty"`
	Why       string    `json:"why,omitempty"`
	Acks      []ackJSON `json:"acknowledged,omitempty"`
}

func alarmJSONOf(a *Alarm) any {
	out := alarmJSON{Kind: a.Kind.String(), Call: sidOfCall(a.Call), Recording: sidOf(a.Recording), At: when(a.At), Since: when(a.Since), Until: when(a.Until), Why: a.Why}
	for _, k := range a.Acks {
		j := k.json()
		j.Call, j.Recording = "", ""
		out.Acks = append(out.Acks, j)
	}
	return out
}

type ackJSON struct {
	Call      string `json:"call,omitempty"`
	Recording string `json:"recording,omitempty"`
	By        string `json:"by,omitempty"`
	At        string `json:"at"`
	Until     string `json:"until,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

func (a *Ack) json() ackJSON {
	return ackJSON{sidOfCall(a.Call), sidOf(a.Recording), nameOf(a.By), when(a.At), when(a.Until), a.Reason}
}

func ackJSONOf(a *Ack) any { return a.json() }

type watchJSON struct {
	Space    string        `json:"space"`
	Project  string        `json:"project"`
	Known    string        `json:"known,omitempty"`
	Sessions []sessionJSON `json:"sessions"`
	Gaps     []gapJSON     `json:"gaps"`
	For      float64       `json:"unwatched_for"`
}

type sessionJSON struct {
	By     string `json:"by,omitempty"`
	Host   string `json:"host,omitempty"`
	PID    int    `json:"pid,omitempty"`
	ID     string `json:"session,omitempty"`
	Began  string `json:"began,omitempty"`
	Ended  string `json:"ended,omitempty"`
	To     string `json:"known"`
	Runs   bool   `json:"runs,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type gapJSON struct {
	From string  `json:"from"`
	To   string  `json:"to"`
	For  float64 `json:"for"`
	Why  string  `json:"why"`
}

func watchJSONOf(w *Watch) any {
	out := watchJSON{Space: w.Space, Project: w.Project, Known: when(w.Known), Sessions: []sessionJSON{}, Gaps: []gapJSON{}, For: seconds(w.Unwatched())}
	for _, s := range w.Sessions {
		out.Sessions = append(out.Sessions, sessionJSON{s.By, s.Host, s.PID, s.ID, when(s.Began), when(s.Ended), when(s.To), s.Runs, s.Reason})
	}
	for _, g := range w.Gaps {
		out.Gaps = append(out.Gaps, gapJSON{when(g.From), when(g.To), seconds(g.To.Sub(g.From)), g.Why.String()})
	}
	return out
}

type offJSON struct {
	Kind      string `json:"kind"`
	At        string `json:"at,omitempty"`
	Call      string `json:"call,omitempty"`
	Recording string `json:"recording,omitempty"`
	By        string `json:"by,omitempty"`
	What      string `json:"what"`
}

func offJSONOf(o OffRecord) any {
	return offJSON{o.Kind.String(), when(o.At), callOf(o.Recording), sidOf(o.Recording), nameOf(o.By), o.What}
}

type revealJSON struct {
	Call      string `json:"call,omitempty"`
	Recording string `json:"recording"`
	By        string `json:"by,omitempty"`
	At        string `json:"at"`
}

func revealJSONOf(v *Reveal) any {
	return revealJSON{callOf(v.Recording), sidOf(v.Recording), nameOf(v.By), when(v.At)}
}
