package local

import (
	"context"
	"fmt"
	"net/http"
)

// choose asks the service what it is, and has [Options.Choose] say which of its
// profiles are shown.
func (c *Client) choose(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, fmt.Errorf("it said nothing for %s", askTime))
	defer cancel()
	var who WhoAmI
	err := c.into(ctx, http.MethodGet, PathWhoAmI, nil, &who)
	if err != nil {
		err = becauseOf(ctx, err)
	} else if err = speaks(who, c.o.Version); err == nil {
		for i := range who.Profiles {
			p := &who.Profiles[i]
			p.Profile, p.Space, p.Project = clean(p.Profile), clean(p.Space), clean(p.Project)
		}
		if c.o.Profiles, err = c.o.Choose(who); err != nil {
			return err
		}
	}
	if err != nil {
		return &GoneError{Path: c.o.Path, Err: err}
	}
	return nil
}
