package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// credentials lists one recording with the login. What it learns is for the
// checks after it as well.
func credentials(ctx context.Context, o Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	c := k.config
	client, err := api.New(api.Config{Space: c.Space, Project: c.Project, Token: c.Token, UserAgent: "tapedeck/" + o.Version, Transport: o.Transport})
	if err != nil {
		return mend(loginHow, "%v", err), k
	}
	k.client = client
	_, k.unlisted = list(ctx, client, 1)
	switch fault, what, hint := Blame(k.unlisted, client.Space(), c.Project); {
	case k.unlisted == nil, fault == WrongScope, fault == NotPermitted:
		return ok("%s accepts project %s and its token", client.Space(), text.New(c.Project)), k
	case fault == WrongLogin, fault == WrongProject:
		return mend(hint+"; "+loginHow, "%s", what), k
	}
	return skipped("it cannot be told whether they are accepted: the list cannot be read"), k
}

// list reads the first page of the newest recordings. What is wrong with single
// rows, or with the address of the next page, is in the page's own words.
func list(ctx context.Context, client *api.Client, size int) (p page, err error) {
	pages := client.Recordings(api.RecordingQuery{PageSize: size})
	p.PageInfo, err = pages.Next(ctx, func(api.Row) {})
	p.more = pages.More()
	if errors.Is(err, api.ErrPage) {
		p.refused, err = err, nil
	}
	return p, err
}

// page is what is known of a page that was read.
type page struct {
	api.PageInfo
	more    bool
	refused error // why there is no next one
}

// scope says whether the token may list recordings.
func scope(_ context.Context, _ Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	switch fault, what, hint := Blame(k.unlisted, k.client.Space(), k.config.Project); {
	case k.unlisted == nil:
		return ok("the token may list recordings; whether it may pause them shows with the first pause"), k
	case fault == WrongScope, fault == NotPermitted:
		return mend(hint, "%s", what), k
	}
	return skipped("it cannot be told what the token may do: the list cannot be read"), k
}

// listing says whether the list of recordings can be read.
func listing(_ context.Context, _ Options, k known) (Finding, known) {
	switch {
	case k.byService():
		return noWay, k
	case k.unlisted == nil:
		return ok("the list of recordings can be read"), k
	}
	_, what, hint := Blame(k.unlisted, k.client.Space(), k.config.Project)
	return mend(cmp.Or(hint, "try again"), "%s", what), k
}

// fullPage is how many rows the dashboard asks for: the API's most.
const fullPage = 1000

// pageSize reads a page as the first look of the dashboard does.
func pageSize(ctx context.Context, _ Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	p, err := list(ctx, k.client, fullPage)
	const small = "find out what limits it, a proxy say; a longer interval, or a shorter lookback, asks for less"
	switch {
	case err != nil:
		_, what, hint := Blame(err, k.client.Space(), k.config.Project)
		return mend(cmp.Or(hint, "try again"), "a page of %d recordings cannot be read: %s", fullPage, what), k
	case p.refused != nil:
		return mend("check that nothing stands between, a proxy say", "the next page cannot be asked for: %s", api.Reason(p.refused)), k
	case p.Unreadable > 0:
		return note("the others are right; report it, with what log = \"debug\" writes", "%d of %d recordings cannot be read", p.Unreadable, p.Rows), k
	case p.more && p.Rows < fullPage:
		return mend(small, "a page has %d recordings, and %d were asked for: a look takes %d times the requests", p.Rows, fullPage, fullPage/max(1, p.Rows)), k
	case p.more:
		return ok("%d recordings a page, %d kB in %d ms", p.Rows, p.Bytes>>10, p.Took.Milliseconds()), k
	}
	return ok("all %d recordings are on one page, %d kB in %d ms", p.Rows, p.Bytes>>10, p.Took.Milliseconds()), k
}

const (
	latencyTimes = 5                      // requests
	latencyFair  = 400 * time.Millisecond // from here on it is worth a word
	latencySlow  = time.Second            // from here on a pause is late
)

// latency times five small reads, one after the other on one connection.
func latency(ctx context.Context, _ Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	var all []time.Duration
	for range latencyTimes {
		p, err := list(ctx, k.client, 1)
		if err != nil {
			return mend(cmp.Or(api.Hint(err), "try again"), "request %d of %d failed: %s", len(all)+1, latencyTimes, api.Words(err)), k
		}
		all = append(all, p.Took)
	}
	slices.Sort(all)
	median, worst := all[len(all)/2], all[len(all)-1]
	words := fmt.Sprintf("median %d ms, worst of %d %d ms", median.Milliseconds(), latencyTimes, worst.Milliseconds())
	const how = "look for what is slow on the way (VPN, proxy), or run tapedeck on a host that is nearer to the space"
	switch {
	case median >= latencySlow:
		return mend(how, "%s: a pause takes as long", words), k
	case median >= latencyFair || worst >= latencySlow:
		return note(how, "%s", words), k
	}
	return ok("%s", words), k
}
