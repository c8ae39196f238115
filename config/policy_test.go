package config

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/policy"
)

// TestPolicy: what a policy moves, what a user sets all the same, and what
// contradicts the policy.
func TestPolicy(t *testing.T) {
	tests := []struct {
		name  string
		file  string
		env   []string
		flags map[string]string
		want  policy.Policy
		alarm time.Duration
		from  string // of unrecorded-alarm
		warns string
		err   string
	}{
		{name: "the default is privacy", want: policy.Privacy, from: "default"},
		{name: "evidence moves the alarm", file: `policy = "evidence"`, want: policy.Evidence, alarm: time.Minute, from: "policy evidence"},
		{name: "in a profile", file: "default_profile = \"eu\"\npause_behavior = \"silence\"\n[profile.eu]\nspace=\"acme\"\nproject=\"6a1f2c3d-0000-4aaa-8bbb-000000000001\"\ntoken=\"PTx\"\npolicy = \"evidence\"",
			env: []string{}, want: policy.Evidence, alarm: time.Minute, from: "policy evidence"},
		{name: "an alarm that was set counts", file: "policy = \"evidence\"\nunrecorded_alarm = \"2m\"", want: policy.Evidence, alarm: 2 * time.Minute, from: "FILE:2"},
		{name: "also as never", file: "policy = \"evidence\"\nunrecorded_alarm = 0", want: policy.Evidence, from: "FILE:2",
			warns: "unrecorded_alarm is 0: calls without a recording do not alarm, although the policy is evidence"},
		{name: "and under privacy", file: `unrecorded_alarm = "30s"`, want: policy.Privacy, alarm: 30 * time.Second, from: "FILE:1"},
		{name: "a flag moves it too", flags: map[string]string{"policy": "evidence"}, want: policy.Evidence, alarm: time.Minute, from: "policy evidence"},
		{name: "skip in the file", file: "policy = \"evidence\"\npause_behavior = \"skip\"",
			err: "cannot use skip for pause-behavior (FILE:2): the policy is evidence (FILE:1), which refuses skip"},
		{name: "skip by a flag", file: `policy = "evidence"`, flags: map[string]string{"pause-behavior": "skip"},
			err: "cannot use skip for pause-behavior (--pause-behavior): the policy is evidence (FILE:1)"},
		{name: "skip for all, evidence for one profile",
			file: "default_profile = \"eu\"\npause_behavior = \"skip\"\n[profile.eu]\nspace=\"acme\"\nproject=\"6a1f2c3d-0000-4aaa-8bbb-000000000001\"\ntoken=\"PTx\"\npolicy = \"evidence\"",
			env:  []string{}, err: "cannot use skip for pause-behavior (FILE:2): the policy is evidence (FILE:7 profile.eu)"},
		{name: "skip under privacy", file: `pause_behavior = "skip"`, want: policy.Privacy, from: "default"},
		{name: "no such policy", file: `policy = "evidance"`, err: `cannot use "evidance" for policy (FILE:1): allowed is privacy, evidence`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.env == nil {
				tt.env = complete
			}
			c, err := load(t, setup{env: tt.env, file: tt.file, flags: tt.flags})
			checkError(t, err, strings.ReplaceAll(tt.err, "FILE", c.File))
			if tt.err != "" {
				return
			}
			if c.Policy != tt.want || c.UnrecordedAlarm != tt.alarm {
				t.Errorf("the policy is %q with an alarm after %s, want %q and %s", c.Policy, c.UnrecordedAlarm, tt.want, tt.alarm)
			}
			if got := strings.Join(c.Warnings, "; "); got != tt.warns {
				t.Errorf("it warns: %q, want %q", got, tt.warns)
			}
			shown := map[string]Setting{}
			for _, s := range c.Settings() {
				shown[s.Name] = s
			}
			if got := shown["unrecorded-alarm"].Source; got != strings.ReplaceAll(tt.from, "FILE", c.File) {
				t.Errorf("the alarm is from %q, want %q", got, tt.from)
			}
			for _, row := range tt.want.Rows() {
				if s := shown["policy."+row.Name]; s.Value != row.Is && row.Name != policy.UnrecordedAlarm {
					t.Errorf("shown of %s: %+v, want %q", row.Name, s, row.Is)
				}
			}
		})
	}
}

// TestPolicyOfDemo: the demo can show either policy.
func TestPolicyOfDemo(t *testing.T) {
	c, err := Demo(Sources{Flags: map[string]string{"policy": "evidence"}})
	checkError(t, err, "")
	if c.Policy != policy.Evidence || c.UnrecordedAlarm != time.Minute {
		t.Errorf("got %q and %s", c.Policy, c.UnrecordedAlarm)
	}
	_, err = Demo(Sources{Flags: map[string]string{"policy": "evidence", "pause-behavior": "skip"}})
	checkError(t, err, "which refuses skip")
}
