package status

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/get"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
)

// show writes the report for people.
func show(s *screen.Screen, r health.Report) {
	s.Printf("CLUSTERSET %s on hub %s   %s\n", r.Clusterset, r.Hub, membersUp(s, r.Members))
	if len(r.Members) == 0 {
		s.Paragraph(0, "no member has joined yet: mcsctl join --context CONTEXT --hub "+shell.Word(r.Hub))
		return
	}
	s.Columns(get.Members(s, r.Members))
	s.Printf("\n")
	for _, line := range dnsLines(s, r.Members) {
		s.Paragraph(9, "DNS      "+line)
	}
	s.Printf("EXPORTS  %s\n", tally(s, r.Exports))
	for _, p := range r.Problems {
		ShowProblem(s, p)
	}
	for _, reason := range r.Unread {
		s.Paragraph(2, s.Warn("?")+" not read: "+reason)
	}
}

// ShowProblem writes one problem in two lines: what it is with the id of its cause, and the command to run next.
func ShowProblem(s *screen.Screen, p health.Problem) {
	mark := s.Bad("!")
	if p.Severity == health.Warning {
		mark = s.Warn("~")
	}
	cause := ""
	if p.Cause != "" {
		cause = "  " + s.Bad(p.Cause)
	}
	s.Paragraph(2, fmt.Sprintf("%s %s: %s%s", mark, p.Subject, p.Text, cause))
	s.Printf("  %s\n", s.Faint(p.Next))
}

func membersUp(s *screen.Screen, members []health.Member) string {
	up := 0
	for _, m := range members {
		if m.State == health.Up {
			up++
		}
	}
	text := fmt.Sprintf("%d %s, %d up", len(members), plural(len(members), "member"), up)
	if up < len(members) {
		return s.Bad(text)
	}
	return s.Good(text)
}

// dnsLines are what is known of the members' DNS servers: one line for all that are well, and one for each that is not.
func dnsLines(s *screen.Screen, members []health.Member) []string {
	var well, silent, lines []string
	for _, m := range members {
		switch {
		case m.Context == "":
		case m.DNS == "":
			silent = append(silent, string(m.ID))
		case m.DNSWell:
			well = append(well, string(m.ID)+" "+m.DNS)
		default:
			lines = append(lines, s.Bad(string(m.ID)+" "+m.DNS))
		}
	}
	if len(well) > 0 {
		lines = append([]string{s.Good("serve the clusterset zone:") + " " + strings.Join(well, "; ")}, lines...)
	}
	if len(silent) > 0 {
		lines = append(lines, s.Faint("not seen in "+strings.Join(silent, ", ")+": no pods of it there"))
	}
	return lines
}

// tally counts exports by state, the ready ones first.
func tally(s *screen.Screen, exports []health.Export) string {
	counts := map[string]int{}
	for _, e := range exports {
		counts[e.State]++
	}
	var parts []string
	for state, n := range counts {
		if state != health.StateReady {
			parts = append(parts, s.Warn(fmt.Sprintf("%d %s", n, state)))
		}
	}
	slices.Sort(parts)
	text := strings.Join(append([]string{fmt.Sprintf("%d ready", counts[health.StateReady])}, parts...), ", ")
	if len(parts) > 0 {
		text += "   " + s.Faint("mcsctl get exports --problems")
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}
