package top

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

// row is one service of the clusterset, as all its members have it.
type row struct {
	namespace, name string
	kind            string // vip, headless or -
	from            []string
	ready, total    int
	conflict        string // reasons, "" for none
	trouble         string // what is wrong, "" for nothing
	addresses       []string
	changed         time.Time
	context         string // from where to ask why
}

func (r row) title() string { return r.namespace + "/" + r.name }

// rowsOf puts exports and imports of one name together, sorted by name.
func rowsOf(report health.Report) []row {
	byName := map[string]*row{}
	at := func(namespace, name, context string, created time.Time) *row {
		key := namespace + "/" + name
		r := byName[key]
		if r == nil {
			r = &row{namespace: namespace, name: name, kind: "-", context: context}
			byName[key] = r
		}
		if created.After(r.changed) {
			r.changed = created
		}
		return r
	}
	for _, i := range report.Imports {
		r := at(i.Namespace, i.Name, i.Context, i.Created)
		r.kind = "vip"
		if i.Type == "Headless" {
			r.kind = "headless"
		}
		r.from = union(r.from, i.From)
		r.ready, r.total = max(r.ready, i.Ready), max(r.total, i.Endpoints)
		r.addresses = append(r.addresses, i.IPs...)
		if !i.Well && r.trouble == "" {
			r.trouble, r.context = i.State, i.Context
		}
	}
	for _, e := range report.Exports {
		r := at(e.Namespace, e.Name, e.Context, e.Created)
		switch {
		case e.State == health.StateConflict:
			r.conflict = strings.Join(short(e.Reasons), ",")
		case !e.Well:
			r.trouble, r.context = e.State, e.Context
		default:
			r.from = union(r.from, []string{string(e.Cluster)})
		}
	}
	rows := make([]row, 0, len(byName))
	for _, r := range byName {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name)) })
	return rows
}

func union(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// short are the reasons of a conflict without the word that all of them end in.
func short(reasons []string) []string {
	out := make([]string, len(reasons))
	for i, reason := range reasons {
		out[i] = strings.TrimSuffix(reason, "Conflict")
	}
	return out
}

// filtered returns the rows that have the text somewhere, whatever its case.
func filtered(rows []row, text string) []row {
	if text == "" {
		return rows
	}
	text = strings.ToLower(text)
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		all := strings.Join(append([]string{r.title(), r.kind, r.conflict, r.trouble}, append(r.from, r.addresses...)...), " ")
		return !strings.Contains(strings.ToLower(all), text)
	})
}

// answer is what the name has for addresses, each importing cluster its own.
func (r row) answer() string {
	switch {
	case len(r.addresses) == 0 && r.kind == "headless":
		return "pods"
	case len(r.addresses) == 0:
		return "-"
	case len(r.addresses) <= 2:
		return strings.Join(r.addresses, " ")
	}
	return fmt.Sprintf("%s +%d", strings.Join(r.addresses[:2], " "), len(r.addresses)-2)
}
