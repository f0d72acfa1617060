package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
)

var claimed = metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))

// goodService and goodSlice return records that use every field.
func goodService(namespace string) *hubv1alpha1.ExportedService {
	return &hubv1alpha1.ExportedService{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "record-"},
		Spec: hubv1alpha1.ExportedServiceSpec{
			Namespace: "shop", Name: "web", Claimed: claimed, Type: "ClusterSetIP",
			Ports: []hubv1alpha1.ExportedPort{
				{Name: "dns", Protocol: corev1.ProtocolTCP, Port: 53},
				{Name: "dns-udp", Protocol: corev1.ProtocolUDP, AppProtocol: ptr.To("example.org/dns"), Port: 53},
			},
			IPFamilies:             []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol},
			SessionAffinity:        corev1.ServiceAffinityClientIP,
			AffinityTimeoutSeconds: ptr.To(int32(86400)),
			InternalTrafficPolicy:  ptr.To(corev1.ServiceInternalTrafficPolicyLocal),
			TrafficDistribution:    ptr.To("PreferSameZone"),
			Labels:                 map[string]string{"example.org/team": "shop"},
			Annotations:            map[string]string{"example.org/note": strings.Repeat("x", 32768)},
		},
	}
}

func goodSlice(namespace string) *hubv1alpha1.ExportedEndpointSlice {
	return &hubv1alpha1.ExportedEndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "record-"},
		Spec: hubv1alpha1.ExportedEndpointSliceSpec{
			Namespace: "shop", Name: "web", Source: "web-abc.12", AddressType: discoveryv1.AddressTypeIPv4,
			Ports: []hubv1alpha1.ExportedSlicePort{{Protocol: corev1.ProtocolTCP}, {Name: "http", Protocol: corev1.ProtocolTCP, Port: ptr.To(int32(8080))}},
			Endpoints: []hubv1alpha1.ExportedEndpoint{{
				Addresses: []string{"10.1.0.10", "10.1.0.11"}, Hostname: "web-0", Zone: "eu-1a",
				Ready: ptr.To(true), Serving: ptr.To(true), Terminating: ptr.To(false),
			}},
			Triggered: ptr.To(metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))),
		},
	}
}

func recordNamespace(t *testing.T) string {
	t.Helper()
	set := newClusterset(t, shared)
	return set.register(t, "a").Namespace
}

func TestTheSchemaOfExportedService(t *testing.T) {
	namespace := recordNamespace(t)
	type spec = hubv1alpha1.ExportedServiceSpec
	for _, tc := range []struct {
		name    string
		edit    func(*spec)
		refused string // part of the error; "" is accepted
	}{
		{name: "a record with every field", edit: func(*spec) {}},
		{name: "the least there can be", edit: func(s *spec) {
			*s = spec{Namespace: "shop", Name: "web", Claimed: claimed, Type: "Headless"}
		}},
		{name: "an invalid export has only its reason", edit: func(s *spec) {
			*s = spec{Namespace: "shop", Name: "web", Claimed: claimed, Invalid: "NoService"}
		}},
		{name: "an unnamed port", edit: func(s *spec) { s.Ports = s.Ports[:1]; s.Ports[0].Name = "" }},
		{name: "an application protocol that is set to nothing", edit: func(s *spec) { s.Ports[0].AppProtocol = ptr.To("") }},
		{name: "a hundred ports", edit: func(s *spec) { s.Ports = ports(100) }},

		{name: "no namespace", edit: func(s *spec) { s.Namespace = "" }, refused: "spec.namespace"},
		{name: "a namespace that is no DNS label", edit: func(s *spec) { s.Namespace = "../etc" }, refused: "spec.namespace"},
		{name: "a name that is too long", edit: func(s *spec) { s.Name = strings.Repeat("a", 64) }, refused: "spec.name"},
		{name: "no claimed time", edit: func(s *spec) { s.Claimed = metav1.Time{} }, refused: "spec.claimed"},
		{name: "neither type nor reason", edit: func(s *spec) { s.Type = "" }, refused: "either a type or the reason"},
		{name: "both type and reason", edit: func(s *spec) { s.Invalid = "NoService" }, refused: "either a type or the reason"},
		{name: "a reason that is a sentence", edit: func(s *spec) { s.Type, s.Invalid = "", "no service here" }, refused: "spec.invalid"},
		{name: "another type", edit: func(s *spec) { s.Type = "ExternalName" }, refused: "spec.type"},
		{name: "more ports than bounds allow", edit: func(s *spec) { s.Ports = ports(101) }, refused: "spec.ports"},
		{name: "port 0", edit: func(s *spec) { s.Ports[0].Port = 0 }, refused: "spec.ports[0].port"},
		{name: "port 65536", edit: func(s *spec) { s.Ports[0].Port = 65536 }, refused: "spec.ports[0].port"},
		{name: "an unknown protocol", edit: func(s *spec) { s.Ports[0].Protocol = "ICMP" }, refused: "spec.ports[0].protocol"},
		{name: "one port number twice", edit: func(s *spec) { s.Ports[1].Protocol = corev1.ProtocolTCP }, refused: "spec.ports[1]"},
		{name: "one port name twice", edit: func(s *spec) { s.Ports[1].Name = "dns" }, refused: "port names must be unique"},
		{name: "a port name in capitals", edit: func(s *spec) { s.Ports[0].Name = "DNS" }, refused: "spec.ports[0].name"},
		{name: "one family twice", edit: func(s *spec) { s.IPFamilies[1] = corev1.IPv6Protocol }, refused: "spec.ipFamilies[1]"},
		{name: "an unknown family", edit: func(s *spec) { s.IPFamilies[1] = "IPX" }, refused: "spec.ipFamilies[1]"},
		{name: "an unknown affinity", edit: func(s *spec) { s.SessionAffinity = "Cookie" }, refused: "spec.sessionAffinity"},
		{name: "a timeout without affinity", edit: func(s *spec) { s.SessionAffinity = "" }, refused: "affinityTimeoutSeconds needs"},
		{name: "a timeout of more than a day", edit: func(s *spec) { s.AffinityTimeoutSeconds = ptr.To(int32(86401)) }, refused: "affinityTimeoutSeconds"},
		{name: "an unknown traffic policy", edit: func(s *spec) {
			s.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicy("Zone"))
		}, refused: "internalTrafficPolicy"},
		{name: "a traffic distribution of a kilobyte", edit: func(s *spec) {
			s.TrafficDistribution = ptr.To(strings.Repeat("a", 1024))
		}, refused: "trafficDistribution"},
		{name: "a label value that is too long", edit: func(s *spec) {
			s.Labels = map[string]string{"k": strings.Repeat("v", 64)}
		}, refused: "a label key has at most"},
		{name: "an annotation that is too long", edit: func(s *spec) {
			s.Annotations = map[string]string{"k": strings.Repeat("v", 32769)}
		}, refused: "an annotation key has at most"},
		{name: "more annotations than bounds allow", edit: func(s *spec) {
			s.Annotations = map[string]string{}
			for i := range 65 {
				s.Annotations[fmt.Sprint("k", i)] = ""
			}
		}, refused: "spec.annotations"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			record := goodService(namespace)
			tc.edit(&record.Spec)
			check(t, shared.admin.Create(t.Context(), record), tc.refused)
		})
	}
}

func ports(n int) []hubv1alpha1.ExportedPort {
	var ports []hubv1alpha1.ExportedPort
	for i := range n {
		ports = append(ports, hubv1alpha1.ExportedPort{Name: fmt.Sprint("p", i), Protocol: corev1.ProtocolTCP, Port: int32(i + 1)})
	}
	return ports
}

func TestTheSchemaOfExportedEndpointSlice(t *testing.T) {
	namespace := recordNamespace(t)
	type spec = hubv1alpha1.ExportedEndpointSliceSpec
	address := func(family discoveryv1.AddressType, address string) func(*spec) {
		return func(s *spec) { s.AddressType, s.Endpoints[0].Addresses = family, []string{address} }
	}
	const four, six = discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6
	for _, tc := range []struct {
		name    string
		edit    func(*spec)
		refused string
	}{
		{name: "a record with every field", edit: func(*spec) {}},
		{name: "a slice without endpoints", edit: func(s *spec) { s.Endpoints, s.Ports, s.Triggered = nil, nil, nil }},
		{name: "an IPv6 address", edit: address(six, "fd10::1")},
		{name: "an address of the shared space", edit: address(four, "100.64.0.1")},
		{name: "a thousand endpoints", edit: func(s *spec) { s.Endpoints = endpoints(1000) }},

		{name: "loopback", edit: address(four, "127.0.0.1"), refused: "global unicast"},
		{name: "the metadata service", edit: address(four, "169.254.169.254"), refused: "global unicast"},
		{name: "multicast", edit: address(four, "224.0.0.1"), refused: "global unicast"},
		{name: "the unspecified address", edit: address(four, "0.0.0.0"), refused: "global unicast"},
		{name: "broadcast", edit: address(four, "255.255.255.255"), refused: "global unicast"},
		{name: "IPv6 loopback", edit: address(six, "::1"), refused: "global unicast"},
		{name: "IPv6 link-local", edit: address(six, "fe80::1"), refused: "global unicast"},
		{name: "IPv6 multicast", edit: address(six, "ff02::1"), refused: "global unicast"},
		{name: "an IPv4 address in IPv6 form", edit: address(six, "::ffff:10.0.0.1"), refused: "global unicast"},
		{name: "an address with a zone", edit: address(six, "fd10::1%eth0"), refused: "global unicast"},
		{name: "an address that is not in canonical form", edit: address(six, "fd10:0::1"), refused: "global unicast"},
		{name: "an address with leading zeros", edit: address(four, "10.01.0.1"), refused: "global unicast"},
		{name: "a host name for an address", edit: address(four, "example.org"), refused: "global unicast"},
		{name: "an address that is longer than any", edit: address(six, strings.Repeat("f", 40)), refused: "spec.endpoints[0].addresses[0]"},
		{name: "an endpoint without an address", edit: func(s *spec) { s.Endpoints[0].Addresses = []string{} }, refused: "addresses"},
		{name: "one address twice", edit: func(s *spec) { s.Endpoints[0].Addresses[1] = "10.1.0.10" }, refused: "addresses[1]"},
		{name: "names for addresses", edit: func(s *spec) { s.AddressType = discoveryv1.AddressTypeFQDN }, refused: "spec.addressType"},
		{name: "more endpoints than bounds allow", edit: func(s *spec) { s.Endpoints = endpoints(1001) }, refused: "spec.endpoints"},
		{name: "a hostname that is no label", edit: func(s *spec) { s.Endpoints[0].Hostname = "web.0" }, refused: "hostname"},
		{name: "a zone of a kilobyte", edit: func(s *spec) { s.Endpoints[0].Zone = strings.Repeat("z", 1024) }, refused: "zone"},
		{name: "one port name twice", edit: func(s *spec) { s.Ports[0].Name = "http" }, refused: "spec.ports[1]"},
		{name: "a source that is no object name", edit: func(s *spec) { s.Source = "web/abc" }, refused: "spec.source"},
		{name: "no source", edit: func(s *spec) { s.Source = "" }, refused: "spec.source"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			record := goodSlice(namespace)
			tc.edit(&record.Spec)
			check(t, shared.admin.Create(t.Context(), record), tc.refused)
		})
	}
}

func endpoints(n int) []hubv1alpha1.ExportedEndpoint {
	var endpoints []hubv1alpha1.ExportedEndpoint
	for i := range n {
		endpoints = append(endpoints, hubv1alpha1.ExportedEndpoint{Addresses: []string{fmt.Sprintf("10.1.%d.%d", i/250, i%250+1)}})
	}
	return endpoints
}

func TestWhatIsImmutableInARecord(t *testing.T) {
	namespace := recordNamespace(t)
	service, slice := goodService(namespace), goodSlice(namespace)
	for _, object := range []client.Object{service, slice} {
		if err := shared.admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name, spec string
		edit       func()
		object     client.Object
		refused    string
	}{
		{name: "a service's namespace", spec: "decision 3", object: service, edit: func() { service.Spec.Namespace = "other" }, refused: "namespace is immutable"},
		{name: "a service's name", spec: "decision 3", object: service, edit: func() { service.Spec.Name = "other" }, refused: "name is immutable"},
		{name: "an earlier claimed time", spec: "decision 3", object: service,
			edit: func() { service.Spec.Claimed = metav1.NewTime(claimed.Add(-time.Second)) }, refused: "the claimed time may only grow"},
		{name: "a later claimed time", spec: "decision 3: a ServiceExport made anew", object: service,
			edit: func() { service.Spec.Claimed = metav1.NewTime(claimed.Add(time.Second)) }},
		{name: "a slice's namespace", spec: "decision 3", object: slice, edit: func() { slice.Spec.Namespace = "other" }, refused: "namespace is immutable"},
		{name: "a slice's service", spec: "decision 3", object: slice, edit: func() { slice.Spec.Name = "other" }, refused: "name is immutable"},
		{name: "a slice's source", spec: "decision 5", object: slice, edit: func() { slice.Spec.Source = "other" }, refused: "source is immutable"},
		{name: "a slice's family", spec: "EndpointSlice API: addressType is immutable", object: slice,
			edit: func() { slice.Spec.AddressType = discoveryv1.AddressTypeIPv6 }, refused: "addressType is immutable"},
		{name: "a slice's endpoints", spec: "decision 5", object: slice, edit: func() { slice.Spec.Endpoints = endpoints(3) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := shared.admin.Get(t.Context(), client.ObjectKeyFromObject(tc.object), tc.object); err != nil {
				t.Fatal(err)
			}
			tc.edit()
			check(t, shared.admin.Update(t.Context(), tc.object), tc.refused)
		})
	}
}

// check compares the outcome of a write with what the schema should say.
func check(t *testing.T, err error, refused string) {
	t.Helper()
	switch {
	case refused == "" && err != nil:
		t.Errorf("refused: %v", err)
	case refused != "" && !apierrors.IsInvalid(err):
		t.Errorf("got %v, want a refusal by the schema", err)
	case refused != "" && !strings.Contains(err.Error(), refused):
		t.Errorf("refused with %v, want it to name %q", err, refused)
	}
}
