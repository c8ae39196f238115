package sshd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	"github.com/pires/go-proxyproto"
	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/crash"
)

const (
	handshakeTime = 20 * time.Second
	maxTries      = 6 // keys that one connection may show
	proxyTime     = 5 * time.Second
)

// Handler serves those who were let in.
type Handler interface {
	// Admit says why an identity is refused though its key is good, such as
	// [NoRole]; nil when it is not. It is asked for each key that is shown, and
	// again while a connection lasts.
	Admit(Identity) *Refused
	// Serve serves one session until it is over, or ctx ends, and returns its
	// exit status. A panic of it ends the session with exit status 1.
	Serve(ctx context.Context, s *Session) (exit int)
}

// Options say who is let in, and what is told of it.
type Options struct {
	HostKey gossh.Signer
	// Gate returns who may come in now. It is asked for each login.
	Gate    func() *Gate
	Handler Handler
	// Proxies are those whose PROXY header is believed, and required; nobody
	// else's is read.
	Proxies []netip.Prefix
	// Say writes a line for the administrator; nil for nowhere.
	Say func(format string, args ...any)
	// Count is called for each refused login, with the reason; nil for nobody.
	Count func(Reason)
}

// Server is the SSH server. Make one with New, and run it once with Server.Run.
type Server struct {
	o     Options
	ssh   *ssh.Server
	slots *slots
	fails failures
	log   sayer

	mu      sync.Mutex
	conns   map[*conn]bool
	keys    map[string]int // sessions of each key, by its fingerprint
	ended   error          // why sessions end, from then on; nil while the server runs
	running sync.WaitGroup // sessions, and their channels
}

// New returns a server.
func New(o Options) (*Server, error) {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Count == nil {
		o.Count = func(Reason) {}
	}
	s := &Server{o: o, slots: newSlots(maxUnproven), log: sayer{say: o.Say}, conns: map[*conn]bool{}, keys: map[string]int{}}
	var err error
	s.ssh, err = wish.NewServer(func(srv *ssh.Server) error {
		srv.HostSigners = []ssh.Signer{o.HostKey}
		srv.Version = "tapedeck"
		srv.HandshakeTimeout = handshakeTime
		srv.ServerConfigCallback = s.config
		srv.ConnCallback = s.enter
		srv.ConnectionFailedCallback = s.failed
		srv.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.session, "default": refuseChannel}
		srv.RequestHandlers = map[string]ssh.RequestHandler{}
		srv.SubsystemHandlers = map[string]ssh.SubsystemHandler{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("make the SSH server: %w", err)
	}
	return s, nil
}

// ErrEnding is why sessions end when the server does.
var ErrEnding = errors.New("the service is ending")

// Run serves on l until ctx ends. Then it takes nobody any more, has the sessions
// end with the cause of ctx, and returns when they have. It closes l.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	var in net.Listener = &slotListener{Listener: l, slots: s.slots}
	if len(s.o.Proxies) > 0 {
		in = s.proxied(in)
	}
	served, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer crash.Guard()
		defer close(ended)
		select {
		case <-ctx.Done():
			s.stop(context.Cause(ctx))
			_ = l.Close()
			s.slots.close()
		case <-served:
		}
	}()
	err := s.ssh.Serve(in)
	close(served)
	<-ended
	s.stop(cmp.Or(context.Cause(ctx), err))
	s.running.Wait() // each session has a limit of its own, and its client to take the end of it
	_ = s.ssh.Close()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve SSH on %s: %w", l.Addr(), err)
}

// proxied has the address of a client be what a proxy says, where one is between.
func (s *Server) proxied(l net.Listener) net.Listener {
	return &proxyproto.Listener{
		Listener: l, ReadHeaderTimeout: proxyTime,
		ConnPolicy: func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			from := addressOf(o.Upstream)
			for _, network := range s.o.Proxies {
				if network.Contains(from) {
					return proxyproto.REQUIRE, nil
				}
			}
			return proxyproto.SKIP, nil
		},
	}
}

// addressOf returns the address of a client; the zero one where it has none.
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	if p, err := netip.ParseAddrPort(a.String()); err == nil {
		return p.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// identityKey is where the permissions of a connection have its [Identity], and
// publicKey where they have the key.
type identityKey struct{}
type publicKey struct{}

// config returns how a connection is made: by a key alone.
func (s *Server) config(ctx ssh.Context) *gossh.ServerConfig {
	c := connOf(ctx)
	supported := gossh.SupportedAlgorithms()
	return &gossh.ServerConfig{
		Config:                  gossh.Config{KeyExchanges: supported.KeyExchanges, Ciphers: supported.Ciphers, MACs: withoutSHA1(supported.MACs)},
		PublicKeyAuthAlgorithms: signatures,
		MaxAuthTries:            maxTries,
		PublicKeyCallback: func(c gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
			id, why := s.check(c.User(), key, addressOf(c.RemoteAddr()))
			if why != nil {
				return nil, why
			}
			return &gossh.Permissions{ExtraData: map[any]any{identityKey{}: id, publicKey{}: key}}, nil
		},
		AuthLogCallback: c.attempt,
	}
}

// check returns who has shown a key, or why it is refused.
func (s *Server) check(user string, key gossh.PublicKey, from netip.Addr) (Identity, *Refused) {
	id, why := s.o.Gate().Check(user, key, from, time.Now())
	if why == nil {
		why = s.o.Handler.Admit(id)
	}
	if why != nil && why.Detail == "" { // so that whoever reads the log knows which key to add
		if cert, ok := key.(*gossh.Certificate); ok {
			key = cert.Key
		}
		why = &Refused{Reason: why.Reason, Detail: gossh.FingerprintSHA256(key)}
	}
	return id, why
}

// attempt notes that a key was proven, or was refused.
func (c *conn) attempt(meta gossh.ConnMetadata, method string, err error) {
	s := c.server
	why, ok := errors.AsType[*Refused](err)
	switch {
	case err == nil:
		c.proven()
		return
	case method == "none": // asks which methods there are
		return
	case !ok:
		why = refused(Algorithm, err.Error())
	}
	s.mu.Lock()
	c.tried = true
	s.mu.Unlock()
	s.o.Count(why.Reason)
	s.log.refused("refused %s from %s: %v", quoted(meta.User()), addressOf(meta.RemoteAddr()), why)
}

// errLine is why a connection ends whose key has another line now: a role may have
// the comment of one, and not that of the other.
var errLine = errors.New("its line in the key file is another one now")

// again says why a connection that was let in would not be now as who it is; nil
// when it would. The answer may be another one than at the login: files and roles
// change, a certificate expires, and a key may be proven long after it was shown.
func (s *Server) again(id Identity, key gossh.PublicKey) error {
	now, why := s.o.Gate().Check(id.User, key, id.Address, time.Now())
	if why == nil {
		why = s.o.Handler.Admit(now)
	}
	switch {
	case why != nil:
		return why
	case now.Comment != id.Comment || now.NoPTY != id.NoPTY:
		return errLine
	}
	return nil
}

// Recheck ends the connections whose key or role does not let them in any more, or
// not as who they are. Call it when the files or the roles have changed.
func (s *Server) Recheck() {
	for _, c := range s.connections() {
		id, key := c.who()
		if key == nil {
			continue // it is asked about with the first session
		}
		if why := s.again(id, key); why != nil {
			c.shut(id, why)
		}
	}
}

// shut ends a connection that would not be let in now, and says so once.
func (c *conn) shut(id Identity, why error) {
	c.server.mu.Lock()
	first := !c.shutting
	c.shutting = true
	c.server.mu.Unlock()
	if first {
		c.server.log.refused("ended the connection of %s from %s: %v", quoted(id.User), id.Address, why)
		c.end(fmt.Errorf("your key does not let you in any more: %w", why))
	}
}

// stop has all sessions end, and takes no more.
func (s *Server) stop(why error) {
	s.mu.Lock()
	before := s.ended
	s.ended = cmp.Or(before, why)
	s.mu.Unlock()
	if before != nil {
		return
	}
	for _, c := range s.connections() {
		c.end(why)
	}
}

func (s *Server) connections() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	return list
}

// withoutSHA1 returns the names of algorithms that do not rest on SHA-1.
func withoutSHA1(names []string) (out []string) {
	for _, name := range names {
		if name != gossh.HMACSHA1 && name != gossh.InsecureHMACSHA196 {
			out = append(out, name)
		}
	}
	return out
}

func refuseChannel(_ *ssh.Server, _ *gossh.ServerConn, ch gossh.NewChannel, _ ssh.Context) {
	_ = ch.Reject(gossh.Prohibited, "there are sessions here, and nothing else")
}
