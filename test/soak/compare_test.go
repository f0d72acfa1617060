package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var (
	web     = types.NamespacedName{Namespace: everywhere, Name: "web"}
	derived = types.NamespacedName{Namespace: everywhere, Name: mcs.DerivedServiceName(web)}
	source  = metav1.ObjectMeta{Namespace: web.Namespace, Name: web.Name}
	noon    = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

// healthy is a world in which east exports one Service and west imports it, all of it written out by hand.
func healthy() world {
	endpoints := []discoveryv1.Endpoint{{Addresses: []string{"10.1.0.10"}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}}
	ports := []discoveryv1.EndpointPort{{Name: new("http"), Protocol: new(corev1.ProtocolTCP), Port: new(int32(8080))}}
	kubernetes := corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "kubernetes"}, Spec: corev1.ServiceSpec{IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}}}
	imported := func(id mcs.ClusterID, ip string) cluster {
		managed := map[string]string{mcs.LabelManagedBy: mcs.ManagedBy, mcsv1beta1.LabelServiceName: web.Name}
		return cluster{
			id:         id,
			namespaces: map[string]bool{everywhere: true},
			exports:    map[types.NamespacedName]mcsv1beta1.ServiceExport{},
			services: map[types.NamespacedName]corev1.Service{
				{Namespace: "default", Name: "kubernetes"}: kubernetes,
				derived: {
					ObjectMeta: metav1.ObjectMeta{Namespace: derived.Namespace, Name: derived.Name, Labels: managed},
					Spec: corev1.ServiceSpec{
						ClusterIPs: []string{ip}, SessionAffinity: corev1.ServiceAffinityNone, InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyCluster),
						Ports: []corev1.ServicePort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP}},
					},
				},
			},
			imports: map[types.NamespacedName]mcsv1beta1.ServiceImport{web: {
				ObjectMeta: metav1.ObjectMeta{Namespace: web.Namespace, Name: web.Name, Labels: map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}},
				Spec: mcsv1beta1.ServiceImportSpec{
					Type: mcsv1beta1.ClusterSetIP, IPs: []string{ip}, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
					SessionAffinity: corev1.ServiceAffinityNone, Ports: []mcsv1beta1.ServicePort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP}},
				},
				Status: mcsv1beta1.ServiceImportStatus{
					Clusters:   []mcsv1beta1.ClusterStatus{{Cluster: "east"}},
					Conditions: []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Ready"}},
				},
			}},
			slices: []discoveryv1.EndpointSlice{{
				ObjectMeta: metav1.ObjectMeta{
					Namespace: web.Namespace, Name: mcs.SliceName("east", web, "web-x1"),
					Annotations: map[string]string{mcs.AnnotationSourceSlice: "web-x1"},
					Labels: map[string]string{
						mcsv1beta1.LabelServiceName: web.Name, mcsv1beta1.LabelSourceCluster: "east",
						discoveryv1.LabelManagedBy: mcs.ManagedBy, discoveryv1.LabelServiceName: derived.Name,
					},
				},
				AddressType: discoveryv1.AddressTypeIPv4, Endpoints: endpoints, Ports: ports,
			}},
		}
	}
	east, west := imported("east", "10.96.0.7"), imported("west", "10.97.0.9")
	east.services[web] = corev1.Service{ObjectMeta: source, Spec: corev1.ServiceSpec{
		ClusterIP: "10.96.0.5", IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, Ports: []corev1.ServicePort{{Name: "http", Port: 80}},
	}}
	east.slices = append(east.slices, discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: web.Namespace, Name: "web-x1", Labels: map[string]string{discoveryv1.LabelServiceName: web.Name}},
		AddressType: discoveryv1.AddressTypeIPv4, Endpoints: endpoints, Ports: ports,
	})
	east.exports[web] = mcsv1beta1.ServiceExport{ObjectMeta: source, Status: mcsv1beta1.ServiceExportStatus{Conditions: []metav1.Condition{
		{Type: "Valid", Status: "True", Reason: "Valid"},
		{Type: "Ready", Status: "True", Reason: "Exported"},
		{Type: "Conflict", Status: "False", Reason: "NoConflicts"},
	}}}
	return world{
		clusters: []cluster{east, west},
		recorded: map[mcs.ClusterID]map[types.NamespacedName]time.Time{"east": {web: noon}, "west": {}},
	}
}

// TestDifferences holds the comparison to seeing what is wrong, one thing at a time.
func TestDifferences(t *testing.T) {
	const east, west = 0, 1
	for _, tc := range []struct {
		name string
		spec string
		harm func(w world)
		want []string // what each difference begins with
	}{
		{"imports that are as they must be", "scenario 1", func(world) {}, nil},
		{"an import is missing", "scenario 1", func(w world) { delete(w.clusters[west].imports, web) }, []string{"west: import soak/web"}},
		{"a derived Service is missing, and with it the IP", "scenario 34", func(w world) { delete(w.clusters[west].services, derived) }, []string{"west: import soak/web"}},
		{"an address is another", "decision 5", func(w world) {
			w.clusters[west].slices[0].Endpoints = []discoveryv1.Endpoint{{Addresses: []string{"10.1.0.11"}}}
		}, []string{"west: import soak/web"}},
		{"a slice is left of a cluster that exports nothing", "scenario 48", func(w world) {
			left := *w.clusters[west].slices[0].DeepCopy()
			left.Name, left.Labels[mcsv1beta1.LabelSourceCluster] = "left", "north"
			w.clusters[west].slices = append(w.clusters[west].slices, left)
		}, []string{"west: import soak/web"}},
		{"an import is left when nothing is exported", "scenario 3", func(w world) { delete(w.clusters[east].exports, web) }, []string{"east: import soak/web", "west: import soak/web"}},
		{"the exported ports have changed", "scenario 4", func(w world) {
			service := w.clusters[east].services[web]
			service.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: 81}}
			w.clusters[east].services[web] = service
		}, []string{"east: import soak/web", "west: import soak/web"}},
		{"a namespace that is not there has an import", "scenario 32", func(w world) { delete(w.clusters[west].namespaces, everywhere) }, []string{"west: import soak/web"}},
		{"an export does not say that it is valid", "scenario 1", func(w world) {
			w.clusters[east].exports[web] = mcsv1beta1.ServiceExport{ObjectMeta: source}
		}, []string{"east: import soak/web"}},
		{"a Service asks for an export that is not there", "scenario 58", func(w world) {
			w.clusters[west].services[web] = corev1.Service{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{exportAnnotation: "true"}}}
		}, []string{"west: Service soak/web asks for its export"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := healthy()
			tc.harm(w)
			all, err := w.differences()
			if err != nil {
				t.Fatal(err)
			}
			same := func(d, want string) bool { return strings.HasPrefix(d, want) }
			if !slices.EqualFunc(all, tc.want, same) {
				t.Errorf("%s: want differences that begin with %q, got %q", tc.spec, tc.want, all)
			}
		})
	}
}

func TestVersionsTellSourcesFromImports(t *testing.T) {
	sources, imported := healthy().versions()
	slice := mcs.SliceName("east", web, "web-x1")
	want := [][]string{{
		"east: EndpointSlice soak/web-x1", "east: Service default/kubernetes", "east: Service soak/web", "east: ServiceExport soak/web",
		"west: Service default/kubernetes",
	}, {
		"east: EndpointSlice soak/" + slice, "east: Service " + derived.String(), "east: ServiceImport soak/web", "east: status of ServiceExport soak/web",
		"west: EndpointSlice soak/" + slice, "west: Service " + derived.String(), "west: ServiceImport soak/web",
	}}
	got := [][]string{slices.Sorted(maps.Keys(sources)), slices.Sorted(maps.Keys(imported))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestScriptFollowsFromItsSeed(t *testing.T) {
	draw := func(seed uint64) (all []operation) {
		s := newScript(seed, []string{"east", "west"})
		for range 500 {
			all = append(all, s.next())
		}
		return all
	}
	if diff := cmp.Diff(draw(7), draw(7), cmp.AllowUnexported(operation{}, shape{})); diff != "" {
		t.Errorf("the same seed (-first +second):\n%s", diff)
	}
	if cmp.Equal(draw(7), draw(8), cmp.AllowUnexported(operation{}, shape{})) {
		t.Error("another seed makes the same script")
	}
	drawn := map[act]bool{}
	for _, o := range draw(7) {
		drawn[o.act] = true
	}
	for _, w := range weights {
		if !drawn[w.act] {
			t.Errorf("%q is not drawn once in 500", w.act)
		}
	}
}
