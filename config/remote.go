package config

import (
	"errors"
	"maps"
	"slices"
)

// remoteFlags are the settings that a command over SSH may have flags for: none
// names a file, a program or a service.
var remoteFlags = []string{"profile", "mask-numbers", "ascii", "pause-behavior"}

// RemoteFlags returns the names of the flags of settings that [Remote] takes.
func RemoteFlags() []string { return slices.Clone(remoteFlags) }

// Remote returns the settings of a session over SSH. They are those of the service
// for what a screen shows and its keys do; what the terminal can show, the session's
// environment says by NO_COLOR and its locale. Of the flags those of [RemoteFlags]
// count, and any other one is an error. No file is read, and no other variable.
//
// Numbers that the service masks stay masked. Space, project, token, StateDir and
// all that is run, written or listened on are empty.
func Remote(service Config, in Sources) (Config, error) {
	l := newLoader(in)
	l.env = l.env.only("NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")
	l.checkFlags()
	l.cfg = Config{
		Profile: in.Flags["profile"], Interval: service.Interval, PauseBehavior: service.PauseBehavior, PauseScope: service.PauseScope,
		AutoResume: service.AutoResume, StartChannels: service.StartChannels, StartTrack: service.StartTrack,
		Tick: service.Tick, LowBandwidth: service.LowBandwidth, Theme: service.Theme, MaskNumbers: service.MaskNumbers,
		Names: maps.Clone(service.Names), Log: "off", Server: ServerAuto,
	}
	for name := range in.Flags {
		if !slices.Contains(remoteFlags, name) {
			l.fail(problem("cannot use --%s over SSH: it is about the host of the service", name))
		}
	}
	for _, s := range settings {
		if _, given := in.Flags[s.name]; !given && s.name != "ascii" || !slices.Contains(remoteFlags, s.name) {
			continue
		}
		v := l.find(s)
		if err := s.set(&l.cfg, v.text, v.base); err != nil {
			l.fail(problem("cannot use %s for %s (%s): %v", quote(v.text), s.label(v), v.source, err))
		}
	}
	l.cfg.MaskNumbers = l.cfg.MaskNumbers || service.MaskNumbers
	l.cfg.NoColor = l.env.value("NO_COLOR") != ""
	return l.cfg, errors.Join(l.problems...)
}
