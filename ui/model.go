package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/alarms"
	"tapedeck/ui/detail"
	"tapedeck/ui/header"
	"tapedeck/ui/help"
	"tapedeck/ui/history"
	"tapedeck/ui/left"
	"tapedeck/ui/list"
	"tapedeck/ui/requests"
	"tapedeck/ui/slips"
	"tapedeck/ui/status"
	"tapedeck/ui/times"
)

// snapshotMsg brings the next snapshot of the deck.
type snapshotMsg struct{ snapshot *deck.Snapshot }

// tickMsg brings the time, once a second.
type tickMsg time.Time

// handled returns the time of a tick that is handled now: it may have waited
// behind a message that has opened a question, or rung the bell, since.
func (t tickMsg) handled(now time.Time) time.Time {
	if at := time.Time(t); at.After(now) {
		return at
	}
	return now
}

// drawMsg comes when a frame that was put off is due.
type drawMsg struct{}

// restMsg comes when the selection may have rested on a recording.
type restMsg struct{ of deck.Key }

// Model is the root model of one session. It is used by pointer: its methods
// run on the program's event loop only.
type Model struct {
	ctx  context.Context
	o    Options
	deck source
	keys table // of actions

	data     // what the session knows
	looks    // how everything is shown
	screen   // how it is divided, and what the keys are for
	asked    // the question that is open
	frames   // what is drawn, and when
	leaving  // how it ends
	serviced // by a service, for whom
	drilling // in a drill
	events   // that it waits for

	page *page // that this screen is; nil for the dashboard

	unrecorded unrecorded // calls without a recording

	header  header.Model
	list    list.Model
	filter  list.FilterLine
	detail  detail.Model
	help    help.Model
	history history.Model
	status  status.Model

	requests requests.Model
	alarms   alarms.Model
	left     left.Model
	slips    slips.Guard
}

// New returns the model of a session that lasts until ctx ends. [Model.Close]
// ends what it holds.
func New(ctx context.Context, o Options) *Model {
	if o.Tick <= 0 {
		o.Tick = time.Second
	}
	if o.LowBandwidth {
		o.Tick = max(o.Tick, times.Step)
	}
	if o.PauseBehavior == "" {
		o.PauseBehavior = api.Silence
	}
	m := &Model{
		ctx: ctx, o: o, deck: subscribe(o), keys: newTable(o), looks: newLooks(o), slips: newGuard(o.reads),
		data: data{now: time.Now(), interval: o.Interval, live: &deck.Snapshot{}, shown: &deck.Snapshot{}},
	}
	m.status = status.New(m.th)
	m.requests = requests.New(ctx, o.Deck)
	if o.WatchLeft != nil {
		o.LeftBehind = nil
	}
	m.left = left.New(ctx, o.LeftBehind)
	m.requests.SetTimersLast(o.Service != nil)
	m.help = help.New(m.th)
	m.history = history.New(m.th, history.Options{Read: o.History, Actor: o.Actor.Name(), Demo: o.Demo})
	m.header = header.New(m.th, header.Options{Space: o.Space, Profile: o.Profile, Demo: o.Demo, Drill: o.Drill != nil, Clocks: m.clocks, Zone: o.Zone})
	m.list, m.detail = list.New(m.th), detail.New(m.th)
	m.detail.SetActor(o.Actor.Name())
	m.list.SetActor(o.Actor.Name())
	m.list.SetNames(m.numbers.names)
	m.detail.SetNames(m.numbers.names)
	m.list.SetMinutes(o.LowBandwidth)
	m.detail.SetMinutes(o.LowBandwidth)
	m.detail.SetZone(o.Zone)
	m.applyMask()
	m.list.SetFocus(true)
	m.filter = list.NewFilterLine(m.th)
	if m.first = m.deck.first(); m.first.snapshot != nil { // the first frame has it
		m.setRole(m.first.role, m.now)
		m.live = m.first.snapshot
		m.show(m.live)
	}
	m.compose()
	return m
}

// Close ends the subscription to the deck, and what else the session waits for.
func (m *Model) Close() {
	m.deck.cancel()
	m.detach()
}

// Init starts the clock and the wait for the first snapshot.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.tick(), m.firstSnapshot()}
	if open := m.o.Open; open != nil {
		cmds = append(cmds, func() tea.Msg {
			return openedMsg{open()}
		})
	}
	cmds = append(cmds, m.left.Wait(), m.awaitAnswers(), m.awaitNotice())
	return tea.Batch(cmds...)
}

// Update routes a message to what it is for, and composes the frame.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer m.watchSpot(msg, m.spot())
	defer m.tellService(time.Now())
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		now := time.Now()
		m.moved, m.pressed = false, now
		m.refused = false
		cmd = m.key(msg, now)
		m.tellRefused(msg.String(), now)
		if m.moved && m.inBurst(now) {
			return m, tea.Batch(cmd, m.drawLater())
		}
		m.drawn = now
	case drawMsg:
		m.late = false
	case tea.PasteMsg:
		m.paste(msg, time.Now())
	case snapshotMsg:
		m.snapshot(msg.snapshot, time.Now())
		cmd = tea.Batch(m.next(), m.afterSnapshot(time.Now()), m.lookDrill(time.Now()))
	case servedMsg:
		m.setRole(msg.role, time.Now())
		m.snapshot(msg.snapshot, time.Now())
		cmd = tea.Batch(m.next(), m.afterSnapshot(time.Now()))
	case requests.DoneMsg:
		m.done(msg, time.Now())
	case startedMsg:
		m.startDone(msg, time.Now())
	case tickMsg:
		now := msg.handled(time.Now())
		moved := m.ticked(time.Time(msg), now)
		also, bell := m.nightTick(now)
		if cmd = tea.Batch(m.tick(), bell, m.lookDrill(now)); !moved && !also {
			return m, cmd
		}
	case history.ReadMsg:
		m.history.Take(msg)
	case noteMsg:
		m.noted(msg, time.Now())
	case openedMsg:
		m.opened(msg, time.Now())
	case noticeMsg:
		cmd = m.noticed(msg.notice, time.Now())
	case left.ChangedMsg:
		cmd = m.leftChanged(msg, time.Now())
	case restMsg:
		cmd = m.rested(msg)
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.BackgroundColorMsg:
		m.background(msg.IsDark())
	case widthMsg:
		m.width(msg.wide)
	case unansweredMsg:
		m.unanswered()
	case tea.ModeReportMsg:
		m.modeReport(msg)
	case tea.FocusMsg:
		m.slips.Focus(time.Now())
		return m, nil
	case tea.ResumeMsg:
		m.now = time.Now()
	case continuedMsg:
		return m, m.goOn()
	case clipboardMsg:
		cmd = m.loaded(msg, time.Now())
	default:
		return m, nil
	}
	m.compose()
	return m, tea.Batch(cmd, m.look())
}

// View returns the frame that the last message led to.
func (m *Model) View() tea.View { return m.frame }

// ticked moves the clocks to the time of a tick where it has come, and closes and
// forgets what its time is over for by now. It reports whether the screen may
// have changed.
func (m *Model) ticked(at, now time.Time) (moved bool) {
	moved = m.status.Expire(now)
	if m.prompt != nil {
		m.closeUnasked(m.prompt.Expire(now), now)
		moved = true
	}
	// Data that has grown too old is said to be so at once, however seldom
	// the clocks move.
	if h := m.live.Health; at.Truncate(m.o.Tick).Equal(m.now.Truncate(m.o.Tick)) && h.Phase(at) == h.Phase(m.now) {
		return moved
	}
	m.now = at
	return true
}

// snapshot takes the next snapshot.
func (m *Model) snapshot(s *deck.Snapshot, now time.Time) {
	if s.Seq < m.live.Seq {
		return
	}
	m.takeOwn(s)
	wasAway := m.away()
	m.live = s
	m.showWanted(s)
	m.returned(wasAway)
	if s.Interval > 0 {
		m.interval = s.Interval
	}
	m.follow(s, now)
	m.followMarks(s)
	m.pollEnded(s, now)
	m.closeGone(now)
	m.watchPrompt(s, now)
	if m.frozen.IsZero() {
		m.show(s)
	}
	m.followUnrecorded(now)
}

// show puts a snapshot on the screen.
func (m *Model) show(s *deck.Snapshot) {
	m.shown = s
	m.header.SetSnapshot(s)
	m.list.SetSnapshot(s)
}

// selected returns the selected recording.
func (m *Model) selected() (*deck.Recording, bool) {
	r, ok := m.list.Selected()
	return r, ok && r != nil
}

// selectedKey names the selected recording; zero for none.
func (m *Model) selectedKey() deck.Key {
	if r, ok := m.selected(); ok {
		return r.Key()
	}
	return deck.Key{}
}
