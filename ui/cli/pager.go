package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// nopClose is an output that is not closed.
type nopClose struct{ io.Writer }

func (nopClose) Close() error { return nil }

// page returns where a list is written: to the pager where wanted and there is a
// terminal, else to standard output. Close waits until the reader has left.
func (r *runner) page(wanted bool) io.WriteCloser {
	plain := nopClose{r.Stdout}
	command := r.pager()
	if !wanted || !r.Terminal || len(command) == 0 {
		return plain
	}
	cmd := exec.Command(command[0], command[1:]...) // it ends by itself, with its input or its reader
	cmd.Stdout, cmd.Stderr = r.Stdout, r.Stderr
	cmd.Env = r.Environ
	if r.variable("LESS") == "" {
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], "LESS=FRX") // what fits is shown and left
	}
	in, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return plain
	}
	return &pager{in: in, cmd: cmd, plain: r.Stdout}
}

// pager returns the command that shows a list in pages; nil for none.
func (r *runner) pager() []string {
	command, set := r.lookup("PAGER")
	switch {
	case set && (command == "" || command == "cat"):
		return nil
	case set:
		return []string{"/bin/sh", "-c", command}
	}
	if less, err := exec.LookPath("less"); err == nil {
		return []string{less, "-R"}
	}
	return nil
}

// lookup returns the value of a variable, and whether it is set.
func (r *runner) lookup(name string) (value string, set bool) {
	for _, kv := range r.Environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value, set = v, true
		}
	}
	return value, set
}

func (r *runner) variable(name string) string {
	v, _ := r.lookup(name)
	return v
}

// pager is a running program that shows what is written to it.
type pager struct {
	in    io.WriteCloser
	cmd   *exec.Cmd
	all   bytes.Buffer // what was written, for when there is no such program
	plain io.Writer
}

// The exit codes of a shell that could not run a program.
const notRunnable, notFound = 126, 127

// Write passes b on. A reader who has seen enough is no error.
func (p *pager) Write(b []byte) (int, error) {
	p.all.Write(b)
	if _, err := p.in.Write(b); err != nil && !isPipe(err) {
		return 0, err
	}
	return len(b), nil
}

// Close ends the list, and waits until the program has ended. Where there was
// none, the list is printed.
func (p *pager) Close() error {
	_ = p.in.Close()
	_ = p.cmd.Wait() // its exit code says nothing about the list
	if code := p.cmd.ProcessState.ExitCode(); code != notRunnable && code != notFound {
		return nil
	}
	_, err := p.plain.Write(p.all.Bytes())
	return err
}

func isPipe(err error) bool { return errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE) }
