package top

import (
	tea "charm.land/bubbletea/v2"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

// key moves the model by one key: where it leads depends on what is shown.
func (m model) key(key tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	if key.String() == "ctrl+c" {
		return m, tea.Quit
	}
	switch {
	case m.typing:
		return m.typed(key), nil
	case m.explaining || m.detail != nil:
		return m.keyInDetail(key)
	}
	return m.keyInTable(key)
}

// typed edits the filter.
func (m model) typed(key tea.KeyPressMsg) model {
	switch key.String() {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, m.filter = false, ""
	case "backspace":
		if letters := []rune(m.filter); len(letters) > 0 {
			m.filter = string(letters[:len(letters)-1])
		}
	default:
		m.filter += key.Key().Text
	}
	m.rows = filtered(rowsOf(m.report), m.filter)
	return m.scrolled()
}

func (m model) keyInDetail(key tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	switch key.String() {
	case "q", "esc", "enter", "backspace":
		m.detail, m.explaining = nil, false
	case "up", "k":
		m.detailTop--
	case "down", "j":
		m.detailTop++
	case "pgup":
		m.detailTop -= m.detailRoom()
	case "pgdown", "space":
		m.detailTop += m.detailRoom()
	}
	return m.scrolled(), nil
}

func (m model) keyInTable(key tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	switch key.String() {
	case "q":
		return m, tea.Quit
	case "esc":
		m.filter = ""
		m.rows = rowsOf(m.report)
	case "/":
		m.typing = true
	case "up", "k":
		m.selected--
	case "down", "j":
		m.selected++
	case "pgup":
		m.selected -= m.tableRoom()
	case "pgdown", "space":
		m.selected += m.tableRoom()
	case "home", "g":
		m.selected = 0
	case "end", "G":
		m.selected = len(m.rows) - 1
	case "enter":
		chosen := m.chosen()
		if chosen.name == "" {
			return m, nil
		}
		m.explaining = true
		return m, func() tea.Msg {
			return explained{m.explain(m.ctx, health.Zoned(chosen.name, chosen.namespace), chosen.context)}
		}
	}
	return m.scrolled(), nil
}
