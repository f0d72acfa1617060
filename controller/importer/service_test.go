package importer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var (
	ipv6  = []corev1.IPFamily{corev1.IPv6Protocol}
	dual  = []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol}
	dual6 = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
)

// derived is the derived Service of an import as an API server answers it: with these IPs.
func derived(imp mcs.Import, families []corev1.IPFamily, ips ...string) *corev1.Service {
	s := newService(imp, web, families, nil)
	s.UID, s.ResourceVersion = "s1", "5"
	s.Spec.ClusterIP, s.Spec.ClusterIPs = ips[0], ips
	return s
}

func TestNewServiceHoldsTheIP(t *testing.T) {
	e := export("b", 1)
	e.SessionAffinity, e.AffinityTimeout = corev1.ServiceAffinityClientIP, new(int32(20))
	e.InternalTrafficPolicy = new(corev1.ServiceInternalTrafficPolicyLocal)
	e.TrafficDistribution = new(corev1.ServiceTrafficDistributionPreferSameZone)
	e.Ports[0].AppProtocol = new("http")
	got := newService(mcs.Merge([]mcs.Export{e}), web, dual, []string{"fd00::7", "10.96.0.7"})
	want := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: mcs.DerivedServiceName(web),
			Labels: map[string]string{"app.kubernetes.io/managed-by": "mcs-controller.multicluster-dns.github.io", "multicluster.kubernetes.io/service-name": "web"},
		},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.7", ClusterIPs: []string{"10.96.0.7", "fd00::7"},
			IPFamilies: dual, IPFamilyPolicy: new(corev1.IPFamilyPolicyRequireDualStack),
			SessionAffinity:       corev1.ServiceAffinityClientIP,
			SessionAffinityConfig: &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: new(int32(20))}},
			InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal),
			Ports:                 []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, AppProtocol: new("http"), Port: 80, TargetPort: intstr.FromInt32(80)}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decision 4: the Service (-want +got):\n%s", diff)
	}
}

func TestNewServiceAsksOnlyForIPsItCanHave(t *testing.T) {
	imp := mcs.Merge([]mcs.Export{export("b", 1)})
	tests := []struct {
		name     string
		families []corev1.IPFamily
		before   []string
		want     []string
	}{
		{name: "none before", families: ipv4},
		{name: "the one before", families: ipv4, before: []string{"10.96.0.7"}, want: []string{"10.96.0.7"}},
		{name: "one of another family before", families: ipv6, before: []string{"10.96.0.7"}},
		{name: "the second family's only", families: dual, before: []string{"fd00::7"}},
		{name: "the first family's only", families: dual, before: []string{"10.96.0.7"}, want: []string{"10.96.0.7"}},
		{name: "what somebody wrote into the ServiceImport", families: ipv4, before: []string{"nonsense", ""}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, newService(imp, web, tc.families, tc.before).Spec.ClusterIPs); diff != "" {
				t.Errorf("scenario 34: clusterIPs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanService(t *testing.T) {
	imp := mcs.Merge([]mcs.Export{export("b", 1)})
	headless := imp
	headless.Type = mcsv1beta1.Headless
	portless := imp
	portless.Ports = nil
	leaving := metav1.NewTime(time.Unix(1, 0))
	tests := []struct {
		name        string
		spec        string
		there       *corev1.Service
		change      func(*corev1.Service)
		imp         mcs.Import
		families    []corev1.IPFamily
		want        step
		wantForeign bool
	}{
		{name: "an import without Service gets one", spec: "decision 4", imp: imp, families: ipv4, want: create},
		{name: "no import needs none", spec: "decision 4", families: ipv4, want: leave},
		{name: "a headless import needs none", spec: "decision 4", imp: headless, families: ipv4, want: leave},
		{name: "an import of no supported family needs none", spec: "rules: ipFamilies", imp: imp, want: leave},
		{name: "an import without ports can have none", spec: "local: Kubernetes refuses it", imp: portless, families: ipv4, want: leave},
		{name: "what is as it should be is not written", spec: "scenario 46", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4, want: leave},
		{name: "the Service of a withdrawn import goes", spec: "scenario 3", there: derived(imp, ipv4, "10.96.0.7"), families: ipv4, want: remove},
		{name: "the Service of an import that is headless now goes", spec: "scenario 25", there: derived(imp, ipv4, "10.96.0.7"), imp: headless, families: ipv4, want: remove},
		{name: "a Service of somebody else stays", spec: "scenario 35", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4,
			change: func(s *corev1.Service) { s.Labels = nil }, want: leave, wantForeign: true},
		{name: "a Service of somebody else stays without import", spec: "scenario 35", there: derived(imp, ipv4, "10.96.0.7"), families: ipv4,
			change: func(s *corev1.Service) { s.Labels = nil }, want: leave, wantForeign: true},
		{name: "a Service on its way out is waited for", spec: "decision 7", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4,
			change: func(s *corev1.Service) { s.DeletionTimestamp = &leaving }, want: leave},
		{name: "a selector that somebody added goes", spec: "scenario 34", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4,
			change: func(s *corev1.Service) { s.Spec.Selector = map[string]string{"app": "mine"} }, want: update},
		{name: "an external IP that somebody added goes", spec: "scenario 34", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4,
			change: func(s *corev1.Service) { s.Spec.ExternalIPs = []string{"192.0.2.1"} }, want: update},
		{name: "a changed port is put back", spec: "scenario 34", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4,
			change: func(s *corev1.Service) { s.Spec.Ports[0].Port = 81 }, want: update},
		{name: "somebody's annotation stays", spec: "local: clouds write them", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv4,
			change: func(s *corev1.Service) { s.Annotations = map[string]string{"cloud": "neg"} }, want: leave},
		{name: "a family is added", spec: "rules: ipFamilies", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: dual, want: update},
		{name: "a second family is never taken away", spec: "rules: ipFamilies", there: derived(imp, dual, "10.96.0.7", "fd00::7"), imp: imp, families: ipv4, want: leave},
		{name: "the order of families is fixed at creation", spec: "rules: ipFamilies", there: derived(imp, dual6, "fd00::7", "10.96.0.7"), imp: imp, families: dual, want: leave},
		{name: "a first family that is not the import's any more takes a new Service", spec: "rules: ipFamilies", there: derived(imp, ipv4, "10.96.0.7"), imp: imp, families: ipv6, want: recreate},
		{name: "a Service without IP takes a new Service", spec: "local: it cannot be given one", there: derived(imp, ipv4, "None"), imp: imp, families: ipv4, want: recreate},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if tc.change != nil {
				tc.change(tc.there)
			}
			before := tc.there.DeepCopy()
			got := planService(tc.there, tc.imp, web, tc.families, nil)
			if got.step != tc.want || got.foreign != tc.wantForeign {
				t.Errorf("%s: got step %d and foreign %v, want %d and %v", tc.spec, got.step, got.foreign, tc.want, tc.wantForeign)
			}
			if diff := cmp.Diff(before, tc.there); diff != "" {
				t.Errorf("the cached object was written to (-before +after):\n%s", diff)
			}
			if got.step == update && got.object.ResourceVersion != "5" {
				t.Errorf("the update carries no resourceVersion")
			}
		})
	}
}

func TestImportIPsFollowTheImportsFamilies(t *testing.T) {
	tests := []struct {
		name     string
		ips      []string
		families []corev1.IPFamily
		want     []string
	}{
		{name: "in the import's order", ips: []string{"fd00::7", "10.96.0.7"}, families: dual, want: []string{"10.96.0.7", "fd00::7"}},
		{name: "without a family that the import has no more", ips: []string{"10.96.0.7", "fd00::7"}, families: ipv4, want: []string{"10.96.0.7"}},
		{name: "none without Service", families: ipv4},
		{name: "never None", ips: []string{"None"}, families: ipv4},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, importIPs(tc.ips, tc.families)); diff != "" {
				t.Errorf("rules: SI.ips (-want +got):\n%s", diff)
			}
		})
	}
}
