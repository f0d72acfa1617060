package explain

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const goodCorefile = `.:53 {
    errors
    multicluster clusterset.local
    kubernetes cluster.local
    cache 30
}
`

// well are the facts about a name for which all is well: east exports shop/checkout, west asks.
func well(name, qtype string, headless bool) Facts {
	q, err := Ask(name, qtype)
	if err != nil {
		panic(err)
	}
	f := Facts{
		Now:      now,
		Question: q,
		Importer: Importer{
			Context: "west", ID: "west",
			Resolver: Resolver{Assumed: true, Search: []string{"default.svc.cluster.local", "svc.cluster.local", "cluster.local"}},
			Version:  Answer{Server: "10.97.0.10", Rcode: "NOERROR", Records: []string{`"1.0.0"`}},
			Corefile: See(goodCorefile), CorefileAt: "configmap coredns",
			DNSPods:   See([]corev1.Pod(nil)),
			Account:   "kube-system/coredns-multicluster",
			Missing:   See([]string(nil)),
			Versions:  See([]string{"v1beta1"}),
			Namespace: See(&corev1.Namespace{}),
			Import:    See(serviceImport(headless)),
			Derived:   See[*corev1.Service](nil),
			Slices:    See(imported("east", "10.1.0.10")),
			PodCIDRs:  See([]netip.Prefix{netip.MustParsePrefix("10.2.0.0/16")}),
			Policies:  See([]networkingv1.NetworkPolicy(nil)),
		},
		Hub:     Hub{Context: "hub", Namespace: "mcs-clusterset", Registry: See(struct{}{})},
		Members: []Member{exporting("east"), idle("west")},
	}
	say(&f)
	return f
}

// say has the server answer as the API asks.
func say(f *Facts) {
	answer := Expect(f.Question, f.Importer.Import.Value, f.Importer.Slices.Value)
	answer.Server = "10.97.0.10"
	f.Importer.Answers = []Answer{answer}
}

func serviceImport(headless bool) *mcsv1beta1.ServiceImport {
	si := &mcsv1beta1.ServiceImport{}
	si.Namespace, si.Name = "shop", "checkout"
	si.Labels = map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}
	si.Spec.Type = mcsv1beta1.ClusterSetIP
	si.Spec.IPs = []string{"10.97.1.1"}
	si.Spec.Ports = []mcsv1beta1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}
	si.Status.Clusters = []mcsv1beta1.ClusterStatus{{Cluster: "east"}}
	if headless {
		si.Spec.Type, si.Spec.IPs = mcsv1beta1.Headless, nil
	}
	return si
}

func slice(labels map[string]string, ready bool, addresses ...string) []discoveryv1.EndpointSlice {
	s := discoveryv1.EndpointSlice{AddressType: discoveryv1.AddressTypeIPv4}
	s.Name, s.Labels = "checkout-abc", labels
	s.Ports = []discoveryv1.EndpointPort{{Name: ptr.To("http"), Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To[int32](8080)}}
	for i, address := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}, Hostname: ptr.To("pg-" + itoa(i)),
		})
	}
	return []discoveryv1.EndpointSlice{s}
}

func imported(cluster string, addresses ...string) []discoveryv1.EndpointSlice {
	return slice(map[string]string{mcsv1beta1.LabelServiceName: "checkout", mcsv1beta1.LabelSourceCluster: cluster}, true, addresses...)
}

func lease(holder string, age time.Duration) *coordinationv1.Lease {
	return &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: ptr.To(metav1.NewMicroTime(now.Add(-age)))}}
}

func idle(id string) Member {
	return Member{
		ID: mcs.ClusterID(id), Context: id, HubNamespace: "mcs-" + id, UID: id + "-uid", API: See(struct{}{}),
		Lease:  See(lease(id+"-uid", 5*time.Second)),
		Record: See[*hubv1alpha1.ExportedService](nil), Export: See[*mcsv1beta1.ServiceExport](nil), Service: See[*corev1.Service](nil),
		Slices: See([]discoveryv1.EndpointSlice(nil)), AccountUID: See("account-1"),
		Credential: See(Credential{Secret: "multicluster-dns/mcs-hub", AccountUID: "account-1"}),
	}
}

func exporting(id string, conditions ...metav1.Condition) Member {
	m := idle(id)
	m.Export = See(&mcsv1beta1.ServiceExport{})
	m.Export.Value.Labels = map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}
	m.Export.Value.Status.Conditions = conditions
	if len(conditions) == 0 {
		m.Export.Value.Status.Conditions = []metav1.Condition{condition("Valid", "True", "Valid", ""), condition("Ready", "True", "Exported", "")}
	}
	m.Record = See(&hubv1alpha1.ExportedService{})
	m.Service = See(&corev1.Service{})
	m.Service.Value.Spec.Selector = map[string]string{"app": "checkout"}
	m.Service.Value.Spec.Ports = []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}
	m.Slices = See(slice(nil, true, "10.1.0.10"))
	return m
}

func condition(kind, status, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: message}
}

// notImported takes away what follows from an import.
func notImported(f *Facts) {
	f.Importer.Import, f.Importer.Slices = See[*mcsv1beta1.ServiceImport](nil), See([]discoveryv1.EndpointSlice(nil))
	say(f)
}

// notSaid has the server say something else than the API asks for.
func notSaid(f *Facts, rcode string, served bool, records ...string) {
	f.Importer.Answers = []Answer{{Server: "10.97.0.10", Rcode: rcode, Records: records}}
	if !served {
		f.Importer.Version = Answer{Server: "10.97.0.10", Rcode: "NXDOMAIN"}
	}
}

const checkout = "checkout.shop.svc.clusterset.local"

func TestExplain(t *testing.T) {
	for _, tc := range truths {
		t.Run(tc.name, func(t *testing.T) {
			f := well(or(tc.asked, checkout), or(tc.qtype, "A"), tc.headless)
			if tc.change != nil {
				tc.change(&f)
			}
			e := Explain(f)
			cause, fix := "", ""
			if e.Cause != nil {
				cause, fix = e.Cause.ID, e.Cause.Fix
			}
			want := []any{tc.cause, tc.fix, tc.status}
			if diff := cmp.Diff(want, []any{cause, fix, e.Status()}); diff != "" {
				t.Errorf("cause, fix and status (-want +got):\n%s\n%s", diff, text(e))
			}
			for i, step := range e.Steps {
				if step.N != i+1 || step.Name == "" || step.Text == "" {
					t.Errorf("step %d is %+v", i+1, step)
				}
			}
		})
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func text(e Explanation) string {
	var lines []string
	for _, s := range e.Steps {
		lines = append(lines, strings.Join([]string{itoa(s.N), string(s.State), s.Name, s.Text, s.Cause}, " | "))
	}
	return strings.Join(lines, "\n")
}

func TestEveryCauseIsInTheTruthTableAndInTheOrder(t *testing.T) {
	proved := map[string]bool{}
	for _, tc := range truths {
		proved[tc.cause] = true
	}
	for i, cause := range Catalogue {
		if want := "MCS-0" + itoa(100 + i + 1)[1:]; cause.ID != want {
			t.Errorf("entry %d has the id %s, want %s", i+1, cause.ID, want)
		}
		if !proved[cause.ID] {
			t.Errorf("%s (%s) is in no row of the truth table", cause.ID, cause.Name)
		}
		if !slices.Contains(precedence, cause.ID) {
			t.Errorf("%s (%s) has no place in the order of precedence", cause.ID, cause.Name)
		}
		if cause.Name == "" || cause.Why == "" || cause.Fix == "" {
			t.Errorf("%s is incomplete: %+v", cause.ID, cause)
		}
	}
	if len(precedence) != len(Catalogue) {
		t.Errorf("the order has %d causes and the catalogue %d", len(precedence), len(Catalogue))
	}
}

func TestRecordOfAProfileNamesTheMember(t *testing.T) {
	f := well(checkout, "A", false)
	f.Members[0].HubNamespace = ""
	f.Hub.Excluded = []membership.Excluded{{Profile: "north", Reason: "x"}}
	if e := Explain(f); e.Cause == nil || e.Cause.ID != MemberGone {
		t.Errorf("a profile of another member disputes the id: %s", text(e))
	}
}

// Whoever has just changed the Corefile is told to wait, and for how long, before anything else.
func TestACorefileThatIsNotReadYetIsSaidToBe(t *testing.T) {
	f := well(checkout, "A", false)
	notSaid(&f, "NXDOMAIN", false)
	const want = "10.97.0.10 says NXDOMAIN: it has not read yet that configmap coredns has clusterset.local, which takes two minutes at most; restart it if it has not by then"
	if diff := cmp.Diff(want, Explain(f).Cause.Text); diff != "" {
		t.Errorf("what is said (-want +got):\n%s", diff)
	}
}
