package top

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

// changes says in lines what is different between two reports: members first, then services.
func changes(before, after health.Report) []string {
	lines := memberChanges(before, after)
	old := map[string]row{}
	for _, r := range rowsOf(before) {
		old[r.title()] = r
	}
	for _, now := range rowsOf(after) {
		was, found := old[now.title()]
		delete(old, now.title())
		if !found {
			lines = append(lines, fmt.Sprintf("%s new%s, %d/%d ready", now.title(), by(now.from), now.ready, now.total))
			if state := troubles(now); state != "" {
				lines = append(lines, now.title()+" "+state)
			}
			continue
		}
		lines = append(lines, serviceChanges(was, now)...)
	}
	gone := make([]string, 0, len(old))
	for title := range old {
		gone = append(gone, title+" gone")
	}
	slices.Sort(gone)
	return append(lines, gone...)
}

func memberChanges(before, after health.Report) []string {
	old := map[string]health.Member{}
	for _, m := range before.Members {
		old[string(m.ID)] = m
	}
	var lines []string
	for _, m := range after.Members {
		was, found := old[string(m.ID)]
		delete(old, string(m.ID))
		switch {
		case !found:
			lines = append(lines, fmt.Sprintf("member %s %s", m.ID, m.State))
		case was.State != m.State:
			lines = append(lines, fmt.Sprintf("member %s %s -> %s", m.ID, was.State, m.State))
		case was.DNSWell != m.DNSWell && m.DNSWell:
			lines = append(lines, fmt.Sprintf("member %s DNS server serves again", m.ID))
		case was.DNSWell != m.DNSWell:
			lines = append(lines, fmt.Sprintf("member %s DNS server does not serve: %s", m.ID, m.DNS))
		}
	}
	for id := range old {
		lines = append(lines, fmt.Sprintf("member %s left", id))
	}
	slices.Sort(lines)
	return lines
}

func serviceChanges(was, now row) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, now.title()+" "+fmt.Sprintf(format, args...)) }
	for _, cluster := range now.from {
		if !slices.Contains(was.from, cluster) {
			say("+%s", cluster)
		}
	}
	for _, cluster := range was.from {
		if !slices.Contains(now.from, cluster) {
			say("-%s", cluster)
		}
	}
	if was.ready != now.ready || was.total != now.total {
		say("%d/%d -> %d/%d ready", was.ready, was.total, now.ready, now.total)
	}
	switch {
	case was.conflict == now.conflict:
	case now.conflict == "":
		say("no conflict any more")
	default:
		say("conflict: %s", now.conflict)
	}
	switch {
	case was.trouble == now.trouble:
	case now.trouble == "":
		say("well again")
	default:
		say("%s", now.trouble)
	}
	return lines
}

func troubles(r row) string {
	switch {
	case r.trouble != "":
		return r.trouble
	case r.conflict != "":
		return "conflict: " + r.conflict
	}
	return ""
}

func by(clusters []string) string {
	if len(clusters) == 0 {
		return ""
	}
	return " from " + strings.Join(clusters, ",")
}
