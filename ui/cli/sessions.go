package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/config"
)

// sessionsTime is how long the service may take to answer.
const sessionsTime = 5 * time.Second

// maxAnswer is how large an answer of the service may be, in bytes.
const maxAnswer = 16 << 20

// sessionsCommand returns the command that shows who is connected to the
// service of this host.
func (r *runner) sessionsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "Show who is connected to the service of this host",
		Long: `sessions shows who is connected to the service of this host: the user, the role,
since when, how long ago the last key was pressed, and which question is open on
which recording. Of somebody who came in by the service's own SSH it shows the
address and the beginning of the key; --json has all of it. Without the
permission "sessions" it shows your own. Below are the hosts that share with it
(setting share), which tapedeck status --json has too.

Exits 1 when no service runs.`,
		Example: `  tapedeck sessions
  tapedeck sessions end s12`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list local.Sessions
			if err := r.askService(cmd, http.MethodGet, local.PathSessions, &list); err != nil {
				return err
			}
			if asJSON {
				return printJSON(r.Stdout, list.Sessions)
			}
			if err := printSessions(r.Stdout, list.Sessions); err != nil {
				return err
			}
			sharing, err := r.sharingOf(cmd)
			if err != nil {
				return err
			}
			return printHostsOf(r.Stdout, sharing, time.Now())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	addSettings(cmd, "config", "socket", "server")
	cmd.AddCommand(r.endSession())
	return cmd
}

// endSession returns the command that ends a session.
func (r *runner) endSession() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "end ID",
		Short: "End a session: its screen says so and closes",
		Long: `end ends a session, by its ID as tapedeck sessions shows it. An update of it that
is under way goes on; what it paused stays paused, and is offered to the next one
of its role. To end that of another user takes the permission "sessions".`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(cmd.CommandPath()+" takes one ID", "tapedeck sessions lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.askService(cmd, http.MethodDelete, local.PathSessions+"/"+url.PathEscape(args[0]), nil); err != nil {
				return err
			}
			_, err := fmt.Fprintf(r.Stdout, "session %s ended\n", text.New(args[0]))
			return err
		},
	}
	addSettings(cmd, "config", "socket", "server")
	return cmd
}

// printSessions prints sessions, one a line.
func printSessions(out io.Writer, list []local.Session) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tUSER\tROLE\tSINCE\tIDLE\tFROM\tWHAT")
	for _, s := range list {
		what := cmp.Or(s.Command, "-")
		if s.Prompt != nil {
			what = s.Prompt.Verb + "? " + shortSID(s.Prompt.SID)
			if n := len(s.Prompt.More); n > 0 {
				what += fmt.Sprintf(" and %d more", n)
			}
		}
		id := s.ID
		if s.You {
			id += " (you)"
		}
		idle := max(0, s.Idle.Duration()).Round(time.Second)
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", text.New(id), text.New(s.User), text.New(cmp.Or(s.Role, "-")),
			s.Since.Local().Format("2006-01-02 15:04:05"), idle, text.New(from(s)), text.New(what))
	}
	return w.Flush()
}

// from returns where a session comes from: of one by the service's own SSH, the
// address and the beginning of the key, unless that is the user's name.
func from(s local.Session) string {
	if s.SSH == nil {
		return cmp.Or(s.Claims.SSHClient, s.Claims.TTY, "-")
	}
	words := "ssh " + cmp.Or(s.SSH.Client, "-")
	if s.SSH.Key != s.User {
		words += " " + shortKey(s.SSH.Key)
	}
	return words
}

// shortKey returns the beginning of a key's fingerprint.
func shortKey(fingerprint string) string {
	const n = len("SHA256:") + 8
	if len(fingerprint) > n {
		return strings.ToValidUTF8(fingerprint[:n], "") + "…"
	}
	return fingerprint
}

// shortSID returns the end of a SID, as the screen shows it.
func shortSID(sid string) string {
	if len(sid) > 4 {
		return "…" + sid[len(sid)-4:]
	}
	return sid
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// askService asks the service of this host, and reads its answer into out, if
// that is not nil.
func (r *runner) askService(cmd *cobra.Command, method, path string, out any) error {
	in := r.sources(cmd)
	in.NoProject = true
	c, err := config.Load(cmd.Context(), in)
	if err != nil {
		return err
	}
	sockets := c.Sockets
	switch c.Server {
	case config.ServerOff:
		return usage("cannot ask the service: server is off", "leave out --server, or unset TAPEDECK_SERVER")
	case config.ServerAuto:
	default:
		sockets = []string{c.Server}
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), sessionsTime)
	defer cancel()
	body, err := askAt(ctx, sockets, method, path)
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return &Error{What: "cannot read the answer of the service: " + text.New(err.Error()).String(), Hints: []string{"tapedeck version and the service's have to fit; update one of them"}}
	}
	return nil
}

// askAt asks the first service that listens on one of these sockets.
func askAt(ctx context.Context, sockets []string, method, path string) ([]byte, error) {
	var why error
	at := ""
	for _, socket := range sockets {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			return askOn(ctx, c, method, path)
		}
		if why == nil || errors.Is(why, fs.ErrNotExist) {
			why, at = err, socket
		}
	}
	if why == nil {
		return nil, usage("cannot ask the service: no socket is known", "name it with --socket PATH")
	}
	e := &Error{What: "cannot ask the service on " + at + ": " + why.Error()}
	switch {
	case errors.Is(why, fs.ErrNotExist), errors.Is(why, syscall.ECONNREFUSED):
		e.What, e.Hints = "no service runs on "+at, []string{"start one with tapedeck serve, or name its socket with --socket PATH"}
	case errors.Is(why, fs.ErrPermission):
		e.What, e.Hints = "you may not connect to "+at, []string{"ask to be made a member of the socket's group"}
	}
	return nil, e
}

// askOn asks the service at the other end of a connection, and closes it.
func askOn(ctx context.Context, c net.Conn, method, path string) ([]byte, error) {
	used := false
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		if used {
			return nil, net.ErrClosed
		}
		used = true
		return c, nil
	}}}
	defer func() { _ = c.Close() }()
	req, err := http.NewRequestWithContext(ctx, method, "http://tapedeck"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the service: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("ask the service: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	var refusal local.Refusal
	if json.Unmarshal(body, &refusal) != nil || refusal.Error == "" {
		return nil, fmt.Errorf("ask the service: HTTP %d", resp.StatusCode)
	}
	e := &Error{What: "the service refuses: " + text.New(refusal.Error).String()}
	if refusal.Hint != "" {
		e.Hints = []string{text.New(refusal.Hint).String()}
	}
	return nil, e
}
