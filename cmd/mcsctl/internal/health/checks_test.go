package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// sound is a member whose every check passes.
func sound(change ...func(*MemberFacts)) MemberFacts {
	return member("west", append([]func(*MemberFacts){func(m *MemberFacts) {
		m.Kubernetes, m.Served = "v1.36.3", []string{"serviceexports", "serviceimports"}
		m.Controller = Workload{Image: "mcs-controller:v1", Ready: 2, Wanted: 2}
		m.DNS = Workload{Ready: 2, Wanted: 2}
		m.Credential = Credential{Known: true}
	}}, change...)...)
}

// TestChecks looks for what is not ok: in a clusterset where one thing is wrong there is one such check.
func TestChecks(t *testing.T) {
	const join = "mcsctl join --context west --hub hub --cluster-id west"
	const logs = "kubectl --context west -n multicluster-dns logs deployment/mcs-controller --tail=20"
	const pods = "kubectl --context west -n multicluster-dns describe deployment mcs-controller"
	group := "member west (context west)"
	for _, tc := range []struct {
		name   string
		change func(*MemberFacts)
		facts  func(*Facts)
		want   []Check
	}{
		{name: "all is well", change: func(*MemberFacts) {}},
		{name: "a hub without members", facts: func(f *Facts) { f.Registered, f.Members = 0, nil },
			want: []Check{{"hub hub", "registry", Warned, "members registered in namespace mcs-clusterset: 0", "", "mcsctl join --context CONTEXT --hub hub"}}},
		{name: "a context that does not answer", facts: func(f *Facts) { f.Unreachable = map[string]string{"ap": "timeout"} },
			want: []Check{{"hub hub", "context", Unknown, "ap does not answer: timeout", explain.MemberDown, ""}}},
		{name: "a member that never reached the hub", change: func(m *MemberFacts) { m.Lease = LeaseFacts{} },
			want: []Check{{group, "sign of life", Failed, "it has never reached this hub", explain.MemberDown, logs}}},
		{name: "a stale member", change: func(m *MemberFacts) { m.Lease = ago(2 * time.Minute) },
			want: []Check{{group, "sign of life", Failed, "stale: silent for 2m", explain.MemberStale, logs}}},
		{name: "a member that has not published here in full", change: func(m *MemberFacts) { m.Lease.Mark.Hub = "another" },
			want: []Check{{group, "published", Warned, "it has not published everything to this hub yet: nothing of it is withdrawn until then", "", logs}}},
		{name: "a definition that is not served", change: func(m *MemberFacts) { m.Served = []string{"serviceimports"} },
			want: []Check{{group, "definitions", Failed, "serviceexports are not served as multicluster.x-k8s.io/v1beta1", explain.NoCRD, join}}},
		{name: "permissions that are not granted, a few of them by name", change: func(m *MemberFacts) { m.Lacking = []string{"a", "b", "c", "d"} },
			want: []Check{{group, "rights", Failed, "our programs lack 4 permissions: a, b, c, ...", explain.NoRights, join}}},
		{name: "a cluster that states another id", change: func(m *MemberFacts) { m.Stated = "east" },
			want: []Check{{group, "identity", Failed, `it is registered as "west" and states that it is "east"`, explain.IDDisputed,
				"kubectl --context west edit clusterproperty cluster.clusterset.k8s.io"}}},
		{name: "no controller", change: func(m *MemberFacts) { m.Controller = Workload{} },
			want: []Check{{group, "controller", Warned, "no Deployment multicluster-dns/mcs-controller and no election: it may run as a process elsewhere", "", join}}},
		{name: "a controller that runs as a process", change: func(m *MemberFacts) { m.Controller, m.Leader = Workload{}, ago(time.Second) }},
		{name: "a controller without ready pods", change: func(m *MemberFacts) { m.Controller.Ready = 0 },
			want: []Check{{group, "controller", Failed, "none of 2 pods is ready", explain.NoController, pods}}},
		{name: "a controller without its second", change: func(m *MemberFacts) { m.Controller.Ready = 1 },
			want: []Check{{group, "controller", Warned, "1 of 2 pods are ready", explain.NoController, pods}}},
		{name: "a credential that has ended", change: func(m *MemberFacts) { m.Credential.Expires = now.Add(-time.Hour) },
			want: []Check{{group, "credential", Failed, "the one for the hub ended 1h ago", explain.CredentialRefused, join}}},
		{name: "a credential that ends soon", change: func(m *MemberFacts) { m.Credential.Expires = now.Add(time.Hour) },
			want: []Check{{group, "credential", Warned, "the one for the hub ends in 1h", explain.CredentialRefused, join}}},
		{name: "a credential that may not be read is no matter", change: func(m *MemberFacts) { m.Credential = Credential{} }},
		{name: "a DNS server that does not answer", change: func(m *MemberFacts) { m.Answer = Answer{Server: "10.0.0.1:53", Err: "timeout"} },
			want: []Check{{group, "dns", Failed, "2/2 pods ready, asked at 10.0.0.1:53: timeout", explain.ServerSilent, "mcsctl why kubernetes.default.svc.clusterset.local --from west"}}},
		{name: "a DNS server that nothing is known of", change: func(m *MemberFacts) { m.DNS = Workload{} },
			want: []Check{{group, "dns", Unknown, "no pods of a DNS server and no address to ask it at", "", ""}}},
		{name: "an export that is not valid", change: exporting(condition("Valid", "False", "NoService", "")),
			want: []Check{{group, "exports", Failed, "1 of 1 are not well", "", "mcsctl get exports --problems --context west"}}},
		{name: "a conflict is not the exporter's fault alone", change: exporting(valid, exported, atOdds)},
		{name: "an import without endpoints", change: importing(0, 1),
			want: []Check{{group, "imports", Failed, "1 of 1 are not well", "", "mcsctl get imports --problems --context west"}}},
		{name: "what may not be read is not well and not wrong", change: func(m *MemberFacts) { m.Unread = map[string]string{"clusterroles": "forbidden"} },
			want: []Check{{group, "rights", Unknown, "cannot read clusterroles: forbidden", "", ""}}},
		{name: "a member that no context leads to is known by the hub alone", change: func(m *MemberFacts) { m.Context = "" },
			want: []Check{{"member west", "context", Unknown, "no context of the kubeconfig leads to it: only what the hub says of it is known", "", ""}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := Facts{Now: now, Hub: "hub", HubUID: "hub", Namespace: "mcs-clusterset", Registered: 1, Members: []MemberFacts{sound()}}
			if tc.change != nil {
				facts.Members[0] = sound(tc.change)
			}
			if tc.facts != nil {
				tc.facts(&facts)
			}
			var got []Check
			for _, c := range Checks(facts, membership.DefaultThresholds) {
				if c.State != Passed {
					got = append(got, c)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("checks that do not pass (-want +got):\n%s", diff)
			}
		})
	}
}
