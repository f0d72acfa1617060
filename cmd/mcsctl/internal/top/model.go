package top

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

// reader reads the clusterset once.
type reader func(context.Context) (health.Report, error)

// explainer explains a service, as seen from a context.
type explainer func(ctx context.Context, name, from string) string

// Messages that move the model beside keys and sizes.
type (
	// looked is a report, or why there is none.
	looked struct {
		report health.Report
		err    error
		at     time.Time
	}
	// lookAgain asks for the next report.
	lookAgain struct{}
	// explained is the answer to why.
	explained struct{ text string }
)

// model is all that the live view shows and remembers. View draws it and changes nothing.
type model struct {
	ctx      context.Context
	read     reader
	explain  explainer
	interval time.Duration

	width, height int
	report        health.Report
	rows          []row // those that pass the filter
	at            time.Time
	err           error
	events        []string // the newest last

	selected, first int // in rows: the one chosen, and the uppermost shown
	filter          string
	typing          bool // the filter

	detail     []string // why: shown in place of the table
	detailTop  int
	explaining bool
}

// mostEvents is how many events are kept.
const mostEvents = 50

// Init asks for the first report.
func (m model) Init() tea.Cmd { return m.look() }

func (m model) look() tea.Cmd {
	return func() tea.Msg {
		report, err := m.read(m.ctx)
		return looked{report, err, time.Now()}
	}
}

// Update moves the model by one message.
func (m model) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = message.Width, message.Height
		return m.scrolled(), nil
	case looked:
		return m.looked(message), tea.Tick(m.interval, func(time.Time) tea.Msg { return lookAgain{} })
	case lookAgain:
		return m, m.look()
	case explained:
		if m.explaining { // it may have been left in the meantime
			m.explaining, m.detail, m.detailTop = false, lines(message.text), 0
		}
		return m, nil
	case tea.KeyPressMsg:
		return m.key(message)
	}
	return m, nil
}

func (m model) looked(l looked) model {
	m.err = l.err
	if l.err != nil {
		return m
	}
	if !m.at.IsZero() {
		for _, change := range changes(m.report, l.report) {
			m.events = append(m.events, l.at.Format("15:04:05")+" "+change)
		}
		m.events = m.events[max(0, len(m.events)-mostEvents):]
	}
	chosen := m.chosen()
	m.report, m.at = l.report, l.at
	m.rows = filtered(rowsOf(m.report), m.filter)
	for i, r := range m.rows { // the same service stays chosen wherever it has moved to
		if r.title() == chosen.title() {
			m.selected = i
		}
	}
	return m.scrolled()
}

// chosen is the row the user has chosen; the zero row if there is none.
func (m model) chosen() row {
	if m.selected < len(m.rows) {
		return m.rows[m.selected]
	}
	return row{}
}

// scrolled keeps the chosen row among the rows and on the screen.
func (m model) scrolled() model {
	m.selected = max(0, min(m.selected, len(m.rows)-1))
	room := m.tableRoom()
	m.first = min(m.first, m.selected)
	m.first = max(m.first, m.selected-room+1, 0)
	m.detailTop = max(0, min(m.detailTop, len(wrapped(m.detail, m.width))-m.detailRoom()))
	return m
}
