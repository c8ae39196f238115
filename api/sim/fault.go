package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is something that a space does other than documented, so that a client
// can be tested against it. Make it with [ParseFault].
type Fault struct {
	name   string
	value  time.Duration // 0 for a fault without a value
	update bool          // for updates of recordings only
	start  bool          // for starts of recordings only
}

// faultKind describes one fault.
type faultKind struct {
	name  string
	value string // what its value is called, "" if it has none
	def   time.Duration
	help  string
}

// faultKinds are all faults, in the order of the help.
var faultKinds = []faultKind{
	{name: "resumed", help: "a resume makes the recording resumed, not in-progress"},
	{name: "400", help: "refusals are answered 400 instead of 422"},
	{name: "lag", value: "DURATION", help: "reads show recordings as they were DURATION ago; with @update, the update's own answer does"},
	{name: "duration-string", help: "the duration of a recording or a call is a string"},
	{name: "duration-null", help: "a recording's duration is null until it has ended"},
	{name: "channels-number", help: "a recording's channel and channels are numbers"},
	{name: "price-number", help: "a recording's price is a number, 0.0 where there is none"},
	{name: "sept", help: "dates in September are written Sept, those of other months as ever"},
	{name: "429", value: "SECONDS", def: 2 * time.Second, help: "429 with Retry-After: SECONDS (2 if not given); an update is not applied"},
	{name: "429-bare", help: "429 without Retry-After; an update is not applied"},
	{name: "503", help: "503; an update is not applied"},
	{name: "slow", value: "DURATION", help: "the work is done at once, the answer comes DURATION later"},
	{name: "drop", help: "the connection is closed without an answer; an update is applied all the same"},
	{name: "lie", help: "an update is answered 200 with the recording as it was, and is not applied"},
	{name: "silent", help: "the work is done, the answer never comes: the request is held until the client gives up"},
	{name: "silent-lost", help: "the same, and an update is not applied"},
	{name: "403", help: "403, as for a token without the Voice scope; an update is not applied"},
	{name: "html", help: "502 with a page of HTML; an update is not applied"},
}

// ParseFault reads a fault written NAME[=VALUE][@update], or with @start. With
// @update it is for updates of recordings only, with @start for requests that
// start one, without for every request. [FaultHelp] lists the names.
func ParseFault(s string) (Fault, error) {
	spec, scope, scoped := strings.Cut(s, "@")
	name, value, valued := strings.Cut(spec, "=")
	i := slices.IndexFunc(faultKinds, func(k faultKind) bool { return k.name == name })
	switch {
	case i < 0:
		return Fault{}, fmt.Errorf("unknown fault %q: one of %s", name, strings.Join(faultNames(), ", "))
	case scoped && scope != "update" && scope != "start":
		return Fault{}, fmt.Errorf("fault %q: only @update or @start can follow, not @%s", name, scope)
	}
	kind := faultKinds[i]
	f := Fault{name: name, value: kind.def, update: scope == "update", start: scope == "start"}
	switch {
	case kind.value == "" && valued:
		return Fault{}, fmt.Errorf("fault %q takes no value", name)
	case kind.value != "" && !valued && kind.def == 0:
		return Fault{}, fmt.Errorf("fault %q needs a value: %s=%s, such as %s=2s", name, name, kind.value, name)
	case !valued:
		return f, nil
	}
	v, err := parseFaultValue(kind.value, value)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", name, err)
	}
	f.value = v
	return f, nil
}

// parseFaultValue reads the value of a fault that takes seconds or a duration.
func parseFaultValue(what, value string) (time.Duration, error) {
	if what == "SECONDS" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 86400 {
			return 0, fmt.Errorf("%q is not a whole number of seconds from 0 to 86400", value)
		}
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration, such as 500ms or 2s", value)
	case d <= 0:
		return 0, errors.New("the duration must be more than 0")
	}
	return d, nil
}

// faultNames are the names of all faults.
func faultNames() []string {
	names := make([]string, len(faultKinds))
	for i, k := range faultKinds {
		names[i] = k.name
	}
	return names
}

// FaultHelp lists every fault with its value and what it does, a line each.
func FaultHelp() string {
	var b strings.Builder
	b.WriteString("Faults, written NAME[=VALUE][@update]; with @update on updates only, with @start on starts only, else on every request:\n\n")
	for _, k := range faultKinds {
		name := k.name
		switch {
		case k.value != "" && k.def != 0:
			name += "[=" + k.value + "]"
		case k.value != "":
			name += "=" + k.value
		}
		fmt.Fprintf(&b, "  %-16s  %s\n", name, k.help)
	}
	return b.String()
}

// String returns the fault as [ParseFault] reads it.
func (f Fault) String() string {
	s := f.name
	switch f.name {
	case "429":
		s += fmt.Sprintf("=%d", f.value/time.Second)
	case "lag", "slow":
		s += "=" + f.value.String()
	}
	switch {
	case f.update:
		s += "@update"
	case f.start:
		s += "@start"
	}
	return s
}

// SetFaults replaces the faults by these, from the next request on; none makes
// the space behave as documented again, but for what a scenario does. Of
// several that refuse a request, the first does.
func (s *Space) SetFaults(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.Clone(f)
}

// lagging reports whether the past of recordings has to be kept.
func (s *Space) lagging() bool {
	return slices.ContainsFunc(s.faults, func(f Fault) bool { return f.name == "lag" })
}

// effects are what the faults do to one request.
type effects struct {
	resumed, badRequest          bool
	durationString, durationNull bool
	channelsNumber, priceNumber  bool
	sept, drop                   bool
	lie, silent, lost            bool

	lag, slow time.Duration
	refuse    Fault // the first of those that refuse the request; zero for none
}

// effects returns what the faults do to a request, which may be an update or a
// start.
func (s *Space) effects(update, start bool) effects {
	var e effects
	for _, faults := range [][]Fault{s.faults, s.scene.faults} {
		for _, f := range faults {
			if (!f.update || update) && (!f.start || start) {
				e.add(f, update)
			}
		}
	}
	return e
}

// add adds what one fault does to a request.
func (e *effects) add(f Fault, update bool) {
	switch f.name {
	case "resumed":
		e.resumed = true
	case "400":
		e.badRequest = true
	case "lag":
		// An update's answer lags only if that was asked for.
		if f.update == update {
			e.lag = f.value
		}
	case "duration-string":
		e.durationString = true
	case "duration-null":
		e.durationNull = true
	case "channels-number":
		e.channelsNumber = true
	case "price-number":
		e.priceNumber = true
	case "sept":
		e.sept = true
	case "slow":
		e.slow = f.value
	case "drop":
		e.drop = true
	case "lie":
		e.lie = true
	case "silent":
		e.silent = true
	case "silent-lost":
		e.silent, e.lost = true, true
	case "429", "429-bare", "503", "403", "html":
		if e.refuse.name == "" {
			e.refuse = f
		}
	}
}
