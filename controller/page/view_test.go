package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

var now = time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)

// well are the facts of a cluster in which nothing is wrong.
func well() Facts {
	return Facts{
		At: now, Self: "east", Working: true, Connected: true, Synced: true, Standing: membership.Registered,
		Members: []Member{{ID: "west", State: membership.Fresh, Heard: now.Add(-3 * time.Second), Slices: 1, Endpoints: 3, Ready: 3}},
		Exports: []Export{{Key: key("checkout"), Valid: yes, Ready: yes, Conflict: no}},
		Imports: []Import{vip("checkout")},
	}
}

var yes, no = Condition{Status: "True"}, Condition{Status: "False"}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "shop", Name: name}
}

func vip(name string) Import {
	return Import{
		Key: key(name), IPs: []string{"10.97.41.7"}, Ports: []string{"http 80/TCP"}, Clusters: []string{"west"}, Ready: yes, Ours: true,
		Sources: []Source{{Cluster: "west", Endpoints: 3, Ready: 3, Addresses: []string{"10.1.0.10"}}},
	}
}

func TestVerdict(t *testing.T) {
	for _, tc := range []struct {
		name    string
		mend    func(*Facts)
		want    level
		notices int
	}{
		{"a cluster in which nothing is wrong is ok", func(*Facts) {}, good, 0},
		{"a hub that is away is a warning, for answers go on", func(f *Facts) { f.Connected = false }, warn, 1},
		{"a hub not yet read is a warning", func(f *Facts) { f.Synced = false }, warn, 1},
		{"a cluster that is no member is told so", func(f *Facts) { f.Standing = membership.Departed }, warn, 1},
		{"a freeze is told", func(f *Facts) { f.Frozen = true }, warn, 1},
		{"a registration that makes no member is told", func(f *Facts) {
			f.Excluded = []membership.Excluded{{Profile: "x", Reason: "the label is missing"}}
		}, warn, 1},
		{"a replica that waits says only that", func(f *Facts) { f.Working, f.Synced, f.Connected = false, false, false }, warn, 1},
		{"a stale member is a warning", func(f *Facts) { f.Members[0].State = membership.Stale }, warn, 0},
		{"a forgotten member is bad", func(f *Facts) { f.Members[0].State = membership.Forgotten }, bad, 0},
		{"an invalid export is bad", func(f *Facts) { f.Exports[0].Valid = Condition{Status: "False", Reason: "NoService"} }, bad, 0},
		{"a conflict is a warning", func(f *Facts) { f.Exports[0].Conflict = Condition{Status: "True", Reason: "PortConflict"} }, warn, 0},
		{"an export not looked at yet waits", func(f *Facts) { f.Exports[0].Ready = Condition{} }, waiting, 0},
		{"an export that cannot be published is bad", func(f *Facts) { f.Exports[0].Ready = Condition{Status: "False", Reason: "Failed"} }, bad, 0},
		{"an import without a ready endpoint is bad", func(f *Facts) { f.Imports[0].Sources[0].Ready = 0 }, bad, 0},
		{"an import without an IP is bad", func(f *Facts) { f.Imports[0].IPs = nil }, bad, 0},
		{"an import that is not ready is bad", func(f *Facts) { f.Imports[0].Ready = Condition{Status: "False", Reason: "IPFamilyNotSupported"} }, bad, 0},
		{"an import of somebody else's is none of ours", func(f *Facts) { f.Imports[0] = Import{Key: key("other")} }, good, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := well()
			tc.mend(&facts)
			v := viewOf(facts, "")
			if v.Verdict != tc.want || len(v.Notices) != tc.notices {
				t.Errorf("the verdict is %q with notices %q, want %q with %d", v.Verdict, v.Notices, tc.want, tc.notices)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	many := Import{Key: key("pg"), Headless: true, Ours: true, Ready: yes, Sources: []Source{
		{Cluster: "east", Endpoints: 9, Ready: 8, Addresses: []string{"10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4"}},
		{Cluster: "west", Endpoints: 1, Ready: 1, Addresses: []string{"10.2.0.1"}},
	}}
	for _, tc := range []struct {
		name    string
		of      Import
		answer  []string
		more    int
		fqdn    string
		members []Member
		text    string
	}{
		{"a ClusterSetIP service answers with its IPs", vip("checkout"), []string{"10.97.41.7"}, 0, "checkout.shop.svc.clusterset.local", nil, "ok"},
		{"a headless service answers with its endpoints, of which a few are shown", many, many.Sources[0].Addresses, 5, "pg.shop.svc.clusterset.local", nil, "ok"},
		{"a source that is silent is named", vip("checkout"), []string{"10.97.41.7"}, 0, "checkout.shop.svc.clusterset.local",
			[]Member{{ID: "west", State: membership.Stale}}, "silent source"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := viewOf(Facts{At: now, Imports: []Import{tc.of}, Members: tc.members}, "")
			row := v.ImportRows[0]
			if diff := cmp.Diff(tc.answer, row.Answer); diff != "" || row.More != tc.more || row.Name != tc.fqdn || row.Text != tc.text {
				t.Errorf("row %+v, want %d more, %q, %q; answers (-want +got):\n%s", row, tc.more, tc.fqdn, tc.text, diff)
			}
		})
	}
}

func TestTheFilterAndTheWorstFirst(t *testing.T) {
	facts := well()
	facts.Imports = nil
	for i := range 2*rows + 7 {
		facts.Imports = append(facts.Imports, vip(fmt.Sprintf("s%04d", i)))
	}
	facts.Imports[300].IPs = nil
	v := viewOf(facts, "")
	if len(v.ImportRows) != rows || v.MoreImports != rows+7 || v.ImportRows[0].Key.Name != "s0300" {
		t.Errorf("%d rows and %d more, the first %q; want %d, %d and the one that is bad", len(v.ImportRows), v.MoreImports, v.ImportRows[0].Key, rows, rows+7)
	}
	v = viewOf(facts, " SHOP/s0042 ")
	if len(v.ImportRows) != 1 || len(v.ExportRows) != 0 || v.Verdict != bad {
		t.Errorf("the filter leaves %d imports, %d exports and the verdict %q; want 1, 0 and that of all", len(v.ImportRows), len(v.ExportRows), v.Verdict)
	}
}

func TestAgo(t *testing.T) {
	for want, d := range map[string]time.Duration{"just now": 300 * time.Millisecond, "12 s ago": 12 * time.Second, "6 min ago": 6 * time.Minute, "30 h ago": 30 * time.Hour} {
		if got := ago(now, now.Add(-d)); got != want {
			t.Errorf("ago of %v is %q, want %q", d, got, want)
		}
	}
	if got := ago(now, time.Time{}); got != "never" {
		t.Errorf("ago of no time is %q", got)
	}
}

func TestTheGraphHasRoom(t *testing.T) {
	for _, others := range []int{0, 1, 2, 15, 40} {
		facts := well()
		facts.Members = nil
		for i := range others {
			facts.Members = append(facts.Members, Member{ID: mcs.ClusterID(fmt.Sprintf("member-%d", i))})
		}
		g := graphOf(facts)
		if want := min(others+1, drawn); len(g.Nodes) != want || g.More != others+1-want {
			t.Errorf("of %d members %d are drawn and %d are not", others+1, len(g.Nodes), g.More)
		}
		for _, n := range g.Nodes {
			if n.X < 20 || n.X > graphWidth-20 || n.LabelY < 10 || n.LabelY > graphHeight {
				t.Errorf("with %d members one lies at %v, %v", others+1, n.X, n.LabelY)
			}
		}
	}
	facts := well()
	facts.Self = "a-very-long-name-of-a-cluster.and-its-region"
	if label := graphOf(facts).Nodes[0].Label; len([]rune(label)) != labelled || !strings.HasSuffix(label, "…") {
		t.Errorf("a long id is drawn as %q", label)
	}
}
