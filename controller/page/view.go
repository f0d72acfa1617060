package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// rows is how many rows of a table are shown; the filter finds the others.
const rows = 200

// level is how well something is: a word, for those who do not see colours.
type level string

// The levels, the worst first.
const (
	bad     level = "bad"
	warn    level = "warn"
	waiting level = "waiting"
	good    level = "ok"
)

// rank orders levels, the worst first.
func (l level) rank() int { return slices.Index([]level{bad, warn, waiting, good}, l) }

// view is what the page's template fills in.
type view struct {
	Facts
	Filter      string
	Verdict     level
	Notices     []string
	Graph       graph
	MemberRows  []memberRow
	ExportRows  []exportRow
	ImportRows  []importRow
	MoreExports int // rows that are not shown
	MoreImports int
	Plot        plot
}

type memberRow struct {
	Member
	Level level
	Heard string
}

type exportRow struct {
	Export
	Level level
	Text  string
	Why   string
}

type importRow struct {
	Import
	Level  level
	Name   string   // of DNS
	Answer []string // what the name answers, a few
	More   int      // answers that are not shown
	Text   string
	Ready  int
	Total  int
	Why    string
}

// viewOf makes the view of the facts, of those names alone that contain the filter.
func viewOf(f Facts, filter string) view {
	v := view{Facts: f, Filter: filter, Verdict: good, Graph: graphOf(f), Plot: plotOf(f.At, f.Propagation)}
	v.Notices = notices(f)
	if len(v.Notices) > 0 {
		v.Verdict = warn
	}
	states := map[string]membership.State{string(f.Self): membership.Fresh}
	for _, member := range f.Members {
		states[string(member.ID)] = member.State
		row := memberRow{Member: member, Level: levelOf(member.State), Heard: ago(f.At, member.Heard)}
		v.MemberRows = append(v.MemberRows, row)
		v.worsen(row.Level)
	}
	for _, e := range f.Exports {
		row := exportRowOf(e)
		v.worsen(row.Level)
		if matches(e.Key, filter) {
			v.ExportRows = append(v.ExportRows, row)
		}
	}
	for _, i := range f.Imports {
		row := importRowOf(i, states)
		v.worsen(row.Level)
		if matches(i.Key, filter) {
			v.ImportRows = append(v.ImportRows, row)
		}
	}
	slices.SortStableFunc(v.ExportRows, func(a, b exportRow) int { return cmp.Compare(a.Level.rank(), b.Level.rank()) })
	slices.SortStableFunc(v.ImportRows, func(a, b importRow) int { return cmp.Compare(a.Level.rank(), b.Level.rank()) })
	v.ExportRows, v.MoreExports = first(v.ExportRows)
	v.ImportRows, v.MoreImports = first(v.ImportRows)
	return v
}

func (v *view) worsen(l level) {
	if l.rank() < v.Verdict.rank() {
		v.Verdict = l
	}
}

func matches(key types.NamespacedName, filter string) bool {
	return strings.Contains(key.String(), strings.ToLower(strings.TrimSpace(filter)))
}

func first[Row any](all []Row) ([]Row, int) {
	n := min(len(all), rows)
	return all[:n], len(all) - n
}

// notices are what concerns the whole page, each with what it means.
func notices(f Facts) []string {
	if !f.Working {
		return []string{"This replica waits for its turn: another one works. What it knows of the hub is empty; look at the page of the other one."}
	}
	var out []string
	if !f.Connected {
		out = append(out, "The hub does not answer. What is imported stays as it was last; changes elsewhere are not seen.")
	}
	if !f.Synced {
		out = append(out, "The hub has not been read as a whole yet. Nothing is concluded from what is absent there.")
	}
	if f.Working && f.Synced && f.Standing != membership.Registered {
		out = append(out, fmt.Sprintf("This cluster is %s: no ClusterProfile on the hub registers %q. It exports nothing to the others.", f.Standing, f.Self))
	}
	if f.Frozen {
		out = append(out, "Several members fell silent or vanished at once. They are kept as they were until one of them is back.")
	}
	for _, excluded := range f.Excluded {
		out = append(out, fmt.Sprintf("The registration %q makes no member: %s.", excluded.Profile, excluded.Reason))
	}
	return out
}

func levelOf(state membership.State) level {
	switch state {
	case membership.Fresh:
		return good
	case membership.Stale:
		return warn
	case membership.Forgotten:
		return bad
	}
	return waiting
}

func exportRowOf(e Export) exportRow {
	row := exportRow{Export: e, Level: good, Text: "exported", Why: "The Service is exported, and all exports of the name agree."}
	switch {
	case e.Valid.Status == "False":
		row.Level, row.Text, row.Why = bad, e.Valid.Reason, e.Valid.Message
	case e.Conflict.Status == "True":
		row.Level, row.Text, row.Why = warn, e.Conflict.Reason, e.Conflict.Message
	case e.Ready.Status == "False" && e.Ready.Reason == "Failed":
		row.Level, row.Text, row.Why = bad, e.Ready.Reason, e.Ready.Message
	case e.Ready.Status != "True" || e.Valid.Status != "True":
		row.Level, row.Text = waiting, cmp.Or(e.Ready.Reason, "pending")
		row.Why = cmp.Or(e.Ready.Message, "The controller has not said anything of it yet.")
	}
	return row
}

func importRowOf(i Import, states map[string]membership.State) importRow {
	row := importRow{Import: i, Level: good, Text: "ok", Name: i.Key.Name + "." + i.Key.Namespace + ".svc.clusterset.local"}
	var addresses, silent []string
	for _, source := range i.Sources {
		row.Ready += source.Ready
		row.Total += source.Endpoints
		addresses = append(addresses, source.Addresses...)
		if state := states[source.Cluster]; state == membership.Stale || state == membership.Forgotten {
			silent = append(silent, source.Cluster)
		}
	}
	row.Answer = i.IPs
	if i.Headless {
		row.Answer = addresses[:min(len(addresses), shown)]
		row.More = row.Ready - len(row.Answer)
	}
	row.Why = fmt.Sprintf("%d of %d endpoints are ready, from %s.", row.Ready, row.Total, cmp.Or(strings.Join(i.Clusters, ", "), "no cluster"))
	switch {
	case !i.Ours:
		row.Text, row.Why = "not ours", "This ServiceImport was made by somebody else, and is left alone. "+row.Why
	case i.Ready.Status == "False":
		row.Level, row.Text, row.Why = bad, i.Ready.Reason, i.Ready.Message
	case !i.Headless && len(i.IPs) == 0:
		row.Level, row.Text, row.Why = bad, "no IP", "The ServiceImport has no IP yet: the name exists and answers without an address. "+i.Ready.Message
	case row.Ready == 0:
		row.Level, row.Text, row.Why = bad, "no ready endpoint", "No endpoint is ready in any cluster. "+row.Why
	case len(silent) > 0:
		row.Level, row.Text = warn, "silent source"
		row.Why = fmt.Sprintf("Nothing was heard of %s for a while. %s", strings.Join(silent, ", "), row.Why)
	}
	return row
}

// ago is how long something is past, in words; "never" for a zero time.
func ago(now, then time.Time) string {
	if then.IsZero() {
		return "never"
	}
	switch d := now.Sub(then); {
	case d < time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%.0f s ago", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%.0f min ago", d.Minutes())
	default:
		return fmt.Sprintf("%.0f h ago", d.Hours())
	}
}

// count is a number with its noun, whose plural ends in s.
func count[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
