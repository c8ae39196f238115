//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"charm.land/bubbles/v2/table"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"charm.land/ssh"
	"charm.land/wish/v2"
	"charm.land/wish/v2/activeterm"
	"charm.land/wish/v2/bubbletea"
)

// stockRow is a recording as the stock program shows it.
type stockRow struct {
	Who   string
	SID   string
	Began time.Time
}

// stock is the program that tapedeck's SSH is measured beside: a table of Bubbles
// that ticks once a second, as Bubble Tea and wish are documented, with nothing
// added and nothing left out.
type stock struct {
	rows  []stockRow
	table table.Model
}

type stockTick time.Time

func newStock(rows []stockRow, width int) stock {
	t := table.New(
		table.WithColumns([]table.Column{
			{Title: "STATUS", Width: 8}, {Title: "RUNNING", Width: 9}, {Title: "WHO", Width: 38}, {Title: "CH", Width: 3}, {Title: "SID", Width: 6},
		}),
		table.WithFocused(true), table.WithWidth(width), table.WithHeight(23),
	)
	styles := table.DefaultStyles()
	styles.Header = styles.Header.Bold(true)
	styles.Selected = styles.Selected.Foreground(lipgloss.Color("229")).Background(lipgloss.Color("57"))
	t.SetStyles(styles)
	m := stock{rows: rows, table: t}
	m.fill(time.Now())
	return m
}

// fill sets the rows as of a time.
func (m *stock) fill(now time.Time) {
	rows := make([]table.Row, len(m.rows))
	for i, r := range m.rows {
		d := int(now.Sub(r.Began).Seconds())
		rows[i] = table.Row{"REC", fmt.Sprintf("%02d:%02d", d/60, d%60), r.Who, "1", r.SID}
	}
	m.table.SetRows(rows)
}

func stockEvery() tea.Cmd {
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return stockTick(t) })
}

// Init starts the clock.
func (m stock) Init() tea.Cmd { return stockEvery() }

// Update moves the clock, and the selection.
func (m stock) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case stockTick:
		m.fill(time.Time(msg))
		return m, stockEvery()
	case tea.KeyPressMsg:
		if s := msg.String(); s == "q" || s == "ctrl+c" {
			return m, tea.Quit
		}
	case tea.WindowSizeMsg:
		m.table.SetWidth(msg.Width)
		m.table.SetHeight(msg.Height - 1)
	}
	var cmd tea.Cmd
	m.table, cmd = m.table.Update(msg)
	return m, cmd
}

// View is a title and the table.
func (m stock) View() tea.View {
	v := tea.NewView(lipgloss.NewStyle().Bold(true).Render("stock") + "\n" + m.table.View())
	v.AltScreen = true
	return v
}

// serveStock serves the stock program on l until the process ends.
func serveStock(l net.Listener, rows []stockRow) error {
	s, err := wish.NewServer(
		wish.WithHostKeyPath(os.Getenv(sshDirEnv)+"/stock_ed25519"),
		wish.WithPublicKeyAuth(func(ssh.Context, ssh.PublicKey) bool { return true }),
		wish.WithMiddleware(
			bubbletea.Middleware(func(s ssh.Session) (tea.Model, []tea.ProgramOption) {
				pty, _, _ := s.Pty()
				return newStock(rows, pty.Window.Width), nil
			}),
			activeterm.Middleware(),
		),
	)
	if err != nil {
		return err
	}
	return s.Serve(l)
}
