package config

import (
	"slices"
	"strings"
	"time"

	"tapedeck/api/policy"
)

// policySetting returns the setting of what the recordings are for.
func policySetting() setting {
	return choice("policy", "what the recordings are for, which moves defaults", policy.Words(),
		func(c *Config) *string { return (*string)(&c.Policy) })
}

// unrecordedSetting returns the setting whose default the policy moves.
func unrecordedSetting() setting {
	s := duration("unrecorded-alarm", "time from which a call in progress without a recording alarms; 0 for never (default: "+unrecordedDefaults()+")",
		"", 0, day, func(c *Config) *time.Duration { return &c.UnrecordedAlarm })
	s.auto = func(l *loader) (string, string) {
		return formatDuration(l.cfg.Policy.Defaults().UnrecordedAlarm), l.policySource()
	}
	return s
}

// unrecordedDefaults says the default of each policy.
func unrecordedDefaults() string {
	var parts []string
	for _, word := range policy.Words() {
		parts = append(parts, formatDuration(policy.Policy(word).Defaults().UnrecordedAlarm)+" with policy "+word)
	}
	return strings.Join(parts, ", ")
}

// policySource says where a default is from that the policy moves.
func (l *loader) policySource() string {
	if l.cfg.Policy.Name() == string(policy.Privacy) {
		return "default"
	}
	return "policy " + l.cfg.Policy.Name()
}

// checkPolicy shows what the policy moves, and refuses what was set against it.
func (l *loader) checkPolicy() {
	p := l.cfg.Policy
	if moved := p.Defaults().UnrecordedAlarm; moved > 0 && l.cfg.UnrecordedAlarm == 0 {
		l.warn("unrecorded_alarm is 0: calls without a recording do not alarm, although the policy is %s", p.Name())
	}
	if l.cfg.PauseBehavior == "skip" && !p.Defaults().Skip {
		of := func(name string) string {
			i := slices.IndexFunc(l.cfg.settings, func(s Setting) bool { return s.Name == name })
			return l.cfg.settings[i].Source
		}
		e := problem("cannot use skip for pause-behavior (%s): the policy is evidence (%s), which refuses skip: silence keeps the timeline",
			of("pause-behavior"), of("policy"))
		e.Hints = []string{"leave out pause_behavior, or set it to silence for this profile"}
		l.fail(e)
	}
	var rows []Setting
	for _, row := range p.Rows() {
		if row.Name != policy.UnrecordedAlarm { // which is a setting, and shown as one
			rows = append(rows, Setting{"policy." + row.Name, row.Is, l.policySource()})
		}
	}
	at := slices.IndexFunc(l.cfg.settings, func(s Setting) bool { return s.Name == "policy" })
	l.cfg.settings = slices.Insert(l.cfg.settings, at+1, rows...)
}
