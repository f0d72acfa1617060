package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// member is a member that is well, with the namespace shop.
func member(id string, change ...func(*MemberFacts)) MemberFacts {
	m := MemberFacts{
		ID: mcs.ClusterID(id), HubNamespace: "mcs-" + id, Context: id, Lease: ago(time.Second), Namespaces: map[string]bool{"shop": true},
	}
	m.Lease.Mark = membership.Mark{Hub: "hub", Sequence: 1}
	for _, c := range change {
		c(&m)
	}
	return m
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// exporting adds a ServiceExport shop/checkout that has been there for a minute.
func exporting(conditions ...metav1.Condition) func(*MemberFacts) {
	return func(m *MemberFacts) {
		se := mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "checkout", CreationTimestamp: metav1.NewTime(now.Add(-time.Minute))}}
		se.Status.Conditions = conditions
		m.Exports = append(m.Exports, se)
	}
}

var (
	valid    = condition("Valid", metav1.ConditionTrue, "Valid", "")
	exported = condition("Ready", metav1.ConditionTrue, "Exported", "")
	atOdds   = condition("Conflict", metav1.ConditionTrue, "LabelsConflict,PortConflict", "Conflicting ports http.")
)

// importing adds a ServiceImport shop/checkout from east with so many endpoints, of which so many are ready.
func importing(ready, total int, change ...func(*mcsv1beta1.ServiceImport)) func(*MemberFacts) {
	return func(m *MemberFacts) {
		si := mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "checkout"}}
		si.Spec.Type, si.Spec.IPs = mcsv1beta1.ClusterSetIP, []string{"10.97.0.7"}
		si.Status.Clusters = []mcsv1beta1.ClusterStatus{{Cluster: "east"}}
		for _, c := range change {
			c(&si)
		}
		m.Imports = append(m.Imports, si)
		m.Endpoints = append(m.Endpoints, Endpoints{Namespace: "shop", Service: "checkout", Source: "east", Ready: ready, Total: total, SteppedBack: total - ready})
	}
}

func TestDiagnose(t *testing.T) {
	for _, tc := range []struct {
		name    string
		members []MemberFacts
		change  func(*Facts)
		healthy bool
		want    []Problem
		unread  []string
	}{
		{name: "a clusterset without exports is well", members: []MemberFacts{member("east"), member("west")}, healthy: true},
		{name: "an export that is imported everywhere is well", healthy: true,
			members: []MemberFacts{member("east", exporting(valid, exported), importing(2, 2)), member("west", importing(2, 2))}},
		{name: "a stale member says when it is forgotten and what of it stepped back",
			members: []MemberFacts{member("east"), member("west", importing(1, 3)), member("ap", func(m *MemberFacts) { m.Lease = ago(6 * time.Minute) },
				func(m *MemberFacts) {
					m.Endpoints = []Endpoints{{Source: "ap", Total: 3, SteppedBack: 3}}
				})},
			want: []Problem{{Broken, "ap", "silent for 6m, 3 endpoints stepped back, forgotten in 9m", explain.MemberStale, "mcsctl check --member ap"}}},
		{name: "a forgotten member",
			members: []MemberFacts{member("east"), member("west"), member("ap", func(m *MemberFacts) { m.Lease = ago(2 * time.Hour) })},
			want:    []Problem{{Broken, "ap", "silent for 2h, left out of imports", explain.MemberStale, "mcsctl check --member ap"}}},
		{name: "members that fell silent together are kept by importers, and it says so",
			members: []MemberFacts{member("east"), member("west", func(m *MemberFacts) { m.Lease = ago(2 * time.Minute) }),
				member("ap", func(m *MemberFacts) { m.Lease = ago(2 * time.Minute) })},
			want: []Problem{
				{Broken, "ap", "silent for 2m, as others are: importers keep everything as it was", explain.MemberStale, "mcsctl check --member ap"},
				{Broken, "west", "silent for 2m, as others are: importers keep everything as it was", explain.MemberStale, "mcsctl check --member west"},
			}},
		{name: "a member that never gave a sign of life", members: []MemberFacts{member("east", func(m *MemberFacts) { m.Lease = LeaseFacts{} })},
			want: []Problem{{Broken, "east", "registered, and has never given a sign of life on this hub", explain.MemberDown, "mcsctl check --member east"}}},
		{name: "a registration that registers nobody", members: []MemberFacts{member("east")},
			change: func(f *Facts) { f.Excluded = []membership.Excluded{{Profile: "We_st", Reason: "not a cluster id"}} },
			want: []Problem{{Broken, "We_st", "not a member: not a cluster id", explain.IDDisputed,
				"kubectl --context hub --namespace mcs-clusterset get clusterprofile We_st -o yaml"}}},
		{name: "a mark of another hub is a warning", healthy: true,
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Lease.Mark.Hub = "a hub before" })},
			want:    []Problem{{Warning, "east", "has not published everything to this hub yet: nothing of it is withdrawn until then", "", "mcsctl check --member east"}}},
		{name: "a credential that ends soon is a warning", healthy: true,
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Credential = Credential{Known: true, Expires: now.Add(9 * 24 * time.Hour)} })},
			want:    []Problem{{Warning, "east", "the credential for the hub ends in 9d", explain.CredentialRefused, "mcsctl check --member east"}}},
		{name: "a credential that has ended is broken",
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Credential = Credential{Known: true, Expires: now.Add(-time.Hour)} })},
			want:    []Problem{{Broken, "east", "the credential for the hub ended 1h ago", explain.CredentialRefused, "mcsctl check --member east"}}},
		{name: "a credential that never ends, or is not known, is no problem", healthy: true,
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Credential = Credential{Known: true} }), member("west")}},
		{name: "a credential that is made for a week and was made today is no problem", healthy: true,
			members: []MemberFacts{member("east", func(m *MemberFacts) {
				m.Credential = Credential{Known: true, Issued: now, Expires: now.Add(7 * 24 * time.Hour)}
			})}},
		{name: "one of two controllers down is a warning", healthy: true,
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Controller = Workload{Ready: 1, Wanted: 2} })},
			want:    []Problem{{Warning, "east", "the controller has 1 of 2 pods ready", explain.NoController, "mcsctl check --member east"}}},
		{name: "a DNS server that does not answer is broken",
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Answer = Answer{Server: "10.0.0.1:53", Err: "timeout"} })},
			want:    []Problem{{Broken, "east", "the DNS server does not serve: asked at 10.0.0.1:53: timeout", explain.ServerSilent, "mcsctl check --member east"}}},
		{name: "no DNS pod is ready",
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.DNS = Workload{Ready: 0, Wanted: 2} })},
			want:    []Problem{{Broken, "east", "the DNS server does not serve: 0/2 pods ready", explain.ServerSilent, "mcsctl check --member east"}}},
		{name: "an export without a Service",
			members: []MemberFacts{member("east", exporting(condition("Valid", metav1.ConditionFalse, "NoService", "there is no Service")))},
			want: []Problem{{Broken, "shop/checkout", "export from east is NoService: there is no Service", explain.NoService,
				"mcsctl why checkout.shop.svc.clusterset.local --from east"}}},
		{name: "an export that no controller looked at", members: []MemberFacts{member("east", exporting())},
			want: []Problem{{Broken, "shop/checkout", "export from east is Unseen: no controller has looked at it", explain.NoController,
				"mcsctl why checkout.shop.svc.clusterset.local --from east"}}},
		{name: "an export that waits for the hub",
			members: []MemberFacts{member("east", exporting(valid, condition("Ready", metav1.ConditionFalse, "Pending", "hub unreachable")))},
			want: []Problem{{Broken, "shop/checkout", "export from east is Pending: hub unreachable", explain.HubAway,
				"mcsctl why checkout.shop.svc.clusterset.local --from east"}}},
		{name: "a conflict on the exports of two clusters is one warning", healthy: true,
			members: []MemberFacts{member("east", exporting(valid, exported, atOdds), importing(1, 1)), member("west", exporting(valid, exported, atOdds), importing(1, 1))},
			want: []Problem{{Warning, "shop/checkout", "LabelsConflict, PortConflict: Conflicting ports http.", explain.PortLost,
				"mcsctl why checkout.shop.svc.clusterset.local --from east"}}},
		{name: "a service without ready endpoints is one problem, however many import it",
			members: []MemberFacts{member("east", importing(0, 2)), member("west", importing(0, 2))},
			want: []Problem{{Broken, "shop/checkout", "none of 2 endpoints from east is ready, as seen in east, west", explain.NotReady,
				"mcsctl why checkout.shop.svc.clusterset.local --from east"}}},
		{name: "endpoints that could not be read are not missing", healthy: true,
			members: []MemberFacts{member("west", importing(0, 0), func(m *MemberFacts) { m.Unread = map[string]string{"endpointslices": "forbidden"} })},
			unread:  []string{`endpointslices of west (context "west"): forbidden`}},
		{name: "definitions that are not there are a problem, and not merely unread",
			members: []MemberFacts{member("west", func(m *MemberFacts) {
				m.Unread, m.Unserved = map[string]string{"serviceimports": "no matches for kind"}, []string{"serviceimports"}
			})},
			want: []Problem{{Broken, "west", "its API server does not know serviceimports of the Multi-Cluster Services API", explain.NoCRD,
				"kubectl --context west apply -k manifests/crds/member"}}},
		{name: "an import without an IP",
			members: []MemberFacts{member("west", importing(1, 1, func(si *mcsv1beta1.ServiceImport) { si.Spec.IPs = nil }))},
			want: []Problem{{Broken, "shop/checkout", "import in west is Pending: it has no IP yet", explain.NoIP,
				"mcsctl why checkout.shop.svc.clusterset.local --from west"}}},
		{name: "an export that is not imported where its namespace is",
			members: []MemberFacts{member("east", exporting(valid, exported), importing(1, 1)), member("west")},
			want: []Problem{{Broken, "shop/checkout", "exported from east and not imported in west", "",
				"mcsctl why checkout.shop.svc.clusterset.local --from west"}}},
		{name: "a member without the namespace does not import, and that is right", healthy: true,
			members: []MemberFacts{member("east", exporting(valid, exported), importing(1, 1)), member("west", func(m *MemberFacts) { m.Namespaces = nil })}},
		{name: "an export of a moment ago may not be imported yet", healthy: true,
			members: []MemberFacts{member("east", exporting(valid, exported), importing(1, 1), func(m *MemberFacts) {
				m.Exports[0].CreationTimestamp = metav1.NewTime(now)
			}), member("west")}},
		{name: "what is broken goes before warnings",
			members: []MemberFacts{member("east", func(m *MemberFacts) { m.Controller = Workload{Ready: 1, Wanted: 2} }), member("west", func(m *MemberFacts) { m.Lease = LeaseFacts{} })},
			want: []Problem{
				{Broken, "west", "registered, and has never given a sign of life on this hub", explain.MemberDown, "mcsctl check --member west"},
				{Warning, "east", "the controller has 1 of 2 pods ready", explain.NoController, "mcsctl check --member east"},
			}},
		{name: "a context that does not answer is not read, and no problem by itself", healthy: true, members: []MemberFacts{member("east")},
			change: func(f *Facts) { f.Unreachable = map[string]string{"west": "connection refused"} },
			unread: []string{`context "west" does not answer: connection refused`}},
		{name: "a member that no context leads to", healthy: true, members: []MemberFacts{member("east", func(m *MemberFacts) { m.Context = "" })},
			unread: []string{`no context leads to member "east": only what the hub says of it is known`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := Facts{Now: now, Hub: "hub", HubUID: "hub", Namespace: "mcs-clusterset", Members: tc.members}
			if tc.change != nil {
				tc.change(&facts)
			}
			report := Diagnose(facts, membership.DefaultThresholds)
			if tc.want == nil {
				tc.want = []Problem{}
			}
			if diff := cmp.Diff(tc.want, report.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.unread, report.Unread); diff != "" {
				t.Errorf("unread (-want +got):\n%s", diff)
			}
			if report.Healthy != tc.healthy {
				t.Errorf("healthy is %t, want %t", report.Healthy, tc.healthy)
			}
		})
	}
}

func TestMembersAreCountedAsTheirClustersHaveThem(t *testing.T) {
	facts := Facts{Now: now, Members: []MemberFacts{
		member("east", exporting(valid, exported), importing(2, 3)),
		member("west", importing(1, 1), func(m *MemberFacts) { m.Unread = map[string]string{"serviceexports": "forbidden"} }),
		member("ap", func(m *MemberFacts) { m.Skipped = true }),
	}}
	one := 1
	type counts struct {
		Exports, Imports              *int
		Endpoints, Ready, SteppedBack int
	}
	want := map[mcs.ClusterID]counts{
		"east": {&one, &one, 3, 2, 0}, // what east contributes is what the cluster that has most of it has; none steps back while it is up
		"west": {nil, &one, 0, 0, 0},  // what could not be read is not none
		"ap":   {nil, nil, 0, 0, 0},
	}
	got := map[mcs.ClusterID]counts{}
	for _, m := range Diagnose(facts, membership.DefaultThresholds).Members {
		got[m.ID] = counts{m.Exports, m.Imports, m.Endpoints, m.Ready, m.SteppedBack}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}
