package doctor

import (
	"context"
	"errors"
	"strings"

	"tapedeck/config"
)

// loginHow is how a login is entered.
const loginHow = "tapedeck login enters space, project and token"

// settings reads the settings as the dashboard does, and says where each came
// from that is not the default. Without a login the service may have one.
func settings(ctx context.Context, o Options, k known) (Finding, known) {
	c, err := config.Load(ctx, o.Sources)
	k.config = c
	f := Finding{Status: OK, Found: whereFrom(c)}
	if err != nil {
		f = k.unusable(ctx, o, err)
	} else if len(c.Warnings) > 0 {
		f = note("do as it says", "%s", strings.Join(c.Warnings, "; "))
	}
	for _, s := range c.Settings() {
		f.Settings = append(f.Settings, Setting{s.Name, s.Value, s.Source})
	}
	k.target = targetOf(c)
	return f, k
}

// unusable says what is wrong with the settings, unless a service has what they
// lack.
func (k *known) unusable(ctx context.Context, o Options, err error) Finding {
	in := o.Sources
	in.Service, in.NoCommand = true, true
	if c, berr := config.Load(ctx, in); berr == nil {
		for _, socket := range socketsOf(c) {
			if _, aerr := whoAmI(ctx, socket); aerr == nil {
				k.config, k.service = c, true
				return ok("no login here; the service on %s has space, project and token", socket)
			}
		}
	}
	var what, hints []string
	for _, e := range all(err) {
		what = append(what, e.Error())
		if own, ok := errors.AsType[*config.Error](e); ok {
			if errors.Is(own, config.ErrNotSet) {
				hints = append(hints, loginHow)
				continue
			}
			hints = append(hints, own.Hints...)
		}
	}
	if len(hints) == 0 {
		hints = []string{"tapedeck config shows where each setting is from"}
	}
	return mend(strings.Join(hints, "; "), "%s", strings.Join(what, "; "))
}

// all returns the errors that are joined in one.
func all(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}

// whereFrom says where the settings came from that are not the default.
func whereFrom(c config.Config) string {
	var parts []string
	for _, s := range c.Settings() {
		switch plain := s.Source == "default" || s.Value == "(none)" || strings.HasSuffix(s.Source, "no such file"); {
		case plain || strings.HasPrefix(s.Source, "locale (") || strings.HasPrefix(s.Source, "policy ") || strings.HasPrefix(s.Name, "policy.") || s.Name == "config" && c.Project == "":
		case s.Name == "token" || s.Name == "config":
			parts = append(parts, s.Name+" ("+s.Source+")")
		default:
			parts = append(parts, s.Name+" "+s.Value+" ("+s.Source+")")
		}
	}
	return strings.Join(parts, ", ")
}
