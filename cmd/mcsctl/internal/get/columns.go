package get

import (
	"fmt"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// column is one column of a table.
type column[T any] struct {
	header string
	// wide is a column that only -o wide has.
	wide bool
	// spare columns go first where a terminal is too narrow, the highest first.
	spare int
	// key is a part of the row's name, for -o name.
	key  bool
	cell func(*screen.Screen, T) string
}

// tabulate makes the table of the columns that the format has.
func tabulate[T any](s *screen.Screen, columns []column[T], rows []T) (header []screen.Column, cells [][]string) {
	cells = make([][]string, len(rows))
	for _, c := range columns {
		if c.wide && s.Format != screen.Wide {
			continue
		}
		header = append(header, screen.Column{Header: c.header, Spare: c.spare})
		for i, row := range rows {
			cells[i] = append(cells[i], c.cell(s, row))
		}
	}
	return header, cells
}

// name is a row's name: its cluster first, as no name in a clusterset is complete without it.
func name[T any](columns []column[T], row T) string {
	var parts []string
	for _, c := range columns {
		if c.key {
			parts = append(parts, c.cell(&screen.Screen{}, row))
		}
	}
	// The table has the service first, for people who look for it; a name goes from the large to the small.
	if len(parts) > 1 {
		parts = append(parts[len(parts)-1:], parts[:len(parts)-1]...)
	}
	return strings.Join(parts, "/")
}

var exportColumns = []column[health.Export]{
	{header: "NAMESPACE", key: true, cell: func(_ *screen.Screen, e health.Export) string { return e.Namespace }},
	{header: "NAME", key: true, cell: func(_ *screen.Screen, e health.Export) string { return e.Name }},
	{header: "CLUSTER", key: true, cell: func(_ *screen.Screen, e health.Export) string { return string(e.Cluster) }},
	{header: "STATE", cell: func(s *screen.Screen, e health.Export) string { return exportState(s, e) }},
	{header: "AGE", spare: 1, cell: func(_ *screen.Screen, e health.Export) string { return since(e.Created) }},
	{header: "CONTEXT", wide: true, spare: 2, cell: func(_ *screen.Screen, e health.Export) string { return e.Context }},
	{header: "MESSAGE", cell: func(_ *screen.Screen, e health.Export) string { return orDash(e.Message) }},
}

var importColumns = []column[health.Import]{
	{header: "NAMESPACE", key: true, cell: func(_ *screen.Screen, i health.Import) string { return i.Namespace }},
	{header: "NAME", key: true, cell: func(_ *screen.Screen, i health.Import) string { return i.Name }},
	{header: "CLUSTER", key: true, cell: func(_ *screen.Screen, i health.Import) string { return string(i.Cluster) }},
	{header: "TYPE", spare: 2, cell: func(_ *screen.Screen, i health.Import) string { return i.Type }},
	{header: "IP", cell: func(_ *screen.Screen, i health.Import) string { return orDash(strings.Join(i.IPs, ",")) }},
	{header: "PORTS", wide: true, spare: 3, cell: func(_ *screen.Screen, i health.Import) string { return orDash(strings.Join(i.Ports, ",")) }},
	{header: "FROM", cell: func(_ *screen.Screen, i health.Import) string { return orDash(strings.Join(i.From, ",")) }},
	{header: "READY", cell: func(_ *screen.Screen, i health.Import) string { return fmt.Sprintf("%d/%d", i.Ready, i.Endpoints) }},
	{header: "STATE", cell: func(s *screen.Screen, i health.Import) string { return coloured(s, i.State, i.Well) }},
	{header: "AGE", wide: true, spare: 4, cell: func(_ *screen.Screen, i health.Import) string { return since(i.Created) }},
	{header: "CONTEXT", wide: true, spare: 5, cell: func(_ *screen.Screen, i health.Import) string { return i.Context }},
	{header: "MESSAGE", wide: true, spare: 1, cell: func(_ *screen.Screen, i health.Import) string { return orDash(i.Message) }},
}

var memberColumns = []column[health.Member]{
	{header: "MEMBER", key: true, cell: func(_ *screen.Screen, m health.Member) string { return string(m.ID) }},
	{header: "STATE", cell: MemberState},
	{header: "HEARD", cell: Heard},
	{header: "LAG p99", spare: 1, cell: Lag},
	{header: "EXPORTS", cell: func(_ *screen.Screen, m health.Member) string { return number(m.Exports) }},
	{header: "IMPORTS", cell: func(_ *screen.Screen, m health.Member) string { return number(m.Imports) }},
	{header: "ENDPOINTS", cell: Endpoints},
	{header: "CREDS", spare: 2, cell: Credential},
	{header: "VERSION", spare: 4, cell: func(_ *screen.Screen, m health.Member) string { return orDash(m.Controller) }},
	{header: "K8S", spare: 3, cell: func(_ *screen.Screen, m health.Member) string { return orDash(m.Kubernetes) }},
	{header: "CONTEXT", spare: 5, cell: func(_ *screen.Screen, m health.Member) string { return orDash(m.Context) }},
	{header: "HUB NAMESPACE", wide: true, spare: 6, cell: func(_ *screen.Screen, m health.Member) string { return orDash(m.HubNamespace) }},
	{header: "DNS", wide: true, spare: 7, cell: func(_ *screen.Screen, m health.Member) string { return orDash(m.DNS) }},
}

func exportState(s *screen.Screen, e health.Export) string {
	if e.State == health.StateConflict {
		return s.Warn(strings.Join(e.Reasons, ","))
	}
	return coloured(s, e.State, e.Well)
}

func coloured(s *screen.Screen, text string, well bool) string {
	if well {
		return s.Good(text)
	}
	return s.Bad(text)
}

func since(t time.Time) string { return health.Age(time.Since(t)) }

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
