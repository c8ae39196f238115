// Package doctor looks at everything that tapedeck needs: the settings, the way to
// the space, what the space lets it do, the files of this host, the service, the
// server by which hosts share, and the terminal. Each [Check] says in one line what it found, and how to mend it.
//
// It changes nothing: it sends only reads to the API, writes to no file, and gives
// the terminal back as it was. To a shared server it gives a sign of life that ends
// at once. No [Finding] has the token. A check has a time
// limit; one that is not over by then is left to itself.
package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/local"
	"tapedeck/api/share"
	"tapedeck/api/text"
	"tapedeck/config"
)

// Status is how a check ended.
type Status string

// The ways in which a check ends.
const (
	OK      Status = "ok"
	Note    Status = "note"    // it works, and could be better
	Mend    Status = "mend"    // it has to be mended
	Skipped Status = "skipped" // it was not made, for the reason found
)

// Finding is what one check found. Found and Mend are fit to be shown.
type Finding struct {
	Check   string  `json:"check"`
	Status  Status  `json:"status"`
	Found   string  `json:"found"`
	Mend    string  `json:"mend,omitempty"` // how; empty where there is nothing to do
	Seconds float64 `json:"seconds"`        // that the check took
	// Settings are all settings, of the check of these only.
	Settings []Setting `json:"settings,omitempty"`
}

// Setting is a setting, its value as tapedeck config shows it, and where it came
// from.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Options say what is looked at, and by what.
type Options struct {
	Sources config.Sources // of the settings
	Version string         // this build of tapedeck, for the API
	// In and Out are the terminal; nil where standard input or output is none.
	In, Out *os.File

	Resolve   func(ctx context.Context, host string) ([]netip.Addr, error) // nil for the system's
	Transport http.RoundTripper                                            // to the API; nil for the network
	Roots     *x509.CertPool                                               // nil for the system's
}

// known is what the checks so far have found out for the later ones.
type known struct {
	config   config.Config
	service  bool // space, project and token are those of the service
	target   target
	addrs    []netip.Addr
	client   *api.Client
	unlisted error // why the list could not be read; nil where it could
	who      *local.WhoAmI
	engine   *share.Engine // the server by which hosts share; nil where it was not asked
	tty      *answers      // what the terminal answered; nil where it was not asked
	tmux     *tmux         // nil outside of tmux
}

// check is one entry of the table of checks.
type check struct {
	name  string
	limit time.Duration
	needs string // the check without which this one says nothing; empty for none
	look  func(ctx context.Context, o Options, k known) (Finding, known)
}

// checks are all checks, in their order.
var checks = []check{
	{"settings", 15 * time.Second, "", settings},
	{"name", 5 * time.Second, "settings", resolves},
	{"tcp", 6 * time.Second, "name", connects},
	{"tls", 6 * time.Second, "tcp", encrypts},
	{"clock", 10 * time.Second, "tls", clock},
	{"credentials", 15 * time.Second, "tls", credentials},
	{"scope", 0, "credentials", scope},
	{"listing", 0, "scope", listing},
	{"page-size", 25 * time.Second, "listing", pageSize},
	{"latency", 30 * time.Second, "listing", latency},
	{"state-dir", 5 * time.Second, "", stateDir},
	{"journal", 20 * time.Second, "state-dir", journalIntact},
	{"service", 5 * time.Second, "", service},
	{"role", 0, "service", role},
	{"ssh", 5 * time.Second, "", listensSSH},
	{"share", 12 * time.Second, "", shared},
	{"share-user", 0, "share", shareUser},
	{"share-clock", 0, "share", shareClock},
	{"share-disk", 0, "share", shareDisk},
	{"alarm", 5 * time.Second, "", alarmCommand},
	{"terminal", 3 * time.Second, "", terminalIs},
	{"utf-8", 0, "", encoding},
	{"colors", 0, "", colors},
	{"title", 0, "", title},
	{"clipboard", 0, "", clipboard},
	{"tmux", 0, "", multiplexer},
	{"locale", 0, "", locale},
}

// Names returns the names of the checks, in their order.
func Names() (names []string) {
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// Run makes all checks, one after the other, and calls found for each, until ctx
// ends. It reports whether nothing has to be mended.
func Run(ctx context.Context, o Options, found func(Finding)) (well bool) {
	well = true
	var k known
	defer func() {
		if k.client != nil {
			k.client.Close()
		}
	}()
	blocked := map[string]string{} // checks that were not made, by the one to mend first
	for _, c := range checks {
		var f Finding
		began := time.Now()
		if first := blocked[c.needs]; first != "" {
			f = Finding{Status: Skipped, Found: "not checked: mend " + first + " first"}
			blocked[c.name] = first
		} else if f, k = c.run(ctx, o, k); f.Status == Mend {
			blocked[c.name] = c.name
			well = false
		}
		if ctx.Err() != nil {
			return false
		}
		f.Check, f.Seconds = c.name, float64(time.Since(began).Milliseconds())/1000
		f.Found, f.Mend = text.New(f.Found).String(), text.New(f.Mend).String()
		found(f)
	}
	return well
}

// looked is what a check that runs in the background has found.
type looked struct {
	finding Finding
	known   known
}

// errLate is why a check was left to itself.
var errLate = errors.New("it took too long")

// run makes a check, within its limit. One that does not end is left to itself:
// a file system that hangs, say.
func (c check) run(ctx context.Context, o Options, k known) (Finding, known) {
	if c.limit == 0 {
		return c.look(ctx, o, k) // it waits for nothing
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, errLate)
	defer cancel()
	done := make(chan looked, 1)
	go func() {
		defer crash.Guard()
		f, k := c.look(ctx, o, k)
		done <- looked{f, k}
	}()
	late := time.NewTimer(c.limit + time.Second/4) // what heeds ctx has its own words
	defer late.Stop()
	select {
	case l := <-done:
		return l.finding, l.known
	case <-late.C:
		return Finding{Status: Mend, Found: fmt.Sprintf("no result after %v: something hangs", c.limit), Mend: "look at the network, or at the file system"}, k
	}
}

// ok, note and mend make findings.
func ok(format string, args ...any) Finding {
	return Finding{Status: OK, Found: fmt.Sprintf(format, args...)}
}

func note(how, format string, args ...any) Finding {
	return Finding{Status: Note, Found: fmt.Sprintf(format, args...), Mend: how}
}

func mend(how, format string, args ...any) Finding {
	return Finding{Status: Mend, Found: fmt.Sprintf(format, args...), Mend: how}
}

func skipped(format string, args ...any) Finding {
	return Finding{Status: Skipped, Found: fmt.Sprintf(format, args...)}
}

// byService is what is found of the way to the space where the service goes it.
func (k known) byService() bool { return k.service }

// variable returns a variable of the session.
func (o Options) variable(name string) (value string) {
	for _, kv := range slices.Backward(o.Sources.Environ) {
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:]
		}
	}
	return ""
}
