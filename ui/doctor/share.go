package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"tapedeck/api/share"
)

// The clocks of the shared server and of this machine may differ by so much before
// it is worth a word: nothing is decided by them.
const serverNear = 10 * time.Second

// noShare is what is found of the server where nothing is shared.
var noShare = skipped("not checked: nothing is shared")

// shared looks whether the server can be reached by which several hosts share what
// they know, and asks it about itself.
func shared(ctx context.Context, o Options, k known) (Finding, known) {
	s := k.config.Share
	if !s.On() {
		return ok("share is not set: this host tells no other"), k
	}
	store, err := share.NewNATS(share.Options{Servers: s.Servers.Reveal(), Creds: s.Creds, CA: s.CA, Host: s.Host, Version: o.Version, Silent: true})
	switch {
	case errors.Is(err, fs.ErrPermission) && k.who != nil:
		return skipped("not checked: the service of this host shares, and %s is not for you to read", s.Creds), k
	case err != nil:
		return mend("put it right, or name another one", "%s", strings.TrimPrefix(err.Error(), "share: ")), k
	}
	e, err := store.Engine(ctx)
	if err != nil {
		return mend(shareHow(err), "%v; every screen says LOCAL ONLY", err), k
	}
	k.engine = &e
	with := "without TLS"
	if e.TLS {
		with = "with TLS"
	}
	words := fmt.Sprintf("host %s shares by nats-server %s on %s, %s, %.1f ms", s.Host, e.Version, e.URL, with, float64(e.Answer.Microseconds())/1000)
	switch plain := s.Plain(); {
	case !e.Hears:
		return mend(`let it have tapedeck-new.> sent: README, "Several hosts"`, "%s: it does not send what is new, which is seen up to %.0f s later here", words, share.Beat.Seconds()), k
	case !e.TLS && len(plain) > 0:
		return note("tls:// in share, or share_ca", "%s: who is on the way can read and change what hosts say", words), k
	}
	return ok("%s", words), k
}

// shareHow says how a server is mended that cannot be used.
func shareHow(err error) string {
	const readme = `see README, "Several hosts"`
	for _, h := range []struct{ words, how string }{
		{"uthorization", "check share_creds: the server does not know this host by it"},
		{"ermission", "let this host write under its own name: " + readme},
		{"write as host", "let this host write under its own name, which is share_host: " + readme},
		{"JetStream", "turn JetStream on: " + readme},
		{"is not as tapedeck makes it", "remove that stream, if nothing else uses it"},
		{"certificate", "name the certificate of its authority with share_ca"},
		{"first record does not look like a TLS handshake", "use nats:// in share, or turn TLS on in the server"},
	} {
		if strings.Contains(err.Error(), h.words) {
			return h.how
		}
	}
	return "start it, or look at share and at the firewall"
}

// shareUser says whether this host can speak as another one.
func shareUser(_ context.Context, _ Options, k known) (Finding, known) {
	const how = `give each host an account of its own: README, "Several hosts"`
	switch e := k.engine; {
	case e == nil:
		return noShare, k
	case e.Others:
		return note(how, "host %s can write as itself, and as any other host", k.config.Share.Host), k
	case !e.Apart:
		return note(how, "host %s can write as itself alone, and can have the server write as another one", k.config.Share.Host), k
	}
	return ok("host %s can read, and write as itself alone", k.config.Share.Host), k
}

// shareClock compares the clock of the server with that of this machine.
func shareClock(_ context.Context, _ Options, k known) (Finding, known) {
	if k.engine == nil {
		return noShare, k
	}
	switch d := k.engine.Ahead; {
	case d.Abs() <= serverNear:
		return ok("the server and this machine agree within %.0f s; auto-resumes go by the clock of the space", serverNear.Seconds()), k
	case d > 0:
		return note("have both set by NTP", "the server is %s ahead of this machine; auto-resumes go by the clock of the space all the same", d.Round(time.Second)), k
	default:
		return note("have both set by NTP", "the server is %s behind this machine; auto-resumes go by the clock of the space all the same", -d.Round(time.Second)), k
	}
}

// shareDisk says on how many servers what is shared is kept, and when it is on
// their disks.
func shareDisk(_ context.Context, _ Options, k known) (Finding, known) {
	const how = "sync_interval: always in jetstream {} of its configuration, if it is not there"
	const unseen = "a write that it has acknowledged is on the disk within two minutes, which is its default (whether sync_interval is set cannot be seen from here)"
	switch e := k.engine; {
	case e == nil:
		return noShare, k
	case len(e.Missing) > 0:
		return mend("start them", "each write is kept by %d servers, and not by %s at present", e.Replicas, strings.Join(e.Missing, ", ")), k
	case e.Replicas > 1:
		return ok("each write is kept by %d servers; %s", e.Replicas, unseen), k
	default:
		return note(how, "each write is kept by one server; a power cut may lose the last of them: %s", unseen), k
	}
}
