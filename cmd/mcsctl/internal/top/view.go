package top

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

// Lines of the screen that are not the table's rows: head, members, header of the table; events; keys.
const (
	above      = 4
	eventLines = 3
	below      = eventLines + 1
)

func (m model) tableRoom() int  { return max(1, m.height-above-below) }
func (m model) detailRoom() int { return max(1, m.height-3) }

// View draws the model on the whole screen.
func (m model) View() tea.View {
	view := tea.NewView(m.draw())
	view.AltScreen = true
	view.WindowTitle = "mcsctl top"
	return view
}

// draw is the screen as lines, none wider than it and no more than it has.
func (m model) draw() string {
	if m.width == 0 || m.height == 0 {
		return "" // the terminal has not said yet how large it is
	}
	var all []string
	if m.explaining || m.detail != nil {
		all = m.drawDetail()
	} else {
		all = m.drawTable()
	}
	all = all[:min(len(all), m.height)]
	for i, line := range all {
		all[i] = fit(line, m.width)
	}
	return strings.Join(all, "\n")
}

func (m model) drawTable() []string {
	all := []string{m.head(), members(m.report.Members), ""}
	header, body := table(m.rows, m.width, m.at)
	all = append(all, faint(header))
	room := m.tableRoom()
	for i := m.first; i < min(len(m.rows), m.first+room); i++ {
		line := body[i]
		if i == m.selected {
			line = inverse(line)
		}
		all = append(all, line)
	}
	if len(m.rows) == 0 {
		all = append(all, m.empty())
	}
	for len(all) < m.height-below {
		all = append(all, "")
	}
	all = append(all, lastOf(m.events, eventLines)...)
	return append(all, m.keys())
}

// empty says why there are no rows.
func (m model) empty() string {
	switch {
	case m.at.IsZero() && m.err == nil:
		return " reading the clusters ..."
	case m.at.IsZero():
		return " nothing was read yet"
	case m.filter != "":
		return fmt.Sprintf(" no service matches %q", m.filter)
	}
	return " no service is exported"
}

// lastOf are the last n lines, with empty ones before them where there are fewer.
func lastOf(all []string, n int) []string {
	out := make([]string, n)
	shown := all[max(0, len(all)-n):]
	for i, line := range shown {
		out[n-len(shown)+i] = faint(" " + line)
	}
	return out
}

func (m model) head() string {
	text := fmt.Sprintf(" clusterset %s on hub %s", m.report.Clusterset, m.report.Hub)
	if !m.at.IsZero() {
		text += "  " + m.at.Format("15:04:05")
	}
	if m.err != nil {
		return text + "  " + red("not read: "+strings.Join(strings.Fields(m.err.Error()), " "))
	}
	broken := 0
	for _, p := range m.report.Problems {
		if p.Severity == health.Broken {
			broken++
		}
	}
	switch {
	case broken > 0:
		text += "  " + red(fmt.Sprintf("%d broken: mcsctl status", broken))
	case len(m.report.Unread) > 0:
		text += "  " + yellow(fmt.Sprintf("%d not read", len(m.report.Unread)))
	case !m.at.IsZero():
		text += "  " + green("well")
	}
	return text
}

// members draws the hub with a line to each member: the way to it with the time since it was heard, cut where it is silent.
func members(all []health.Member) string {
	text := " hub"
	for _, m := range all {
		name := string(m.ID)
		switch {
		case m.State == health.Up && m.Silence != nil:
			text += " " + green("o=="+m.SilenceText()+"==o") + " " + name + lag(m) + " "
		case m.Silence != nil:
			text += " " + red("o--x--o") + " " + name + " " + red(fmt.Sprintf("(%s %s) ", m.State, m.SilenceText()))
		default:
			text += " " + red("o-- --o") + " " + name + " " + red(fmt.Sprintf("(%s) ", m.State))
		}
	}
	return text
}

// lag is within which time nearly all endpoint changes have arrived in a member, where that is known.
func lag(m health.Member) string {
	text := m.LagText()
	if text == "" {
		return ""
	}
	return faint(" p99 " + text)
}

func (m model) keys() string {
	if m.typing {
		return " /" + m.filter + "_   enter keep  esc clear"
	}
	text := " q quit  / filter  enter why  up, down"
	if m.filter != "" {
		text += fmt.Sprintf("   filter %q, esc clears", m.filter)
	}
	return faint(text)
}

func (m model) drawDetail() []string {
	all := []string{" why " + m.chosen().title(), ""}
	if m.explaining {
		all = append(all, " asking ...")
	}
	text := wrapped(m.detail, m.width)
	shown := text[min(m.detailTop, len(text)):]
	all = append(all, shown[:min(len(shown), m.detailRoom())]...)
	for len(all) < m.height-1 {
		all = append(all, "")
	}
	return append(all, faint(" esc back  up, down"))
}

// heading is one column of the table. Those of the highest rank are the first to go where there is no room.
type heading struct {
	text string
	rank int
	cell func(row, time.Time) string
}

var headings = []heading{
	{"SERVICE", 0, func(r row, _ time.Time) string { return r.title() }},
	{"TYPE", 3, func(r row, _ time.Time) string { return r.kind }},
	{"CLUSTERS", 1, func(r row, _ time.Time) string { return dash(strings.Join(r.from, ",")) }},
	{"READY", 0, func(r row, _ time.Time) string { return fmt.Sprintf("%d/%d", r.ready, r.total) }},
	{"STATE", 0, func(r row, _ time.Time) string { return dash(troubles(r)) }},
	{"ADDRESS", 2, func(r row, _ time.Time) string { return r.answer() }},
	{"AGE", 4, func(r row, at time.Time) string { return health.Age(at.Sub(r.changed)) }},
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// table lays the rows out in a width: columns go before cells are cut.
func table(rows []row, width int, at time.Time) (header string, body []string) {
	columns := slices.Clone(headings)
	widths := measure(columns, rows, at)
	for rank := 4; rank > 0 && total(widths) > width; rank-- {
		if i := slices.IndexFunc(columns, func(h heading) bool { return h.rank == rank }); i >= 0 {
			columns, widths = slices.Delete(columns, i, i+1), slices.Delete(widths, i, i+1)
		}
	}
	if over := total(widths) - width; over > 0 {
		widths[0] = max(8, widths[0]-over)
	}
	header = " "
	for i, c := range columns {
		header += pad(c.text, widths[i])
	}
	for _, r := range rows {
		line := " "
		for i, c := range columns {
			cell := pad(c.cell(r, at), widths[i])
			if c.text == "STATE" {
				cell = state(r, cell)
			}
			line += cell
		}
		body = append(body, line)
	}
	return header, body
}

func state(r row, cell string) string {
	switch {
	case r.trouble != "":
		return red(cell)
	case r.conflict != "":
		return yellow(cell)
	}
	return cell
}

func measure(columns []heading, rows []row, at time.Time) []int {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = len(c.text)
		for _, r := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.cell(r, at)))
		}
	}
	return widths
}

func total(widths []int) int {
	sum := 1
	for _, w := range widths {
		sum += w + 2
	}
	return sum
}

// pad cuts or fills a cell to a width, with the gap to the next.
func pad(text string, width int) string {
	if n := utf8.RuneCountInString(text); n > width {
		text = string([]rune(text)[:max(0, width-1)]) + "…"
	}
	return text + strings.Repeat(" ", width-utf8.RuneCountInString(text)+2)
}
