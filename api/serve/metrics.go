package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/local"
)

// metrics counts what happens, for Prometheus. What can be read from the decks
// is read when it is asked for.
type metrics struct {
	server   *Server
	registry *prometheus.Registry
	polls    *prometheus.CounterVec
	updates  *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	timers   *prometheus.CounterVec
	refusals *prometheus.CounterVec
	logins   *prometheus.CounterVec // over SSH, that were refused

	age, stale, active, paused, longest, alarms, lacking, running, sessions, remote, build *prometheus.Desc
}

// latencies are the bounds of the update latency, in seconds: an answer takes
// between some milliseconds and the ten seconds after which it is given up.
var latencies = []float64{0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}

func newMetrics(s *Server) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "tapedeck", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("tapedeck_"+name, help, labels, nil)
	}
	m := &metrics{
		server: s, registry: prometheus.NewRegistry(),
		polls:    counter("polls_total", "Polls by result: ok, partial or failed.", "profile", "result"),
		updates:  counter("updates_total", "Updates by verb and settled outcome.", "profile", "verb", "outcome"),
		timers:   counter("auto_resumes_total", "Auto-resumes by what became of them: set, canceled, fired or failed.", "profile", "what"),
		refusals: counter("refused_total", "Requests of clients that were refused, by code.", "code"),
		logins:   counter("ssh_refused_logins_total", "Logins over SSH that were refused, by reason.", "reason"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "tapedeck", Name: "update_latency_seconds", Help: "Time from a request to the API's answer.", Buckets: latencies,
		}, []string{"profile", "verb"}),
		age:      gauge("data_age_seconds", "Age of the data: since the last complete poll.", "profile"),
		stale:    gauge("stale", "1 while the data is stale.", "profile"),
		active:   gauge("recordings_active", "Recordings that can still change.", "profile"),
		paused:   gauge("recordings_paused", "Recordings that are paused.", "profile"),
		longest:  gauge("longest_pause_seconds", "How long the longest pause has lasted; 0 without one.", "profile"),
		alarms:   gauge("alarms", "Recordings, and calls without one, that alarm.", "profile"),
		lacking:  gauge("calls_unrecorded", "Calls and conferences in progress without a recording, where the policy looks for them.", "profile"),
		running:  gauge("auto_resumes", "Auto-resumes that are to come.", "profile"),
		sessions: gauge("sessions", "Sessions that are connected, by role.", "role"),
		remote:   gauge("ssh_sessions", "Those of them that are over SSH."),
		build:    gauge("build_info", "1, with the version of this build.", "version"),
	}
	m.registry.MustRegister(m.polls, m.updates, m.latency, m.timers, m.refusals, m.logins, m)
	return m
}

// Describe is of [prometheus.Collector].
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.age, m.stale, m.active, m.paused, m.longest, m.alarms, m.lacking, m.running, m.sessions, m.remote, m.build} {
		ch <- d
	}
}

// Collect is of [prometheus.Collector]: it reads the decks.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := time.Now()
	for _, p := range m.server.projects {
		snap := p.Deck.Snapshot()
		alarms := snap.Alarming(now)
		stale, longest := 0.0, 0.0
		if snap.Health.Phase(now) == deck.Stale {
			stale = 1
		}
		if snap.Longest != nil {
			longest = snap.Longest.Pause.For(snap.ServerTime(now)).Seconds()
		}
		set(m.age, snap.Health.Age(now).Seconds(), p.Profile)
		set(m.stale, stale, p.Profile)
		set(m.active, float64(snap.Active), p.Profile)
		set(m.paused, float64(snap.Paused), p.Profile)
		set(m.longest, longest, p.Profile)
		set(m.alarms, float64(len(alarms)), p.Profile)
		if snap.UnrecordedWanted() && snap.UnrecordedSure(p.Profile, now) {
			set(m.lacking, float64(len(snap.Unrecorded)+snap.UnrecordedMore), p.Profile)
		}
		set(m.running, float64(len(p.Deck.Timers())), p.Profile)
	}
	for role, n := range m.server.sessions.roles() {
		set(m.sessions, float64(n), role)
	}
	set(m.remote, float64(m.server.sessions.insiders()))
	set(m.build, 1, m.server.o.Version)
}

// refused counts a refusal.
func (m *metrics) refused(code local.Code) { m.refusals.WithLabelValues(string(code)).Inc() }

// RefusedLogin counts a login over SSH that was refused, by the reason, which is one
// of few.
func (s *Server) RefusedLogin(reason string) { s.metrics.logins.WithLabelValues(reason).Inc() }

// step counts what a deck has done.
func (m *metrics) step(p *project, s deck.Step) {
	switch {
	case s.Poll != nil:
		result := "ok"
		if s.Poll.Partial {
			result = "partial"
		} else if s.Poll.Err != nil {
			result = "failed"
		}
		m.polls.WithLabelValues(p.Profile, result).Inc()
	case s.Refused != nil:
		m.refused(refusalOf(s.Refused.Err).Code)
	case s.Timer != nil:
		m.timers.WithLabelValues(p.Profile, string(s.Timer.What)).Inc()
	case s.Progress != nil && s.Progress.Settled:
		verb := s.Progress.Request.Verb()
		m.updates.WithLabelValues(p.Profile, verb, string(s.Progress.Outcome)).Inc()
		if !s.Progress.Answered.IsZero() {
			m.latency.WithLabelValues(p.Profile, verb).Observe(s.Progress.Answered.Sub(s.Progress.Asked).Seconds())
		}
	}
}

// Watchers returns the handler of /metrics and /healthz. Nothing of it names a
// recording, a number or a person.
func (s *Server) Watchers() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", s.healthz)
	return mux
}

// healthz answers 200 while nothing is stale, else 503, with a line for each
// project.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	status, lines := http.StatusOK, ""
	now := time.Now()
	for _, p := range s.projects {
		snap := p.Deck.Snapshot()
		phase := snap.Health.Phase(now)
		if phase == deck.Stale {
			status = http.StatusServiceUnavailable
		}
		lines += fmt.Sprintf("%s: %s\n", cmp.Or(p.Profile, p.ID), phaseName(phase))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(lines))
}

// ListenMetrics listens where /metrics and /healthz are served. An address
// without a host would be every one of this machine, which nobody may have
// meant: it is refused.
func ListenMetrics(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	cannot := "cannot serve metrics on " + quoted(address) + ": "
	if err != nil {
		return nil, &Error{What: cannot + "it is not an address with a port", Next: "write an address such as 127.0.0.1:9464", Err: err}
	}
	if host == "" {
		return nil, &Error{What: cannot + "without a host, every machine that reaches this one could read them",
			Next: "write 127.0.0.1" + address + ", or the address by which others may reach them"}
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		if e, ok := errors.AsType[*net.OpError](err); ok {
			err = e.Err
		}
		return nil, &Error{What: cannot + err.Error(), Next: "choose another port", Err: err}
	}
	return l, nil
}

// RunMetrics serves /metrics and /healthz on l until ctx ends. It closes l.
func (s *Server) RunMetrics(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s.Watchers(), ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	served := make(chan error, 1)
	go func() { defer crash.Guard(); served <- server.Serve(l) }()
	select {
	case err := <-served:
		return &Error{What: "serve metrics on " + l.Addr().String() + ": " + strings.TrimPrefix(err.Error(), "http: "), Err: err}
	case <-ctx.Done():
		_ = server.Close()
		<-served
		return nil
	}
}
