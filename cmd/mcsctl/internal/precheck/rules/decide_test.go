package rules

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// good are the facts of a cluster that can join as west.
func good() Facts {
	return Facts{
		ID: "west", Now: now, Forget: 15 * time.Minute,
		Member: Side{
			Context:     "w",
			Version:     Fact[string]{Value: "v1.35.4-gke.1"},
			Definitions: Fact[[]Definition]{Value: []Definition{{Name: "serviceimports.multicluster.x-k8s.io", Speaks: []string{"v1beta1", "v1alpha1"}}}},
			Rights:      Fact[[]Right]{Value: []Right{{Verb: "create", Resource: "namespaces", Allowed: true}}},
		},
		Hub: Side{
			Context:     "e",
			Version:     Fact[string]{Value: "v1.36.3"},
			Definitions: Fact[[]Definition]{Value: []Definition{{Name: "exportedservices.multicluster-dns.github.io", Speaks: []string{"v1alpha1"}, Found: true, Served: []string{"v1alpha1"}, Ours: true}}},
		},
		HubServer:  "https://192.0.2.1:6443",
		UID:        Fact[string]{Value: "uid-w"},
		Registered: Fact[[]Registered]{Value: []Registered{{ID: "east", Holder: "uid-e", Renewed: now}}},
		Networks:   Fact[Networks]{Value: Networks{Pods: prefixes("10.2.0.0/16"), Services: prefixes("10.96.0.0/16")}},
		Peers:      []Peer{{ID: "east", Networks: Networks{Pods: prefixes("10.1.0.0/16"), Services: prefixes("10.96.0.0/16")}}},
		DNS:        Fact[DNS]{Value: DNS{Version: "v1.14.2"}},
	}
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

func TestAClusterThatCanJoin(t *testing.T) {
	want := []Result{
		{Name: "kubernetes", State: OK, Text: "v1.35.4-gke.1 (supported 1.33-1.36)"},
		{Name: "hub kubernetes", State: OK, Text: "v1.36.3 (supported 1.31-1.36)"},
		{Name: "mcs crds", State: OK, Text: "not there yet, will be installed"},
		{Name: "hub crds", State: OK, Text: "served"},
		{Name: "rbac", State: OK, Text: "all 1 rights that a join needs"},
		{Name: "hub rbac", State: OK, Text: "all 0 rights that a join needs"},
		{Name: "cluster id", State: OK, Text: "west is free"},
		{Name: "networks", State: OK, Text: "pods 10.2.0.0/16 are no other member's"},
		{Name: "hub", State: OK, Text: "https://192.0.2.1:6443 answers from here; the member's pods must reach it too"},
		{Name: "coredns", State: OK, Text: "v1.14.2, no multicluster zone of its own"},
	}
	got := Decide(good())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results differ (-want +got):\n%s", diff)
	}
	if worst := Worst(got); worst != OK {
		t.Errorf("the worst is %q", worst)
	}
}

func TestWhatStandsInTheWay(t *testing.T) {
	away := errors.New("connection refused")
	for _, tc := range []struct {
		name   string
		change func(*Facts)
		want   Result // the one result that is not OK
	}{
		{
			name:   "a cluster that does not answer",
			change: func(f *Facts) { f.Member.Version = Fact[string]{Err: away} },
			want: Result{Name: "kubernetes", State: Fail, Text: `context "w" does not answer: connection refused`, Cause: CauseUnreachable,
				Fix: "kubectl --context w version"},
		},
		{
			name:   "a member without networking.k8s.io/v1 ServiceCIDRs",
			change: func(f *Facts) { f.Member.Version.Value = "v1.32.9" },
			want: Result{Name: "kubernetes", State: Fail, Text: "v1.32.9 is too old (supported 1.33-1.36)",
				Fix: "upgrade the cluster of context w to Kubernetes 1.33 or newer"},
		},
		{
			name:   "a hub without IP rules for CRDs",
			change: func(f *Facts) { f.Hub.Version.Value = "v1.30.1" },
			want: Result{Name: "hub kubernetes", State: Fail, Text: "v1.30.1 is too old (supported 1.31-1.36)",
				Fix: "upgrade the cluster of context e to Kubernetes 1.31 or newer"},
		},
		{
			name:   "a version from the future works until shown otherwise",
			change: func(f *Facts) { f.Member.Version.Value = "v1.37.0" },
			want:   Result{Name: "kubernetes", State: Warn, Text: "v1.37.0 is newer than what is tested (supported 1.33-1.36)"},
		},
		{
			name:   "a version that is no version",
			change: func(f *Facts) { f.Member.Version.Value = "banana" },
			want:   Result{Name: "kubernetes", State: Warn, Text: `cannot tell: the version is "banana"`},
		},
		{
			name: "a definition that serves only what is unknown",
			change: func(f *Facts) {
				f.Member.Definitions.Value[0].Found, f.Member.Definitions.Value[0].Served = true, []string{"v2"}
			},
			want: Result{Name: "mcs crds", State: Fail, Text: "serviceimports.multicluster.x-k8s.io serves v2 and none of v1beta1, v1alpha1", Cause: CauseDefinitions,
				Fix: "have v1beta1 served: kubectl --context w get crd serviceimports.multicluster.x-k8s.io -o yaml"},
		},
		{
			name:   "a definition on its way out",
			change: func(f *Facts) { f.Member.Definitions.Value[0].Going = true },
			want: Result{Name: "mcs crds", State: Fail, Text: "serviceimports.multicluster.x-k8s.io is being deleted", Cause: CauseDefinitions,
				Fix: "wait until it is gone: kubectl --context w wait --for=delete crd/serviceimports.multicluster.x-k8s.io"},
		},
		{
			name:   "a cluster that is no hub",
			change: func(f *Facts) { f.Hub.Definitions.Value[0].Found = false },
			want: Result{Name: "hub crds", State: Fail, Text: `context "e" is no hub yet: exportedservices.multicluster-dns.github.io is not there`,
				Cause: CauseDefinitions, Fix: "mcsctl hub init --context e"},
		},
		{
			name: "rights that are missing, the first three by name",
			change: func(f *Facts) {
				f.Hub.Rights.Value = []Right{
					{Verb: "create", Resource: "namespaces"},
					{Verb: "create", Resource: "secrets", Namespace: "mcs-clusterset"},
					{Verb: "patch", Resource: "secrets", Namespace: "mcs-clusterset"},
					{Verb: "get", Resource: "secrets", Namespace: "mcs-clusterset"},
					{Verb: "get", Resource: "namespaces", Allowed: true},
				}
			},
			want: Result{Name: "hub rbac", State: Fail, Cause: CauseRights,
				Text: `you may not create namespaces, create secrets in mcs-clusterset, patch secrets in mcs-clusterset and 1 more in context "e"`,
				Fix:  "have somebody who may apply what this prints: mcsctl join --dry-run -o yaml"},
		},
		{
			name:   "an id that is none",
			change: func(f *Facts) { f.ID = "west_1" },
			want: Result{Name: "cluster id", State: Fail, Cause: CauseIdentity,
				Text: `cluster id "west_1" is not one or two lower-case DNS labels (letters, digits and inner hyphens, at most one dot)`,
				Fix:  "choose another with --cluster-id, such as the context's name in lower case"},
		},
		{
			name:   "an id that the cluster itself contradicts",
			change: func(f *Facts) { f.Stated.Value = "wien" },
			want: Result{Name: "cluster id", State: Fail, Cause: CauseIdentity,
				Text: `the cluster states the id "wien" of itself (by its ClusterProperty), and you ask for "west"`,
				Fix:  "mcsctl join --context w --cluster-id wien"},
		},
		{
			name: "an id that another cluster holds",
			change: func(f *Facts) {
				f.Registered.Value = []Registered{{ID: "west", Holder: "uid-x", Renewed: now.Add(-14 * time.Minute)}}
			},
			want: Result{Name: "cluster id", State: Fail, Cause: CauseIdentity,
				Text: `"west" is held by another cluster: its kube-system UID is uid-x, this one's uid-w`,
				Fix:  "choose another with --cluster-id; or, if that cluster is gone for good, add --replace"},
		},
		{
			name: "a cluster that is a member under another id",
			change: func(f *Facts) {
				f.Registered.Value = []Registered{{ID: "west", Holder: "uid-x", Renewed: now}, {ID: "east", Holder: "uid-w", Renewed: now}}
				f.Peers[0].Networks = f.Networks.Value // it is the same cluster
			},
			want: Result{Name: "cluster id", State: Fail, Cause: CauseIdentity, Text: `this cluster is the member "east" already`,
				Fix: "mcsctl leave --context w"},
		},
		{
			name:   "a registry that cannot be read",
			change: func(f *Facts) { f.Registered = Fact[[]Registered]{Err: away} },
			want:   Result{Name: "cluster id", State: Warn, Text: "cannot tell: connection refused"},
		},
		{
			name:   "pods with the addresses of another member's",
			change: func(f *Facts) { f.Networks.Value.Pods = prefixes("10.1.128.0/17") },
			want: Result{Name: "networks", State: Warn, Cause: CauseOverlap, Text: "pod range 10.1.128.0/17 overlaps east's pod range 10.1.0.0/16",
				Fix: "names will resolve, connections may go astray: give one of the clusters other ranges, or routing that tells them apart"},
		},
		{
			name:   "another's pods at this cluster's Service addresses",
			change: func(f *Facts) { f.Peers[0].Networks.Pods = prefixes("10.96.128.0/24") },
			want: Result{Name: "networks", State: Warn, Cause: CauseOverlap, Text: "service range 10.96.0.0/16 overlaps east's pod range 10.96.128.0/24",
				Fix: "names will resolve, connections may go astray: give one of the clusters other ranges, or routing that tells them apart"},
		},
		{
			name: "another's exported endpoint, where no context leads to it",
			change: func(f *Facts) {
				f.Peers = []Peer{{ID: "ap", Exported: []netip.Addr{netip.MustParseAddr("10.9.9.9"), netip.MustParseAddr("10.2.7.7")}}}
			},
			want: Result{Name: "networks", State: Warn, Cause: CauseOverlap, Text: "10.2.0.0/16 has 10.2.7.7, an endpoint that ap exports",
				Fix: "names will resolve, connections may go astray: give one of the clusters other ranges, or routing that tells them apart"},
		},
		{
			name:   "a peer of which nothing is known",
			change: func(f *Facts) { f.Peers = append(f.Peers, Peer{ID: "ap"}) },
			want:   Result{Name: "networks", State: Warn, Text: "pods 10.2.0.0/16; nothing is known of 1 of 2 other members"},
		},
		{
			name:   "nodes that say nothing of their pods",
			change: func(f *Facts) { f.Networks.Value.Pods = nil },
			want:   Result{Name: "networks", State: Warn, Text: "pod ranges are not known: no node has spec.podCIDRs; see that members' pods have different addresses"},
		},
		{
			name:   "a hub at a loopback address",
			change: func(f *Facts) { f.HubServer = "https://127.0.0.1:34567" },
			want: Result{Name: "hub", State: Warn, Cause: CauseUnreachable, Text: "https://127.0.0.1:34567 is this machine: pods cannot reach it there",
				Fix: "set --hub-server to the URL at which pods of the member reach the hub's API server"},
		},
		{
			name:   "a hub at no URL",
			change: func(f *Facts) { f.HubServer = "hub" },
			want:   Result{Name: "hub", State: Fail, Cause: CauseUnreachable, Text: `"hub" is no URL of an API server`, Fix: "set --hub-server to an https:// URL"},
		},
		{
			name:   "a hub that gives no answer where members are to ask it",
			change: func(f *Facts) { f.HubAnswer = errors.New("connection refused") },
			want: Result{Name: "hub", State: Warn, Cause: CauseUnreachable,
				Text: "no answer at https://192.0.2.1:6443 from here, and the member's pods must get one: connection refused"},
		},
		{
			name: "a server there that is not known to be the hub",
			change: func(f *Facts) {
				f.HubAnswer = fmt.Errorf("asking it: %w", &tls.CertificateVerificationError{Err: errors.New("signed by unknown authority")})
			},
			want: Result{Name: "hub", State: Fail, Cause: CauseUnreachable,
				Text: "https://192.0.2.1:6443 answers and is not known to be the hub: tls: failed to verify certificate: signed by unknown authority",
				Fix:  "set --hub-server to a name in the hub's certificate, or --hub-ca to the file of its certificate authority"},
		},
		{
			name:   "a member that has another hub",
			change: func(f *Facts) { f.HubNow.Value = "https://192.0.2.9:6443" },
			want: Result{Name: "hub until now", State: Warn, Fix: "mcsctl leave --context w",
				Text: "it reaches its hub at https://192.0.2.9:6443, and will do so at https://192.0.2.1:6443; if that is another hub, leave the one it has first"},
		},
		{
			name:   "a member whose hub cannot be read",
			change: func(f *Facts) { f.HubNow.Err = errors.New("forbidden") },
			want:   Result{Name: "hub until now", State: Warn, Text: "cannot tell: forbidden"},
		},
		{
			name:   "CoreDNS that serves the zone by its own plugin",
			change: func(f *Facts) { f.DNS.Value.InTree = true },
			want: Result{Name: "coredns", State: Warn, Cause: CauseTwoServers, Text: "its kubernetes plugin has a multicluster zone already, and would answer in our place",
				Fix: "take the multicluster line out of the kubernetes block of the Corefile: kubectl --context w -n kube-system edit configmap coredns"},
		},
		{
			name:   "another implementation's imports",
			change: func(f *Facts) { f.ForeignImports.Value = 12 },
			want: Result{Name: "other imports", State: Warn,
				Text: "12 ServiceImports are somebody else's: they are left alone, and a service of the same name is not imported"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := good()
			tc.change(&facts)
			results := Decide(facts)
			var got []Result
			for _, result := range results {
				if result.State != OK {
					got = append(got, result)
				}
			}
			if diff := cmp.Diff([]Result{tc.want}, got); diff != "" {
				t.Errorf("what is not OK differs (-want +got):\n%s", diff)
			}
			if worst := Worst(results); worst != tc.want.State {
				t.Errorf("the worst is %q, want %q", worst, tc.want.State)
			}
		})
	}
}

func TestWhatIsFineAfterASecondLook(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Facts)
		want   Result
	}{
		{
			name:   "an id that was this cluster's before",
			change: func(f *Facts) { f.Registered.Value = []Registered{{ID: "west", Holder: "uid-w", Renewed: now}} },
			want:   Result{Name: "cluster id", State: OK, Text: "west, and this cluster is it already"},
		},
		{
			name:   "an id that waits for its cluster",
			change: func(f *Facts) { f.Registered.Value = []Registered{{ID: "west"}} },
			want:   Result{Name: "cluster id", State: OK, Text: "west is registered and waits for its cluster"},
		},
		{
			name: "an id whose holder has been silent for the forget time",
			change: func(f *Facts) {
				f.Registered.Value = []Registered{{ID: "west", Holder: "uid-x", Renewed: now.Add(-16 * time.Minute)}}
			},
			want: Result{Name: "cluster id", State: OK, Text: "west was another cluster's, silent for 16m0s"},
		},
		{
			name: "an id that is taken over on purpose",
			change: func(f *Facts) {
				f.Replace, f.Registered.Value = true, []Registered{{ID: "west", Holder: "uid-x", Renewed: now}}
			},
			want: Result{Name: "cluster id", State: OK, Text: "west is taken over from the cluster with kube-system UID uid-x"},
		},
		{
			name: "a definition that somebody else made",
			change: func(f *Facts) {
				d := &f.Member.Definitions.Value[0]
				d.Found, d.Served = true, []string{"v1alpha1"}
			},
			want: Result{Name: "mcs crds", State: OK, Text: "made by somebody else and kept: serviceimports.multicluster.x-k8s.io"},
		},
		{
			name:   "the hub that joins itself, whatever its address is",
			change: func(f *Facts) { f.HubIsMember, f.HubServer = true, "https://127.0.0.1:6443" },
			want:   Result{Name: "hub", State: OK, Text: "is this cluster itself"},
		},
		{
			name:   "a cluster without a CoreDNS",
			change: func(f *Facts) { f.DNS.Value = DNS{} },
			want:   Result{Name: "coredns", State: OK, Text: "no CoreDNS of the usual name; forward the zone from whatever answers there"},
		},
		{
			name:   "the first member of all",
			change: func(f *Facts) { f.Peers = nil },
			want:   Result{Name: "networks", State: OK, Text: "pods 10.2.0.0/16; no other member yet"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := good()
			tc.change(&facts)
			results := Decide(facts)
			if worst := Worst(results); worst != OK {
				t.Errorf("the worst is %q, want all well", worst)
			}
			found := false
			for _, result := range results {
				if result.Name == tc.want.Name {
					found = true
					if diff := cmp.Diff(tc.want, result); diff != "" {
						t.Errorf("result differs (-want +got):\n%s", diff)
					}
				}
			}
			if !found {
				t.Errorf("there is no result %q", tc.want.Name)
			}
		})
	}
}

func TestWithoutAHubAtHandNothingIsSaidOfIt(t *testing.T) {
	facts := good()
	facts.Hub = Side{}
	for _, result := range Decide(facts) {
		if result.Name == "hub kubernetes" || result.Name == "hub crds" || result.Name == "hub rbac" {
			t.Errorf("there is a result %+v", result)
		}
	}
}

// decided are the results of one name.
func decided(facts Facts, name string) []Result {
	var found []Result
	for _, result := range Decide(facts) {
		if result.Name == name {
			found = append(found, result)
		}
	}
	return found
}
