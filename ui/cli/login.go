package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tapedeck/api/secret"
	"tapedeck/api/text"
	"tapedeck/config"
)

// loginTries is how often a person is asked before a login is given up.
const loginTries = 3

// maxTyped is how long a line that is typed may be, in bytes.
const maxTyped = 4 << 10

// login is one call of tapedeck login.
type login struct {
	*runner
	book           *config.Book
	space, project string // as given or typed; with a value they are not asked for
	profile        string // as given; empty for one by the name of the space
	command        []string
	token          secret.Token

	wasSpace, wasProject string // what was typed before, and was wrong: Enter takes it again
}

// loginCommand returns the command that writes a project's credentials into the
// settings file.
func (r *runner) loginCommand() *cobra.Command {
	var command string
	l := &login{runner: r}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Enter space, project and token, try them, and keep them in the settings file",
		Long: `login asks for the space, the project's ID and its API token, which is not shown,
and tries them by listing one recording. What works is written as a profile into
the settings file, which only you can read then; its comments and the order of
its lines stay. The API page of your space's dashboard has all three; the token
needs the Voice scope.

With --token-command the file gets the command that prints the token instead of
the token. It is run each time, without a shell.

Without a terminal it reads the token from standard input, and needs --space and
--project. A token is never an argument: everyone on the machine could see it.

Exits 4 when the API refuses what was entered, 6 when it cannot be reached; then
nothing is written.`,
		Example: `  tapedeck login
  tapedeck login --profile eu --token-command "pass show signalwire/eu"
  pass show signalwire/eu | tapedeck login --space acme-eu --project 6a1f2c3d-0000-4aaa-8bbb-000000000001`,
		Args: noSecrets,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cmd.Flags().Changed("token-command") {
				if l.command, err = config.SplitCommand(command); err != nil {
					return err
				}
			}
			in := r.sources(cmd)
			if l.book, err = config.OpenBook(in); err != nil {
				return err
			}
			if l.profile = l.book.Chosen(in); l.profile != "" {
				if err := config.CheckProfile(l.profile); err != nil {
					return err
				}
			}
			return l.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&l.space, "space", "", "the space: a name, a host or a `URL`")
	cmd.Flags().StringVar(&l.project, "project", "", "the project's `ID`")
	cmd.Flags().StringVar(&command, "token-command", "", "write this `COMMAND`, which prints the token, instead of the token")
	addSettings(cmd, "config", "profile")
	return cmd
}

// noSecrets refuses any argument, and repeats none: it may be a token.
func noSecrets(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd.CommandPath()+" takes no arguments", "if that was a token, change it: everyone on the machine could see it",
		cmd.CommandPath()+" --help lists its flags")
}

// run asks, tries, and writes what works.
func (l *login) run(ctx context.Context) error {
	if !l.answers() {
		return l.fromInput(ctx)
	}
	l.say("tapedeck login keeps a project in %s.\nThe API page of your space's dashboard has its space, ID and token.\n", l.shownPath())
	for try := 1; ; try++ {
		if err := l.ask(ctx); err != nil {
			return err
		}
		l.say("trying …\n")
		wrong, err := l.try(ctx)
		if err == nil {
			return l.keep()
		}
		if wrong == nil || try == loginTries || ctx.Err() != nil {
			return err
		}
		l.report(err)
		l.forget(wrong)
	}
}

// fromInput takes the token from standard input, or from the command.
func (l *login) fromInput(ctx context.Context) error {
	const example = "such as: pass show signalwire | tapedeck login --space acme --project ID"
	if l.space == "" || l.project == "" {
		return usage("cannot ask for space and project: standard input is not a terminal", "give --space and --project, and the token on standard input, "+example)
	}
	if err := l.check(); err != nil {
		return err
	}
	if l.command == nil {
		typed, err := l.line(ctx, false)
		if errors.Is(err, io.EOF) {
			return usage("there is no token on standard input", "print it there, "+example)
		} else if err != nil {
			return err
		}
		if err := config.CheckToken(typed); err != nil {
			return err
		}
		l.token = secret.New(typed)
	}
	if _, err := l.try(ctx); err != nil {
		return err
	}
	return l.keep()
}

// check refuses a space and a project that are none, or that a profile with this
// name has otherwise.
func (l *login) check() error {
	if _, err := config.CheckSpace(l.space); err != nil {
		return err
	}
	if err := config.CheckProject(l.project); err != nil {
		return err
	}
	return l.checkTaken()
}

// checkTaken refuses a profile that was named and is another project's.
func (l *login) checkTaken() error {
	if l.profile == "" || !l.taken(l.profile) {
		return nil
	}
	space, project := l.book.Project(l.profile)
	return usage(fmt.Sprintf("profile %s is that of another project (space %s, project %s)", l.profile, text.New(cmp.Or(space, "not set")), text.New(cmp.Or(project, "not set"))),
		"choose another name with --profile", "or take it out first: tapedeck logout --profile "+l.profile)
}

// taken reports whether a profile has another project than this one.
func (l *login) taken(name string) bool {
	space, project := l.book.Project(name)
	base, _ := config.CheckSpace(l.space)
	return l.book.Has(name) && (space != "" && space != base || project != "" && project != l.project)
}

// name returns the profile to write: the one that was named, or one by the name
// of the space that is not another project's.
func (l *login) name() string {
	if l.profile != "" {
		return l.profile
	}
	name := nameOf(l.space)
	for n := 2; l.taken(name); n++ {
		name = fmt.Sprintf("%s-%d", nameOf(l.space), n)
	}
	return name
}

// nameOf returns a name for a space: the first part of its host.
func nameOf(space string) string {
	base, _ := config.CheckSpace(space)
	u, err := url.Parse(base)
	if err != nil {
		return "login"
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); host == "localhost" || err == nil && a.IsLoopback() {
		return "local"
	} else if err != nil {
		host, _, _ = strings.Cut(host, ".")
	}
	host = strings.ReplaceAll(host, ":", "-")
	if config.CheckProfile(host) != nil {
		return "login"
	}
	return host
}

// keep writes what works, and says what it did.
func (l *login) keep() error {
	name := l.name()
	narrowed, err := l.book.Keep(config.Login{Profile: name, Space: l.space, Project: l.project, Token: l.token, Command: l.command})
	if err != nil {
		return err
	}
	what := "space, project and token"
	if l.command != nil {
		what = "space, project and the token's command"
	}
	base, _ := config.CheckSpace(l.space)
	out := fmt.Sprintf("%s answers: recordings of project %s can be listed\n%s are in %s, profile %s\n",
		hostIn(base), text.New(l.project), what, l.shownPath(), name)
	if narrowed != 0 {
		out += fmt.Sprintf("its mode was %04o and is 0600: others could have read it\n", narrowed)
	}
	if _, err := io.WriteString(l.Stdout, out+l.next(name)); err != nil {
		return fmt.Errorf("print what was written: %w", err)
	}
	return nil
}

// next says how the profile is used.
func (l *login) next(name string) string {
	switch set := l.book.First(); {
	case len(set) > 0:
		return fmt.Sprintf("%s counts before it here: unset it, or use tapedeck --profile %s\n", strings.Join(set, ", "), name)
	case l.book.Default() == name:
		return "run tapedeck\n"
	}
	return fmt.Sprintf("run tapedeck --profile %s\n", name)
}

func hostIn(base string) string {
	if u, err := url.Parse(base); err == nil {
		return text.New(u.Host).String()
	}
	return base
}

func (l *login) shownPath() string {
	return text.New(config.ShownPath(l.book.Path(), l.Environ)).String()
}

func (l *login) say(format string, args ...any) { _, _ = fmt.Fprintf(l.Stderr, format, args...) }

// forget drops what is to be asked for again.
func (l *login) forget(wrong []string) {
	if slices.Contains(wrong, "token") {
		l.token = secret.Token{}
	}
	if slices.Contains(wrong, "space") {
		l.wasSpace, l.space = l.space, ""
	}
	if slices.Contains(wrong, "project") {
		l.wasProject, l.project = l.project, ""
	}
}

// ask asks for what is not known. Before the first question a profile that was
// named proposes what it has.
func (l *login) ask(ctx context.Context) (err error) {
	space, project := l.wasSpace, l.wasProject
	if l.profile != "" && space == "" && project == "" {
		space, project = l.book.Project(l.profile)
		space = strings.TrimPrefix(space, "https://")
	}
	if l.space == "" {
		err = l.question(ctx, "Space, such as acme or acme.signalwire.com", space, &l.space, func(s string) error {
			_, err := config.CheckSpace(s)
			return err
		})
	}
	if err == nil && l.project == "" {
		err = l.question(ctx, "Project, its ID", project, &l.project, config.CheckProject)
	}
	if err == nil {
		err = l.check() // flags too
	}
	if err != nil || l.command != nil || l.token.IsSet() {
		return err
	}
	for range loginTries {
		l.say("Token (it is not shown): ")
		typed, err := l.line(ctx, true)
		if err != nil {
			return l.canceled(err)
		}
		if typed == "" {
			continue
		}
		if err = config.CheckToken(typed); err == nil {
			l.token = secret.New(typed)
			return nil
		}
		l.report(err)
	}
	return l.canceled(io.EOF)
}

// question asks until the answer is of use. Enter alone takes what is proposed.
func (l *login) question(ctx context.Context, words, proposed string, to *string, check func(string) error) error {
	if proposed != "" {
		words += " [" + text.New(proposed).String() + "]"
	}
	for range loginTries {
		l.say("%s: ", words)
		typed, err := l.line(ctx, false)
		if err != nil {
			return l.canceled(err)
		}
		if typed = cmp.Or(typed, proposed); typed == "" {
			continue
		}
		if err = check(typed); err == nil {
			*to = typed
			return nil
		}
		l.report(err)
	}
	return l.canceled(io.EOF)
}

// canceled is the error of a question that nobody has answered.
func (l *login) canceled(err error) error {
	if errors.Is(err, io.EOF) {
		l.say("\n")
		return &Error{What: "login canceled: there is no answer; nothing was written"}
	}
	return err
}

// typedLine is a line that was typed.
type typedLine struct {
	text string
	err  error
}

// line reads a line from standard input, without the blanks around it. Hidden: a
// terminal does not show what is typed. It is given back as it was, whatever
// happens.
func (l *login) line(ctx context.Context, hidden bool) (string, error) {
	if l.Stdin == nil {
		return "", io.EOF
	}
	read := func() (string, error) { return readLine(l.Stdin) }
	if f, ok := l.Stdin.(interface{ Fd() uintptr }); ok && hidden && term.IsTerminal(f.Fd()) {
		fd := f.Fd()
		before, err := term.GetState(fd)
		if err != nil {
			return "", fmt.Errorf("hide what is typed: %w", err)
		}
		defer func() { _ = term.Restore(fd, before); l.say("\n") }()
		read = func() (string, error) {
			b, err := term.ReadPassword(fd)
			return string(b), err
		}
	}
	lines := make(chan typedLine, 1)
	go func() { // it may wait for a key for as long as the process lives
		s, err := read()
		lines <- typedLine{strings.TrimSpace(s), err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-lines:
		return line.text, line.err
	}
}

// readLine reads a line and nothing of what follows it: another reader may want
// that. [io.EOF] is that there is none.
func readLine(in io.Reader) (string, error) {
	var b strings.Builder
	one := make([]byte, 1)
	for {
		n, err := in.Read(one)
		switch {
		case n == 1 && one[0] == '\n', err == io.EOF && b.Len() > 0:
			return b.String(), nil
		case n == 1:
			b.WriteByte(one[0])
		case err != nil:
			return "", err
		}
		if b.Len() > maxTyped {
			return "", fmt.Errorf("read what was typed: a line is longer than %d bytes", maxTyped)
		}
	}
}
