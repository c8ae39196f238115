package paper

import (
	"strconv"
	"time"

	"tapedeck/api/report"
)

// axis is a stretch of time over the width of a bar.
type axis struct{ from, to report.Moment }

// at returns where a moment is, from 0 to 100, in percent of the width. What is
// outside is at the nearer end.
func (a axis) at(t report.Moment) float64 {
	t = min(max(t, a.from), a.to)
	return 100 * float64(t-a.from) / float64(max(1, a.to-a.from))
}

// has reports whether some of a stretch is on the axis.
func (a axis) has(from, to report.Moment) bool { return from < a.to && to > a.from }

// percent writes a place for SVG.
func percent(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) + "%" }

// steps are the distances between two ticks, in the order of their length.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour, 56 * 24 * time.Hour, 112 * 24 * time.Hour, 364 * 24 * time.Hour,
}

// maxTicks is how many ticks an axis has at most.
const maxTicks = 9

// ticks returns the ticks of an axis, at round times of a zone.
func (a axis) ticks(zone *time.Location) (list []tick) {
	if a.from <= 0 || a.to < a.from {
		return nil
	}
	step := steps[len(steps)-1]
	for i := len(steps) - 1; i >= 0 && a.to.Sub(a.from)/steps[i] < maxTicks; i-- {
		step = steps[i]
	}
	form := "15:04"
	switch {
	case step >= 24*time.Hour:
		form = "2 Jan"
	case step < time.Minute:
		form = "15:04:05"
	}
	first := a.from.Time().In(zone)
	year, month, day := first.Date()
	// Counted on the clock of the wall, so that ticks stay round when that is changed.
	n := int(first.Sub(time.Date(year, month, day, 0, 0, 0, 0, zone)) / step)
	for last := report.Moment(0); ; n++ {
		at := time.Date(year, month, day, 0, 0, n*int(step/time.Second), 0, zone)
		m := report.MomentOf(at)
		if m > a.to || len(list) > 2*maxTicks {
			return list
		}
		if m < a.from || m <= last {
			continue
		}
		last = m
		x := a.at(m)
		t := tick{X: percent(x), Label: at.Format(form), Anchor: "mid"}
		if midnight := at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0; midnight && step < 24*time.Hour {
			t.Label = at.Format("2 Jan")
		}
		if x > 96 {
			t.Anchor = "end"
		} else if x < 4 {
			t.Anchor = "start"
		}
		list = append(list, t)
	}
}
