package detail

import (
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// dates are the fields that hold a date, and the time that was read from each.
var dates = map[string]func(*deck.Recording) time.Time{
	"date_created": func(r *deck.Recording) time.Time { return r.Created },
	"date_updated": func(r *deck.Recording) time.Time { return r.Updated },
	"start_time":   func(r *deck.Recording) time.Time { return r.Start },
	"end_time":     func(r *deck.Recording) time.Time { return r.End },
}

// fields adds every field of the resource, in the documented order; while an
// update is marked, what it changed comes first, the status before all.
func (b *builder) fields(marked bool) {
	all := b.rec.Fields()
	var changed []change
	if marked {
		all, changed = b.split(all)
	}
	for _, c := range changed {
		value, _ := shown(c.now)
		old, _ := shown(c.old)
		b.labeled(c.now.Name.String(), value, theme.Changed, "")
		b.was(value, old)
	}
	for _, f := range all {
		value, role := shown(f)
		b.labeled(f.Name.String(), value, role, b.beside(f))
	}
}

// change is a field as it is, and as it was before an update.
type change struct{ now, old api.Field }

// split takes the fields that the last update changed out of all. One that has
// changed back since is not among them.
func (b *builder) split(all []api.Field) (others []api.Field, changed []change) {
	old := make(map[text.Text]api.Field, len(b.rec.Update.Changed))
	for _, c := range b.rec.Update.Changed {
		old[c.Name] = c.Old
	}
	for _, f := range all {
		was, ok := old[f.Name]
		switch {
		case !ok || sameValue(was, f):
			others = append(others, f)
		case f.Name.Is("status"):
			changed = append([]change{{f, was}}, changed...)
		default:
			changed = append(changed, change{f, was})
		}
	}
	return others, changed
}

func sameValue(a, b api.Field) bool {
	return a.Value == b.Value && a.Null == b.Null && a.Absent == b.Absent
}

// shown returns a field's value as it came.
func shown(f api.Field) (string, theme.Role) {
	switch value := f.Value.String(); {
	case f.Absent:
		return "absent", theme.Dim
	case f.Null:
		return "null", theme.Dim
	case value == "":
		return `""`, theme.Dim
	default:
		return value, theme.Plain
	}
}

// beside returns what is said beside a field's value: a date's local time
// where it differs, the profile beside the project.
func (b *builder) beside(f api.Field) string {
	name := f.Name.String()
	if name == "account_sid" && b.profile != "" {
		return "(" + b.profile + ")"
	}
	at, ok := dates[name]
	if !ok {
		return ""
	}
	t := at(b.rec)
	if t.IsZero() {
		return ""
	}
	local := t.In(times.Zone(b.zone))
	if strings.Contains(f.Value.String(), local.Format("15:04:05")) {
		return ""
	}
	if local.Day() != t.Day() {
		return "(" + local.Format("2 Jan 15:04:05 MST") + ")"
	}
	return "(" + local.Format("15:04:05 MST") + ")"
}
