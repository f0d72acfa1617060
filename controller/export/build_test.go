package export

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/clock"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var web = types.NamespacedName{Namespace: "shop", Name: "web"}

var (
	claimed  = time.Unix(1000, 0)
	recorded = time.Unix(1001, 0)
)

func ownSource() *Source {
	return &Source{Self: "a", Denied: map[string]bool{"kube-system": true}, Clock: clock.RealClock{},
		Recorded: func(types.NamespacedName) (time.Time, time.Time, bool) { return claimed, recorded, true }}
}

func serviceExport() *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "web", UID: "e1", Generation: 2, CreationTimestamp: metav1.NewTime(claimed),
	}}
}

func service() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "s1", Labels: map[string]string{"app": "web"}},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.1", IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			Ports: []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(8080), NodePort: 30080}},
		},
	}
}

func endpointSlice(name string, addresses ...string) discoveryv1.EndpointSlice {
	s := discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: "web"},
			OwnerReferences: []metav1.OwnerReference{{Kind: "Service", Name: "web", UID: "s1", Controller: new(true)}},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Protocol: new(corev1.ProtocolTCP), Port: new(int32(8080))}},
	}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{a}})
	}
	return s
}

func TestBuild(t *testing.T) {
	f := facts{key: web, claimed: claimed, export: serviceExport(), service: service(), recorded: recorded,
		slices: []discoveryv1.EndpointSlice{endpointSlice("web-2"), endpointSlice("web-1")}}
	f.export.Spec = mcsv1beta1.ServiceExportSpec{ExportedLabels: map[string]string{"team": "pay"}, ExportedAnnotations: map[string]string{"docs": "x"}}
	f.service.Spec.SessionAffinity = corev1.ServiceAffinityClientIP
	f.service.Spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: new(int32(20))}}
	f.service.Spec.InternalTrafficPolicy = new(corev1.ServiceInternalTrafficPolicyLocal)
	f.service.Spec.TrafficDistribution = new("PreferClose")
	f.slices[1].Annotations = map[string]string{"endpoints.kubernetes.io/last-change-trigger-time": "2026-11-22T08:00:00Z"}
	f.slices[1].Endpoints = []discoveryv1.Endpoint{{
		Addresses: []string{"10.1.0.1"}, Hostname: new("web-0"), Zone: new("z1"), NodeName: new("node"),
		TargetRef:  &corev1.ObjectReference{Kind: "Pod"},
		Hints:      &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "other"}}},
		Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
	}}
	got := ownSource().build(f)
	ports := []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: new(int32(8080))}}
	want := mcs.Export{
		Cluster: "a", Key: web, Claimed: claimed, Recorded: recorded, Type: mcsv1beta1.ClusterSetIP,
		Ports:           []mcs.Port{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
		IPFamilies:      []corev1.IPFamily{corev1.IPv4Protocol},
		SessionAffinity: corev1.ServiceAffinityClientIP, AffinityTimeout: new(int32(20)),
		InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal), TrafficDistribution: new("PreferClose"),
		Labels: map[string]string{"team": "pay"}, Annotations: map[string]string{"docs": "x"},
		Slices: []mcs.Slice{
			{Name: "web-1", AddressType: discoveryv1.AddressTypeIPv4, Ports: ports, Triggered: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC),
				Endpoints: []mcs.Endpoint{{Addresses: []string{"10.1.0.1"}, Hostname: "web-0", Zone: "z1", NodeName: "node", Ready: new(true), Serving: new(true), Terminating: new(false)}}},
			{Name: "web-2", AddressType: discoveryv1.AddressTypeIPv4, Ports: ports, Endpoints: []mcs.Endpoint{}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("KEP-1645 ServiceExport: the export (-want +got):\n%s", diff)
	}
}

func TestBuildValidity(t *testing.T) {
	tests := []struct {
		name   string
		spec   string
		change func(*facts)
		want   string
	}{
		{name: "a ClusterIP Service is valid", spec: "scenario 1", change: func(*facts) {}},
		{name: "a NodePort Service is valid", spec: "scenario 8", change: func(f *facts) { f.service.Spec.Type = corev1.ServiceTypeNodePort }},
		{name: "a LoadBalancer Service is valid", spec: "scenario 8", change: func(f *facts) { f.service.Spec.Type = corev1.ServiceTypeLoadBalancer }},
		{name: "a Service without selector is valid", spec: "rules: selector-less Services", change: func(f *facts) { f.service.Spec.Selector = nil }},
		{name: "a missing Service is not", spec: "scenario 2", change: func(f *facts) { f.service = nil }, want: "NoService"},
		{name: "an ExternalName Service is not", spec: "scenario 6",
			change: func(f *facts) { f.service.Spec.Type = corev1.ServiceTypeExternalName }, want: "InvalidServiceType"},
		{name: "a Service labelled as derived is not", spec: "scenario 10",
			change: func(f *facts) { f.service.Labels = map[string]string{mcs.LabelManagedBy: mcs.ManagedBy} }, want: "DerivedService"},
		{name: "a derived name is not, Service or no Service", spec: "scenario 10",
			change: func(f *facts) { f.key.Name, f.service = mcs.DerivedServiceName(web), nil }, want: "DerivedService"},
		{name: "a denied namespace is not", spec: "scenario 11",
			change: func(f *facts) { f.key.Namespace = "kube-system" }, want: "NamespaceNotAllowed"},
		{name: "a name that is no DNS label is not", spec: "rules: names",
			change: func(f *facts) { f.key.Name = "a123456789b123456789c123456789d123456789e123456789f123456789g123" }, want: "NameTooLong"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := facts{key: web, claimed: claimed, export: serviceExport(), service: service(), recorded: recorded, slices: []discoveryv1.EndpointSlice{endpointSlice("web-1", "10.1.0.1")}}
			tc.change(&f)
			got := ownSource().build(f)
			if got.Invalid != tc.want {
				t.Fatalf("%s: Invalid is %q, want %q", tc.spec, got.Invalid, tc.want)
			}
			if !got.Claimed.Equal(claimed) || !got.Recorded.Equal(recorded) {
				t.Errorf("decision 3: it lost its precedence: %v and %v", got.Claimed, got.Recorded)
			}
			if tc.want != "" && (got.Slices != nil || got.Ports != nil || got.Type != "") {
				t.Errorf("decision 3: an invalid export contributes %+v", got)
			}
		})
	}
}

func TestBuildSlices(t *testing.T) {
	headless := func(f *facts) { f.service.Spec.ClusterIP = "None" }
	stale := func(f *facts) { f.slices[0].OwnerReferences[0].UID = "s0" }
	mirrored := func(f *facts) { f.slices[0].OwnerReferences[0].Kind = "Endpoints" }
	byHand := func(f *facts) { f.slices[0].OwnerReferences = nil }
	tests := []struct {
		name     string
		spec     string
		change   func(*facts)
		want     int
		wantType mcsv1beta1.ServiceImportType
	}{
		{name: "a headless Service is exported as such", spec: "scenario 25", change: headless, want: 1, wantType: mcsv1beta1.Headless},
		{name: "slices of an earlier Service of the name are left out", spec: "scenario 4", change: stale, wantType: mcsv1beta1.ClusterSetIP},
		{name: "mirrored slices are exported", spec: "rules: mirrored slices", change: mirrored, want: 1, wantType: mcsv1beta1.ClusterSetIP},
		{name: "hand-written slices are exported", spec: "rules: hand-written slices", change: byHand, want: 1, wantType: mcsv1beta1.ClusterSetIP},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := facts{key: web, claimed: claimed, export: serviceExport(), service: service(), slices: []discoveryv1.EndpointSlice{endpointSlice("web-1", "10.1.0.1")}}
			tc.change(&f)
			got := ownSource().build(f)
			if len(got.Slices) != tc.want || got.Type != tc.wantType {
				t.Errorf("%s: got %d slices of type %q, want %d of %q", tc.spec, len(got.Slices), got.Type, tc.want, tc.wantType)
			}
		})
	}
}

func TestHostnameThatIsTooLongInDNSIsSaid(t *testing.T) {
	label := "a123456789b123456789c123456789d123456789e123456789f123456789g12" // 63 characters
	f := facts{key: web, claimed: claimed, export: serviceExport(), service: service(), slices: []discoveryv1.EndpointSlice{endpointSlice("web-1", "10.1.0.1")}}
	f.key.Namespace, f.key.Name = label, label
	f.slices[0].Endpoints[0].Hostname = &label
	s := ownSource()
	s.Self = mcs.ClusterID(label)
	if got := s.build(f).Invalid; got != "" {
		t.Errorf("a Service with an IP has no hostnames: Invalid is %q", got)
	}
	f.service.Spec.ClusterIP = "None"
	if got := s.build(f).Invalid; got != mcs.ReasonNameTooLong {
		t.Errorf("sig-apis 1.5: Invalid is %q, want %q", got, mcs.ReasonNameTooLong)
	}
}

func TestIndexSliceKnowsOnlyThisClustersOwn(t *testing.T) {
	own := endpointSlice("web-1")
	imported := endpointSlice("web-2")
	imported.Labels[discoveryv1.LabelManagedBy] = mcs.ManagedBy
	loose := endpointSlice("web-3")
	loose.Labels = nil
	for name, tc := range map[string]struct {
		slice discoveryv1.EndpointSlice
		want  []string
	}{"own": {own, []string{"web"}}, "imported": {imported, nil}, "of no Service": {loose, nil}} {
		if diff := cmp.Diff(tc.want, IndexSlice(&tc.slice)); diff != "" {
			t.Errorf("scenario 10, a slice %s (-want +got):\n%s", name, diff)
		}
	}
}
