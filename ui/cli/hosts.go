package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// sharedHost is a host that shares, as tapedeck status has it.
type sharedHost struct {
	Name     string     `json:"name"`
	Version  string     `json:"version,omitempty"`
	Sessions int        `json:"sessions"`
	Self     bool       `json:"self"`            // it is the one that was asked
	Gone     bool       `json:"gone"`            // nothing is heard of it, or it has left
	Left     bool       `json:"left"`            // it said that it leaves
	Heard    *time.Time `json:"heard,omitempty"` // when it was last heard of; absent while it is there
	Pauses   int        `json:"paused"`
	Timers   int        `json:"auto_resumes"`
}

// addHosts adds which hosts share, and since when they are not heard.
func (s *sharedStatus) addHosts(snap *deck.Snapshot) {
	if !snap.Share.Shared {
		return
	}
	if !snap.Share.Connected {
		s.Alone = snap.Share.Since
	}
	for _, h := range snap.Hosts {
		if !h.Gone {
			h.Heard = time.Time{} // it is not told of each sign of life
		}
		s.Hosts = append(s.Hosts, sharedHost{
			Name: text.New(h.Name).String(), Version: text.New(h.Version).String(), Sessions: h.Sessions,
			Self: h.Self, Gone: h.Gone, Left: h.Left, Heard: moment(h.Heard), Pauses: h.Pauses, Timers: h.Timers,
		})
	}
}

// goneHosts are the hosts of which nothing is heard though something of theirs goes
// on, as far as anybody can know it, in the words of a line.
func (s sharedStatus) goneHosts(now time.Time) (list []string) {
	if !s.Alone.IsZero() {
		return nil
	}
	for _, h := range s.Hosts {
		if !h.Gone || h.Pauses+h.Timers == 0 {
			continue
		}
		words := "HOST " + h.Name + " GONE"
		if h.Heard != nil {
			words += " " + times.Hours(now.Sub(*h.Heard))
		}
		list = append(list, words)
	}
	return list
}

// sharingOf returns what the service says of the hosts that share, over all its
// profiles; nil where nothing is shared.
func (r *runner) sharingOf(cmd *cobra.Command) (*local.Sharing, error) {
	var status local.Status
	if err := r.askService(cmd, http.MethodGet, local.PathStatus, &status); err != nil {
		return nil, err
	}
	var out *local.Sharing
	at := map[string]int{}
	for _, p := range status.Profiles {
		s := p.State.Sharing
		if s == nil {
			continue
		}
		if out == nil {
			out = &local.Sharing{Connected: s.Connected, Since: s.Since, Why: s.Why}
		}
		for _, h := range s.Hosts {
			i, known := at[h.Name]
			if !known {
				at[h.Name] = len(out.Hosts)
				out.Hosts = append(out.Hosts, h)
				continue
			}
			out.Hosts[i].Pauses += h.Pauses
			out.Hosts[i].Timers += h.Timers
		}
	}
	return out, nil
}

// printHostsOf prints the hosts that share, one a line.
func printHostsOf(out io.Writer, s *local.Sharing, now time.Time) error {
	if s == nil {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nHOST\tVERSION\tSESSIONS\tHEARD\tPAUSED\tAUTO-RESUMES")
	for _, h := range s.Hosts {
		name, heard := h.Name, "now"
		switch ago := now.Sub(h.Heard); {
		case h.Self:
			name, heard = name+" (this one)", "-"
		case h.Left && h.Gone:
			heard = "left " + times.Hours(ago) + " ago"
		case h.Gone:
			heard = "gone, " + times.Hours(ago) + " ago"
		case !s.Connected:
			heard = "not known"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", text.New(name), text.New(cmp.Or(h.Version, "-")), h.Sessions, heard, strconv.Itoa(h.Pauses), strconv.Itoa(h.Timers))
	}
	if err := w.Flush(); err != nil || s.Connected {
		return err
	}
	_, err := fmt.Fprintf(out, "LOCAL ONLY %s: the other hosts are not heard: %s\n", times.Hours(now.Sub(s.Since)), text.New(s.Why))
	return err
}
