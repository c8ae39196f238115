package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/api"
	"tapedeck/api/background"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	"tapedeck/api/serve"
	"tapedeck/api/share"
	"tapedeck/api/text"
	"tapedeck/config"
)

const aboutServe = `serve is one tapedeck for everybody on this host. It polls each project once,
holds the tokens and the journal, and listens on a Unix socket by which the
dashboards and commands of this host work: those need neither settings nor a
token. It serves until SIGINT or SIGTERM; an update under way is answered first.

Who asks is what the kernel says of the other end of the socket. The tables
[roles.NAME] of the settings file say who may do what:

  [roles.operator]
  may = ["view", "pause", "resume", "acknowledge", "timer"]
  groups = ["operators"]

There are view, pause, resume, stop, start, acknowledge, timer, reveal, bulk and
sessions, or all. Where the policy is evidence, a stop needs stop-evidence beside
stop, which all does not stand for. Root and the service's own user may do all. Without such
tables, whoever may connect may do all: the members of socket_group.

With ssh_listen (--ssh 127.0.0.1:2222) it also listens for SSH, for people without an
account on this host. They log in with a key of the file ssh_keys, or a certificate
of an authority of ssh_user_cas, and need a role that has it:

  [roles.watcher]
  may = ["view"]
  keys = ["wallboard", "SHA256:5BBvzIIjkbGsLOkRAVOTSBPoJ43ivRENk+vJseHRgOg"]
  principals = ["watchers"]

ssh -p 2222 HOST is the dashboard; ssh -p 2222 HOST list --json and so on run list,
show, watch, pause, resume, ack and status. There is no shell, no forwarding and no
file. OpenSSH hides when keys are pressed by sending some 190 packets after each;
where that is too much for a line, put this into ~/.ssh/config, with what else the
dashboard uses:

  Host HOST
    Port 2222
    ObscureKeystrokeTiming no
    SendEnv LANG LC_* COLORTERM NO_COLOR TZ

With share (--share nats://…) the services of several hosts share what the API cannot
tell, and any of them carries out the auto-resumes of all; see README, "Several hosts".

The setting alarm_command runs once for the host, for each alarm. Pauses,
acknowledgements and auto-resumes outlive the service. It works under
systemd (socket activation, readiness, status, watchdog) and without.`

// serveCommand returns the command that serves the decks of this host.
func (r *runner) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve one deck for everybody on this host, on a Unix socket",
		Long:  aboutServe,
		Example: `  tapedeck serve --socket-group operators
  tapedeck serve --serve-profiles eu,us --metrics 127.0.0.1:9464
  tapedeck serve --ssh 127.0.0.1:2222 --ssh-keys /etc/tapedeck/ssh_keys
  curl --unix-socket /run/tapedeck/tapedeck.sock http://tapedeck/v1/status`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.runServe(cmd) },
	}
	addSettings(cmd, "config", "profile", "interval", "lookback", "read-only", "policy", "pause-warn", "pause-alarm", "unrecorded-alarm", "log", "state-dir",
		"journal-numbers", "journal-syslog", "journal-required", "socket", "socket-group", "serve-profiles", "metrics", "alarm-command",
		"ssh-listen", "ssh-keys", "ssh-user-cas", "ssh-revoked", "ssh-idle", "ssh-proxies", "share", "share-creds", "share-ca", "share-host", "pause-behavior", "pause-scope", "auto-resume", "mask-numbers", "names-file", "theme", "tick", "low-bandwidth")
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "ssh" {
			name = "ssh-listen"
		}
		return pflag.NormalizedName(name)
	})
	return cmd
}

// service is what a running tapedeck serve has opened.
type service struct {
	version  string
	log      *Log
	host     config.Config
	configs  []config.Config
	kept     *serve.Kept
	projects []*serve.Project
	records  []*Record
	alarms   *AlarmCommand // for all projects; nil for none
	door     *door         // for SSH; nil for none
	shared   share.Store   // what other hosts are told; nil where nothing is shared
	tell     func(format string, args ...any)
}

// runServe serves until the context ends.
func (r *runner) runServe(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	s := &service{version: r.release(), tell: r.tell}
	if s.host, s.configs, err = r.served(cmd); err != nil {
		return err
	}
	r.warn(s.host)
	if s.log, err = OpenLog(s.host); err != nil {
		return err
	}
	defer s.log.Close()
	defer TakeStandardLog(s.log)()
	listener, err := serve.Listen(serve.Socket{Paths: s.host.Sockets, Group: s.host.SocketGroup, Environ: r.Environ})
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	var metrics net.Listener
	if s.host.Metrics != "" {
		if metrics, err = serve.ListenMetrics(ctx, s.host.Metrics); err != nil {
			return err
		}
		defer func() { _ = metrics.Close() }()
	}
	if s.door, err = r.openSSH(ctx, s.host); err != nil {
		return err
	}
	defer s.door.close()
	unlock, err := serve.LockKept(s.host.StateDir)
	if err != nil {
		return err
	}
	defer unlock()
	if s.kept, err = serve.OpenKept(s.host.StateDir); s.kept == nil {
		return err
	} else if err != nil {
		r.tell("warning: %v", err)
	}
	if s.shared, err = OpenShare(s.host, s.version); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	server := serve.New(serve.Options{
		Projects: s.projects, Roles: rolesOf(s.host.Roles), Version: s.version, Kept: s.kept, Share: s.shared,
		Notify: serve.NotifierFrom(r.Environ), Say: r.tell, AlarmCommand: len(s.host.AlarmCommand) > 0,
	})
	s.alarms = NewAlarmCommand(s.host, AlarmOptions{Environ: r.Environ, Tokens: s.tokens(), Say: func(words string) { r.tell("warning: %s", words) }})
	if s.door != nil {
		if err := s.door.prepare(r, s, server); err != nil {
			return err
		}
	}
	r.tell("serving %s on %s", s.names(), listener.Path())
	return s.run(ctx, server, listener, metrics)
}

// run serves, with the metrics beside it, without which it does not go on.
func (s *service) run(ctx context.Context, server *serve.Server, l, metrics net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var parts background.Group
	if s.shared != nil {
		parts.Go(s.shared.Run)
		parts.Go(func(ctx context.Context) error {
			return TellShare(ctx, s.shared, func(odd string) { s.tell("warning: %s", odd) }, func(words string) { s.tell("%s", words) })
		})
	}
	parts.Go(s.alarms.Run)
	for i, p := range s.projects {
		parts.Go(func(ctx context.Context) error { return s.alarms.Follow(ctx, s.configs[i], p.Deck) })
	}
	for i, p := range s.projects { // so that tapedeck status, of the service's own user, knows how it is
		parts.Go(func(ctx context.Context) error {
			return ShareStatus(ctx, s.configs[i], p.Deck, func() bool { return false })
		})
	}
	if metrics != nil {
		parts.Go(func(ctx context.Context) error { return server.RunMetrics(ctx, metrics) })
	}
	parts.Go(func(ended context.Context) error {
		select {
		case <-parts.Broken():
			stop()
		case <-ended.Done():
		}
		return nil
	})
	s.door.run(ctx, &parts)
	err := server.Run(ctx, l)
	stop() // also where it has failed: the sessions over SSH are told
	return joined(err, parts.Stop())
}

// tokens returns the tokens of all projects.
func (s *service) tokens() (list []secret.Token) {
	for _, c := range s.configs {
		list = append(list, c.Token)
	}
	return list
}

// tell writes a line about the service for its administrator.
func (r *runner) tell(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		_, _ = fmt.Fprintf(r.Stderr, "tapedeck: %s\n", text.New(strings.TrimRight(line, "\n")))
	}
}

// served returns the settings of the host, and those of each profile that is
// served: those that serve_profiles names, unless one was named by a flag, else
// the one in force.
func (r *runner) served(cmd *cobra.Command) (host config.Config, list []config.Config, err error) {
	in := r.sources(cmd)
	in.NoProject = true
	if host, err = config.Load(cmd.Context(), in); err != nil {
		return host, nil, err
	}
	names := host.ServeProfiles
	if in.Flags["profile"] != "" || len(names) == 0 {
		names = []string{""}
	}
	owner := map[string]string{} // of each project, which profile has it
	for _, name := range names {
		in := r.sources(cmd)
		if name != "" {
			in.Flags = maps.Clone(in.Flags)
			in.Flags["profile"] = name
		}
		c, err := config.Load(cmd.Context(), in)
		if err != nil {
			return host, nil, err
		}
		key := c.Space + " " + c.Project
		if other, taken := owner[key]; taken {
			return host, nil, usage(fmt.Sprintf("cannot serve the profiles %s and %s: they are the same project", other, c.Profile), "leave one of them out of serve_profiles")
		}
		owner[key] = c.Profile
		host.Warnings = append(host.Warnings, slices.DeleteFunc(c.Warnings, func(w string) bool { return slices.Contains(host.Warnings, w) })...)
		list = append(list, c)
	}
	return host, list, nil
}

// open opens the journals and the decks.
func (s *service) open() error {
	for _, c := range s.configs {
		record := OpenJournal(c)
		s.records = append(s.records, record)
		if err := record.Trouble(); err != nil && c.JournalRequired {
			return err
		}
		follower := journal.Follow(c.StateDir, c.Space, c.Project)
		d, err := deck.Open(api.Config{
			Space: c.Space, Project: c.Project, Token: c.Token, UserAgent: "tapedeck/" + s.version, Observe: s.log.Exchange,
		}, deck.Config{
			Interval: c.Interval, Lookback: c.Lookback, ReadOnly: c.ReadOnly, PauseWarn: c.PauseWarn, PauseAlarm: c.PauseAlarm,
			Policy: c.Policy, UnrecordedAlarm: c.UnrecordedAlarm,
			Journal: record.Journal(), JournalRequired: c.JournalRequired, Space: c.Space, Project: c.Project, WhoPaused: follower.Paused, Past: follower.Past,
			Share: s.shared, Watched: true, Kept: s.kept.Deck(c.Space, c.Project), Timelines: s.kept.Timelines(c.Space, c.Project),
		})
		if err != nil {
			return err
		}
		s.projects = append(s.projects, &serve.Project{
			Profile: c.Profile, Space: c.Space, ID: c.Project, ReadOnly: c.ReadOnly, Deck: d, Journal: record.Journal(),
			Actions: follower.Actions, Recorded: recordedIn(c.StateDir), Background: func(ctx context.Context) { _ = follower.Run(ctx) },
		})
	}
	return nil
}

// recordedIn returns what reads the journal in a state directory.
func recordedIn(dir string) serve.Recorded {
	return func(since time.Time) iter.Seq2[journal.Entry, error] {
		return journal.Read(dir, journal.Filter{Since: since})
	}
}

// close closes the journals. The error says what is not on record.
func (s *service) close() (err error) {
	for _, r := range s.records {
		err = errors.Join(err, r.Close())
	}
	return err
}

// names returns what is served, for a sentence.
func (s *service) names() string {
	var names []string
	for _, c := range s.configs {
		name := c.Profile
		if name == "" {
			name = c.Space
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// rolesOf returns the roles of the settings as the service has them.
func rolesOf(list []config.Role) (roles []serve.Role) {
	for _, r := range list {
		role := serve.Role{Name: r.Name, Users: r.Users, Groups: r.Groups, Keys: r.Keys, Principals: r.Principals}
		for _, word := range r.May {
			role.May = append(role.May, local.Word(word))
		}
		roles = append(roles, role)
	}
	return roles
}
