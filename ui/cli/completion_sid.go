package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api/text"
)

// completeLimit is how long a shell waits for SIDs: a key must not hang.
const completeLimit = 100 * time.Millisecond

// completeSIDs completes the SIDs of active recordings, with who is on the line,
// from a running service, else from the dashboards of this user. The network is
// never asked: where none runs, or none answers in time, there is nothing.
func (r *runner) completeSIDs(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if r.Attach == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), cmp.Or(r.completeLimit, completeLimit))
	defer cancel()
	found := make(chan []string, 1)
	go func() { found <- r.sidsFor(ctx, cmd, args, typed) }()
	select {
	case sids := <-found:
		return sids, cobra.ShellCompDirectiveNoFileComp
	case <-ctx.Done():
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// sidsFor returns the SIDs that begin, or end, with what was typed.
func (r *runner) sidsFor(ctx context.Context, cmd *cobra.Command, args []string, typed string) (sids []string) {
	service, c, err := r.attach(ctx, cmd, "completion", nil)
	if err != nil {
		return nil
	}
	list := sharedFor(c)
	if service != nil {
		defer func() { _ = service.Close() }()
		l := r.newLink(c)
		l.Service, l.attached = service, service
		s, err := l.synced(ctx)
		if err != nil {
			return nil
		}
		list = sidsOf(s, l.view)
	}
	for _, rec := range list {
		if !slices.Contains(args, rec.SID) && (strings.HasPrefix(strings.ToLower(rec.SID), strings.ToLower(typed)) || isSID(text.New(rec.SID), typed)) {
			sids = append(sids, cobra.CompletionWithDesc(rec.SID, rec.Is))
		}
	}
	return sids
}
