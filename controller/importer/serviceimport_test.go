package importer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestNewImport(t *testing.T) {
	e := export("b", 1)
	e.Labels, e.Annotations = map[string]string{"team": "pay"}, map[string]string{"docs": "https://example.org"}
	got := newImport(mcs.Merge([]mcs.Export{e}), web, ipv4, holder{name: "derived-x", ips: []string{"10.96.0.7"}})
	want := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "web",
			Labels:      map[string]string{"team": "pay", "app.kubernetes.io/managed-by": "mcs-controller.multicluster-dns.github.io"},
			Annotations: map[string]string{"docs": "https://example.org", "multicluster.kubernetes.io/derived-service": "derived-x"},
		},
		Spec: mcsv1beta1.ServiceImportSpec{
			Type: mcsv1beta1.ClusterSetIP, IPs: []string{"10.96.0.7"}, IPFamilies: ipv4, SessionAffinity: corev1.ServiceAffinityNone,
			Ports: []mcsv1beta1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scenario 1: the ServiceImport (-want +got):\n%s", diff)
	}
}

func TestHeadlessImportHasFamiliesAndNoIPs(t *testing.T) {
	e := export("b", 1)
	e.Type, e.Ports = mcsv1beta1.Headless, nil
	got := newImport(mcs.Merge([]mcs.Export{e}), web, ipv4, holder{})
	if got.Spec.IPs != nil || got.Spec.Ports == nil || len(got.Spec.Ports) != 0 {
		t.Errorf("contract: ips are %v, ports %v, want none and an empty list", got.Spec.IPs, got.Spec.Ports)
	}
	if diff := cmp.Diff(ipv4, got.Spec.IPFamilies); diff != "" {
		t.Errorf("contract: families (-want +got):\n%s", diff)
	}
	if _, found := got.Annotations[mcs.AnnotationDerivedService]; found {
		t.Errorf("contract: annotations are %v", got.Annotations)
	}
}

func TestPlanImport(t *testing.T) {
	imp := mcs.Merge([]mcs.Export{export("b", 1)})
	h := holder{name: "derived-x", ips: []string{"10.96.0.7"}}
	old := schemaKeeps{}
	tests := []struct {
		name   string
		spec   string
		none   bool
		change func(*mcsv1beta1.ServiceImport)
		imp    mcs.Import
		keeps  schemaKeeps
		want   step
	}{
		{name: "what is missing is created", spec: "scenario 1", none: true, imp: imp, keeps: keepsAll, want: create},
		{name: "what is as it should be is not written", spec: "scenario 46", imp: imp, keeps: keepsAll, want: leave},
		{name: "an IP that somebody wrote is put right", spec: "scenario 34", imp: imp, keeps: keepsAll,
			change: func(si *mcsv1beta1.ServiceImport) { si.Spec.IPs = []string{"10.0.0.1"} }, want: update},
		{name: "a label that is no longer exported goes", spec: "scenario 23", imp: imp, keeps: keepsAll,
			change: func(si *mcsv1beta1.ServiceImport) { si.Labels["team"] = "pay" }, want: update},
		{name: "a field that the schema drops is not missed", spec: "contract: compare after pruning", imp: imp, keeps: old,
			change: func(si *mcsv1beta1.ServiceImport) { si.Spec.IPFamilies = nil }, want: leave},
		{name: "a field that the schema keeps is missed", spec: "contract: compare after pruning", imp: imp, keeps: keepsAll,
			change: func(si *mcsv1beta1.ServiceImport) { si.Spec.IPFamilies = nil }, want: update},
		{name: "the import of nothing goes", spec: "scenario 3", keeps: keepsAll, want: remove},
		{name: "nothing stays nothing", spec: "scenario 2", none: true, keeps: keepsAll, want: leave},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var there *mcsv1beta1.ServiceImport
			if !tc.none {
				there = newImport(imp, web, ipv4, h)
			}
			if tc.change != nil {
				tc.change(there)
			}
			before := there.DeepCopy()
			if got := planImport(there, tc.imp, web, ipv4, h, tc.keeps); got.step != tc.want {
				t.Errorf("%s: got step %d, want %d", tc.spec, got.step, tc.want)
			}
			if diff := cmp.Diff(before, there); diff != "" {
				t.Errorf("the cached object was written to (-before +after):\n%s", diff)
			}
		})
	}
}

func TestSchemaLearnsFromAnswers(t *testing.T) {
	var s learned
	sent := newImport(mcs.Merge([]mcs.Export{export("b", 1)}), web, ipv4, holder{}).Spec
	stored := sent
	stored.IPFamilies = nil
	s.learnSpec(sent, stored)
	if want := (schemaKeeps{internalTrafficPolicy: true, trafficDistribution: true, endpointSliceObjects: true}); s.keeps() != want {
		t.Errorf("after an answer without families: got %+v, want %+v", s.keeps(), want)
	}
	s.learnStatus(mcsv1beta1.ServiceImportStatus{EndpointSliceObjects: "Present"}, mcsv1beta1.ServiceImportStatus{})
	if s.keeps().endpointSliceObjects {
		t.Error("after an answer without endpointSliceObjects it is still compared")
	}
	s.learnSpec(sent, sent)
	if !s.keeps().ipFamilies {
		t.Error("after an answer with families again they are not compared")
	}
}

func TestStatusOf(t *testing.T) {
	a, b := export("a", 1), export("b", 2)
	both := mcs.Merge([]mcs.Export{b, a})
	six := export("b", 1)
	six.IPFamilies = ipv6
	portless := mcs.Merge([]mcs.Export{a})
	portless.Ports = nil
	kept := both
	kept.Clusters = nil
	tests := []struct {
		name         string
		spec         string
		imp          mcs.Import
		ips          []string
		trouble      string
		wantReady    string
		wantClusters []mcsv1beta1.ClusterStatus
	}{
		{name: "an import with an IP is ready", spec: "scenario 1", imp: both, ips: []string{"10.96.0.7"},
			wantReady: "True/Ready: The service can be used.", wantClusters: []mcsv1beta1.ClusterStatus{{Cluster: "a"}, {Cluster: "b"}}},
		{name: "an import without IP is pending", spec: "contract", imp: both,
			wantReady: "False/Pending: The service has no IP yet.", wantClusters: []mcsv1beta1.ClusterStatus{{Cluster: "a"}, {Cluster: "b"}}},
		{name: "trouble is said", spec: "scenario 35", imp: both, ips: []string{"10.96.0.7"}, trouble: "It is taken.",
			wantReady: "False/Pending: It is taken.", wantClusters: []mcsv1beta1.ClusterStatus{{Cluster: "a"}, {Cluster: "b"}}},
		{name: "a family that this cluster lacks is said", spec: "scenario 24", imp: mcs.Merge([]mcs.Export{six}),
			wantReady:    "False/IPFamilyNotSupported: The service has IPv6, this cluster supports IPv4.",
			wantClusters: []mcsv1beta1.ClusterStatus{{Cluster: "b"}}},
		{name: "an import that waits for its Service is pending", spec: "scenario 4", imp: kept, ips: []string{"10.96.0.7"},
			wantReady: "False/Pending: No cluster has the Service at present.", wantClusters: []mcsv1beta1.ClusterStatus{}},
		{name: "an import without ports says why it has no IP", spec: "local", imp: portless,
			wantReady:    "False/Pending: The service has no port, without which it can have no IP.",
			wantClusters: []mcsv1beta1.ClusterStatus{{Cluster: "a"}}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			si := &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Generation: 3}, Spec: mcsv1beta1.ServiceImportSpec{IPs: tc.ips}}
			si.Status.Conditions = []metav1.Condition{{Type: "Theirs", Status: metav1.ConditionTrue}}
			got := statusOf(si, tc.imp, ipv4, tc.trouble)
			if len(got.Conditions) != 2 || got.Conditions[1].ObservedGeneration != 3 {
				t.Fatalf("%s: conditions are %+v", tc.spec, got.Conditions)
			}
			ready := got.Conditions[1]
			if text := string(ready.Status) + "/" + ready.Reason + ": " + ready.Message; text != tc.wantReady {
				t.Errorf("%s: Ready is %q, want %q", tc.spec, text, tc.wantReady)
			}
			if diff := cmp.Diff(tc.wantClusters, got.Clusters); diff != "" {
				t.Errorf("%s: clusters (-want +got):\n%s", tc.spec, diff)
			}
			if got.EndpointSliceObjects != mcsv1beta1.EndpointSliceObjectsPresent {
				t.Errorf("scenario 40: endpointSliceObjects is %q", got.EndpointSliceObjects)
			}
		})
	}
}

func TestReadyMovesItsTransitionTimeOnlyWithItsStatus(t *testing.T) {
	long := metav1.NewTime(time.Unix(1, 0))
	imp := mcs.Merge([]mcs.Export{export("a", 1)})
	si := &mcsv1beta1.ServiceImport{}
	si.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: metav1.ConditionFalse, Reason: "Pending", Message: "other", LastTransitionTime: long}}
	if got := statusOf(si, imp, ipv4, "").Conditions[0]; !got.LastTransitionTime.Equal(&long) || got.Message == "other" {
		t.Errorf("another message: the condition became %+v", got)
	}
	si.Spec.IPs = []string{"10.96.0.7"}
	if got := statusOf(si, imp, ipv4, "").Conditions[0]; got.LastTransitionTime.Equal(&long) {
		t.Errorf("another status: the condition became %+v", got)
	}
}

func TestFamiliesAreThoseOfUsableServiceCIDRs(t *testing.T) {
	leaving := metav1.NewTime(time.Unix(1, 0))
	cidr := func(change func(*networkingv1.ServiceCIDR), cidrs ...string) networkingv1.ServiceCIDR {
		c := networkingv1.ServiceCIDR{Spec: networkingv1.ServiceCIDRSpec{CIDRs: cidrs}}
		if change != nil {
			change(&c)
		}
		return c
	}
	unready := func(c *networkingv1.ServiceCIDR) {
		c.Status.Conditions = []metav1.Condition{{Type: networkingv1.ServiceCIDRConditionReady, Status: metav1.ConditionFalse}}
	}
	tests := []struct {
		name  string
		cidrs []networkingv1.ServiceCIDR
		want  []corev1.IPFamily
	}{
		{name: "one of one family", cidrs: []networkingv1.ServiceCIDR{cidr(nil, "10.96.0.0/16")}, want: ipv4},
		{name: "one of both", cidrs: []networkingv1.ServiceCIDR{cidr(nil, "fd00::/108", "10.96.0.0/16")}, want: dual},
		{name: "one added", cidrs: []networkingv1.ServiceCIDR{cidr(nil, "10.96.0.0/16"), cidr(nil, "10.97.0.0/16")}, want: ipv4},
		{name: "one that is not ready", cidrs: []networkingv1.ServiceCIDR{cidr(nil, "10.96.0.0/16"), cidr(unready, "fd00::/108")}, want: ipv4},
		{name: "one on its way out", cidrs: []networkingv1.ServiceCIDR{cidr(func(c *networkingv1.ServiceCIDR) { c.DeletionTimestamp = &leaving }, "fd00::/108")}},
		{name: "one that makes no sense", cidrs: []networkingv1.ServiceCIDR{cidr(nil, "nonsense")}},
		{name: "none"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, familiesOf(tc.cidrs)); diff != "" {
				t.Errorf("rules: supported families (-want +got):\n%s", diff)
			}
		})
	}
}
