package share

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// readmeConfig returns the configuration of a server that README has, and a way
// to the files with the credentials of its hosts.
func readmeConfig(t testing.TB) (config string, creds func(host string) string) {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, config, ok := strings.Cut(string(b), "### The server, with a user for each host\n")
	if ok {
		_, config, ok = strings.Cut(config, "```conf\n")
	}
	if config, _, _ = strings.Cut(config, "```"); !ok || !strings.Contains(config, `"/var/lib/nats"`) {
		t.Fatal("README has no configuration of a server")
	}
	dir := t.TempDir()
	return strings.ReplaceAll(config, "/var/lib/nats", "STORE"), func(host string) string {
		file := filepath.Join(dir, host)
		if err := os.WriteFile(file, []byte(host+":a long secret of host "+host+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
}

// readmeServer starts a server with that configuration, and returns a way to its
// hosts.
func readmeServer(t testing.TB) (s *server.Server, options func(host string) Options) {
	t.Helper()
	config, creds := readmeConfig(t)
	s = serverOf(t, config, t.TempDir(), -1)
	u, err := url.Parse(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	return s, func(host string) Options {
		return Options{Servers: "nats://" + u.Host, Creds: creds(host), Host: host}
	}
}

// TestHostile has a host with valid credentials try to speak as another one, to
// change the streams, and to put things there that others cannot read.
func TestHostile(t *testing.T) {
	_, options := readmeServer(t)
	one, two := join(t, options("one")), join(t, options("two"))
	one.connected()
	two.connected()
	if two.asked().api != apiRoot {
		t.Error("README's server is asked by", two.asked().api)
	}
	two.Put(keyOf("RE1"), pauseOf("bob"))
	now := time.Now()
	timer, err := two.SetTimer(t.Context(), keyOf("RE1"), Setting{Pause: now, At: now, Due: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	one.until("what two says", func() bool { return one.told["two RE1 pause"].Pause != nil && one.timers["RE1"].State == TimerSet })

	evil, err := nats.Connect(one.o.Servers, nats.UserInfo("one", "a long secret of host one"))
	if err != nil {
		t.Fatal(err)
	}
	defer evil.Close()
	forge(t, evil, timer)
	badHeaders(t, strings.TrimPrefix(one.o.Servers, "nats://"))
	changeStreams(t, evil)
	eventually(t, "messages with bad headers are stored", func() bool {
		_, ok, err := (jetStream{evil, apiRoot}).last(t.Context(), stateStream, factSubject("one", keyOf(sid(102)), kindAck))
		return ok && err == nil
	})

	// What host one says truly comes after all of that, and host two is as it was.
	one.Put(keyOf("RE9"), pauseOf("ann"))
	two.until("what one says", func() bool { return two.told["one RE9 pause"].Pause != nil })
	three := join(t, options("two"))
	three.connected()
	three.until("everything", func() bool { return three.told["one RE9 pause"].Pause != nil })
	for _, p := range []*peer{two, three} {
		p.mu.Lock()
		for name, told := range p.told {
			if told.SID != "RE9" && (told.Host != "two" || told.SID != "RE1") {
				t.Errorf("%s was told %s: %+v", p.o.Host, name, told)
			}
		}
		if got := p.timers["RE1"]; got.State != TimerSet || got.Host != "two" {
			t.Errorf("the auto-resume is %s by host %s", got.State, got.Host)
		}
		p.mu.Unlock()
	}
	if got, err := two.Timer(t.Context(), keyOf("RE1")); err != nil || got.Seq != timer.Seq {
		t.Errorf("the auto-resume has become %+v, %v", got, err)
	}
	if s := two.State(); !s.Connected {
		t.Error("host two is not connected any more:", s.Why)
	}
}

// forge has host one try to write as host two, itself and by the server.
func forge(t *testing.T, evil *nats.Conn, timer Timer) {
	t.Helper()
	said := value{Host: "two", Instance: "x", Pause: pauseOf("mallory").Pause}
	data, err := said.encode()
	if err != nil {
		t.Fatal(err)
	}
	v := timer.valueOf(timer.Seq)
	v.Timer.State = TimerCanceled
	canceled, err := v.encode()
	if err != nil {
		t.Fatal(err)
	}
	for i, victim := range []string{factSubject("two", keyOf("RE1"), kindPause), factSubject("two", keyOf("RE2"), kindPause), timerSubject("two", keyOf("RE1"))} {
		data := data
		if strings.Contains(victim, ".timer.") {
			data = canceled
		}
		own := factSubject("one", keyOf(sid(i)), kindAck) // not what its subject says
		try := func(subject, reply string, data []byte, headers ...string) {
			msg := nats.NewMsg(subject)
			msg.Reply, msg.Data = reply, data
			for i := 0; i < len(headers); i += 2 {
				msg.Header.Add(headers[i], headers[i+1])
			}
			if err := evil.PublishMsg(msg); err != nil {
				t.Fatal(err)
			}
		}
		try(victim, "", data)
		try(liveRoot+"."+victim, "", data, "Nats-Stream", stateStream, "Nats-Sequence", "1000", "Nats-Subject", victim)
		try(own, victim, data) // the answer
		try(own, "", data)
		try(own, "", data, "Nats-Subject", victim, "Nats-Sequence", "1", "Status", "204", "Nats-Num-Pending", "1", "Nats-Stream", stateStream)
		for _, root := range []string{apiRoot, directAPI} {
			for seq := range 12 {
				try(root+".DIRECT.GET.TAPEDECK", victim, fmt.Appendf(nil, `{"seq":%d}`, seq+1))
				try(root+".DIRECT.GET.TAPEDECK", liveRoot+"."+victim, fmt.Appendf(nil, `{"seq":%d}`, seq+1))
			}
			try(root+".CONSUMER.CREATE.TAPEDECK", "", fmt.Appendf(nil, `{"stream_name":"TAPEDECK","config":{"deliver_subject":%q,"ack_policy":"none"}}`, victim))
		}
	}
	if err := evil.Flush(); err != nil {
		t.Fatal(err)
	}
}

// badHeaders has host one write messages whose headers nobody can read.
func badHeaders(t *testing.T, server string) {
	t.Helper()
	c, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "CONNECT {\"user\":\"one\",\"pass\":\"a long secret of host one\",\"headers\":true,\"verbose\":false,\"protocol\":1}\r\n")
	for i := range 3 {
		headers := []string{"NATS/1.0\r\n\x00:\x01 no header\r\n\r\n", "no headers at all\r\n\r\n", "NATS/1.0 204\r\nNats-Num-Pending: 7\r\n\r\n"}[i]
		fmt.Fprintf(c, "HPUB %s %d %d\r\n%s{}\r\n", factSubject("one", keyOf(sid(100+i)), kindAck), len(headers), len(headers)+2, headers)
	}
	fmt.Fprintf(c, "PING\r\n")
	_ = c.SetReadDeadline(time.Now().Add(limit))
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "-ERR") {
			t.Fatal(line, err)
		}
		if strings.HasPrefix(line, "PONG") {
			return
		}
	}
}

// changeStreams has host one try to make streams that say other things, and to
// remove what is there.
func changeStreams(t *testing.T, evil *nats.Conn) {
	t.Helper()
	config := stateConfig(1)
	config.Republish = &republish{Source: ">", Dest: "tapedeck.two.>"}
	for _, root := range []string{apiRoot, directAPI} {
		js := jetStream{evil, root}
		if _, err := js.create(t.Context(), config); err == nil {
			t.Error("a stream was made in place of the one that is there, by", root)
		}
		for _, name := range []string{"STREAM.UPDATE.TAPEDECK", "STREAM.CREATE.OTHER", "STREAM.DELETE.TAPEDECK", "STREAM.PURGE.TAPEDECK", "STREAM.MSG.DELETE.TAPEDECK"} {
			var answer struct{}
			if err := js.ask(t.Context(), name, config, &answer); err == nil {
				t.Error(root+"."+name, "is done")
			}
		}
	}
}

// TestEngineApart: Engine says whether the server keeps the hosts apart, as
// README's does by an account for each, and what is wrong with the credentials.
func TestEngineApart(t *testing.T) {
	s := serverOf(t, plain, t.TempDir(), -1)
	one := join(t, Options{Servers: s.ClientURL(), Host: "one"})
	one.connected()
	e, err := one.Engine(t.Context())
	if err != nil || e.Apart || !e.Others || !e.Hears || e.Replicas != 1 || e.Version == "" {
		t.Errorf("a server for all: %+v, %v", e, err)
	}
	_, options := readmeServer(t)
	two := join(t, options("two"))
	e, err = two.Engine(t.Context())
	if err != nil || !e.Apart || e.Others || !e.Hears {
		t.Errorf("README's server: %+v, %v", e, err)
	}
	wrong := options("one")
	wrong.Host = "two"
	n, err := NewNATS(wrong)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := n.Engine(t.Context()); err == nil || !strings.Contains(err.Error(), "write as host two") {
		t.Errorf("with the credentials of another host: %+v, %v", e, err)
	}
	if err := os.WriteFile(wrong.Creds, []byte("one:not the secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err = NewNATS(wrong)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Engine(t.Context()); err == nil || errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "not the secret") {
		t.Error("with a wrong password:", err)
	}
}
