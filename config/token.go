package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tapedeck/api/secret"
	"tapedeck/api/state"
)

const (
	commandTime = 10 * time.Second // for a token_command
	maxToken    = 4 << 10          // more than any token has, in bytes
)

// writtenToken is how a token was written down: itself, or a file or a command
// that has it.
type writtenToken struct {
	written           // the token itself
	file     string   // path of a token_file
	command  []string // a token_command
	relative base     // for file and command
}

func (t writtenToken) isSet() bool {
	return t.value != "" || t.file != "" || t.command != nil || t.err != nil
}

// tokenOf returns how a table of the file writes down its token.
func tokenOf(t table) writtenToken {
	var w writtenToken
	var given []string
	take := func(key string, read func(v any) error) {
		v, ok := t.values[key]
		if !ok || v == "" {
			return
		}
		given = append(given, key)
		w.source, w.place = t.source(key), t.place(key)
		if key != "token" {
			w.source += " (" + key + ")"
		}
		if err := read(v); err != nil && w.err == nil {
			w.err = problem("cannot use %s (%s): %v", key, w.place, err)
		}
	}
	text := func(to *string) func(any) error {
		return func(v any) (err error) {
			*to, err = textKind.text(v)
			return err
		}
	}
	take("token", text(&w.value))
	take("token_file", text(&w.file))
	take("token_command", func(v any) (err error) {
		w.command, err = commandOf(v)
		return err
	})
	if len(given) > 1 {
		w.err = problem("cannot use %s (%s): %s has %s as well, and only one of them can be meant",
			given[len(given)-1], w.place, t.name(), given[0])
	}
	w.relative = base{dir: t.file.dir()}
	return w
}

// commandOf returns the words of a token_command.
func commandOf(v any) ([]string, error) {
	wrong := errors.New(`it must be an array of words, such as ["pass", "show", "signalwire"]`)
	items, ok := v.([]any)
	if !ok || len(items) == 0 {
		return nil, wrong
	}
	var words []string
	for _, item := range items {
		word, ok := item.(string)
		if !ok || strings.ContainsRune(word, 0) {
			return nil, wrong
		}
		words = append(words, word)
	}
	if words[0] == "" {
		return nil, wrong
	}
	return words, nil
}

// warnOfTokens warns of a settings file with a token that others can read.
func (l *loader) warnOfTokens() {
	if l.file == nil || !readable(l.file.mode) {
		return
	}
	has := func(t table) bool { return t.values["token"] != nil && t.values["token"] != "" }
	found := has(l.file.top())
	for _, name := range l.file.profiles() {
		found = found || has(l.file.profile(name))
	}
	if found {
		l.warn("%s holds a token and has mode %04o: others may read it; run chmod 600 on it",
			l.file.path, l.file.mode.Perm())
	}
}

// readToken returns the token that w stands for. No error of it holds the token.
func (l *loader) readToken(ctx context.Context, w writtenToken) (secret.Token, error) {
	w.relative.home = l.env.value("HOME")
	value := w.value
	var err error
	switch {
	case w.err != nil:
		return secret.Token{}, w.err
	case w.command != nil && l.in.NoCommand:
		return secret.Token{}, nil
	case w.command != nil:
		value, err = l.runCommand(ctx, w)
	case w.file != "":
		value, err = l.readTokenFile(w)
	}
	if err != nil {
		return secret.Token{}, err
	}
	value = strings.TrimRight(value, "\r\n")
	if err := checkToken(value); err != nil {
		return secret.Token{}, problem("cannot use the token (%s): %v", w.source, err)
	}
	return secret.New(value), nil
}

// checkToken checks a token, which becomes a part of a header. The error says
// nothing of its value.
func checkToken(token string) error {
	if token == "" {
		return errors.New("it is empty")
	}
	if len(token) > maxToken {
		return errors.New("it is longer than any token")
	}
	if strings.ContainsAny(token, "\r\n") {
		return errors.New("it has more than one line")
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return errors.New("it holds a space, a control character or one that is not ASCII")
		}
	}
	return nil
}

// readTokenFile reads a token_file, and warns if others can read it too.
func (l *loader) readTokenFile(w writtenToken) (string, error) {
	path, err := w.relative.path(w.file)
	if err != nil {
		return "", problem("cannot use token_file (%s): %v", w.place, err)
	}
	fail := func(err error) error {
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = cause.Err
		}
		return problem("cannot read the token_file %s (%s): %v", path, w.place, err)
	}
	data, info, err := state.ReadPlain(path, maxToken+2)
	if err != nil {
		return "", fail(err)
	}
	if info.Mode().IsRegular() && readable(info.Mode()) {
		l.warn("the token_file %s has mode %04o: others may read it; run chmod 600 on it", path, info.Mode().Perm())
	}
	return string(data), nil
}

// runCommand runs a token_command, without a shell, in the folder of the
// settings file, and returns what it prints. Its errors are thrown away: they
// may hold what nobody should see.
func (l *loader) runCommand(ctx context.Context, w writtenToken) (string, error) {
	timed, cancel := context.WithTimeout(ctx, l.commandTime)
	defer cancel()
	name := w.command[0]
	if strings.ContainsRune(name, filepath.Separator) || strings.HasPrefix(name, "~") {
		path, err := w.relative.path(name)
		if err != nil {
			return "", problem("cannot use token_command (%s): %v", w.place, err)
		}
		name = path
	}
	cmd := exec.CommandContext(timed, name, w.command[1:]...)
	cmd.Dir = w.relative.dir
	cmd.Env = l.in.Environ
	out, err := output(cmd)
	if err == nil {
		return out, nil
	}
	why := "it could not be run: " + err.Error()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		why = "it ended with " + exit.String()
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		why = "the time ran out"
	case ctx.Err() != nil:
		why = "it was canceled"
	case timed.Err() != nil:
		why = fmt.Sprintf("it took longer than %s", l.commandTime)
	}
	return "", &Error{What: fmt.Sprintf("cannot get the token from the command %s (%s): %s", quote(w.command[0]), w.place, why),
		Hints: []string{"run the command by hand to see what it says"}}
}

// restTime is how long what a command has left behind may hold its output open.
const restTime = time.Second

// output runs cmd and returns what it prints, as much as a token may have. What
// it leaves behind ends with it, and does not hold up the caller.
func output(cmd *exec.Cmd) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	cmd.Stdout = w
	end := isolate(cmd)
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		end()
		return "", err
	}
	printed := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(io.LimitReader(r, maxToken+2))
		printed <- string(b)
		_, _ = io.Copy(io.Discard, r) // so that a command that prints more can end
	}()
	err = cmd.Wait()
	end()
	_ = r.SetReadDeadline(time.Now().Add(restTime))
	return <-printed, err
}
