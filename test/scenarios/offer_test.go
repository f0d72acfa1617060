package scenarios

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// offer is a Service that is exported: without a selector, and with EndpointSlices written by hand, so that a scenario says exactly
// what there is and needs no pod. Its zero options are: TCP port 80 named http, IPv4, one endpoint.
type offer struct {
	service   *corev1.Service
	export    *mcsv1beta1.ServiceExport
	slices    []*discoveryv1.EndpointSlice
	endpoints []discoveryv1.Endpoint
}

type option func(*offer)

// offer creates the objects of an exported Service in a member, the ServiceExport last.
func (s *stage) offer(m *clusterset.Member, name string, options ...option) *offer {
	s.Helper()
	o := s.service(m, name, options...)
	s.create(m, o.export)
	return o
}

// service creates the same without the ServiceExport.
func (s *stage) service(m *clusterset.Member, name string, options ...option) *offer {
	s.Helper()
	meta := metav1.ObjectMeta{Namespace: s.ns, Name: name}
	o := &offer{
		service: &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
			IPFamilies:     []corev1.IPFamily{corev1.IPv4Protocol},
			IPFamilyPolicy: ptr.To(corev1.IPFamilyPolicySingleStack),
			Ports:          []corev1.ServicePort{port("http 80")},
		}},
		export:    &mcsv1beta1.ServiceExport{ObjectMeta: meta},
		endpoints: []discoveryv1.Endpoint{{}},
	}
	for _, apply := range options {
		apply(o)
	}
	s.create(m, o.service)
	for _, family := range o.service.Spec.IPFamilies {
		slice := o.slice(name+"-"+strings.ToLower(string(family)), family)
		s.create(m, slice)
		o.slices = append(o.slices, slice)
	}
	return o
}

// slice is an EndpointSlice of the offer with addresses that no other one has.
func (o *offer) slice(name string, family corev1.IPFamily) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: o.service.Namespace, Name: name,
			Labels: map[string]string{discoveryv1.LabelServiceName: o.service.Name, discoveryv1.LabelManagedBy: "scenarios"},
		},
		AddressType: discoveryv1.AddressType(family),
	}
	for _, p := range o.service.Spec.Ports {
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: ptr.To(p.Name), Protocol: ptr.To(p.Protocol), Port: ptr.To(p.Port), AppProtocol: p.AppProtocol})
	}
	for _, e := range o.endpoints {
		e = *e.DeepCopy()
		if len(e.Addresses) == 0 {
			e.Addresses = []string{freeAddress(family)}
		}
		slice.Endpoints = append(slice.Endpoints, e)
	}
	return slice
}

// addresses of the offer's endpoints, in order.
func (o *offer) addresses() []string {
	var all []string
	for _, slice := range o.slices {
		for _, e := range slice.Endpoints {
			all = append(all, e.Addresses...)
		}
	}
	return all
}

var taken atomic.Uint32

// freeAddress returns an address for a hand-written endpoint, from the ranges for documentation and benchmarks: nobody is there.
func freeAddress(family corev1.IPFamily) string {
	n := taken.Add(1)
	if family == corev1.IPv6Protocol {
		return netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}).String()
	}
	return netip.AddrFrom4([4]byte{198, 18 + byte(n>>16), byte(n >> 8), byte(n)}).String()
}

// port reads "name number[/PROTOCOL] [appProtocol]"; the name "-" is none.
func port(text string) corev1.ServicePort {
	fields := strings.Fields(text)
	number, protocol, found := strings.Cut(fields[1], "/")
	if !found {
		protocol = "TCP"
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		panic(fmt.Sprintf("scenarios: port %q: %v", text, err))
	}
	p := corev1.ServicePort{Name: strings.Trim(fields[0], "-"), Protocol: corev1.Protocol(protocol), Port: int32(n)}
	if len(fields) > 2 {
		p.AppProtocol = &fields[2]
	}
	return p
}

func ports(texts ...string) option {
	return func(o *offer) {
		o.service.Spec.Ports = nil
		for _, text := range texts {
			o.service.Spec.Ports = append(o.service.Spec.Ports, port(text))
		}
	}
}

func families(families ...corev1.IPFamily) option {
	return func(o *offer) {
		o.service.Spec.IPFamilies = families
		if len(families) > 1 {
			o.service.Spec.IPFamilyPolicy = ptr.To(corev1.IPFamilyPolicyRequireDualStack)
		}
	}
}

func endpoints(list ...discoveryv1.Endpoint) option {
	return func(o *offer) { o.endpoints = list }
}

func headless(o *offer) { o.service.Spec.ClusterIP = corev1.ClusterIPNone }

func ofType(kind corev1.ServiceType) option {
	return func(o *offer) { o.service.Spec.Type = kind }
}

func affinity(seconds int32) option {
	return func(o *offer) {
		o.service.Spec.SessionAffinity = corev1.ServiceAffinityClientIP
		o.service.Spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: &seconds}}
	}
}

func internalPolicy(policy corev1.ServiceInternalTrafficPolicy) option {
	return func(o *offer) { o.service.Spec.InternalTrafficPolicy = &policy }
}

func distribution(d string) option {
	return func(o *offer) { o.service.Spec.TrafficDistribution = &d }
}

// described has labels and annotations on the Service and the ServiceExport themselves, which describe these and nothing else.
func described(labels map[string]string) option {
	return func(o *offer) {
		o.service.Labels, o.export.Labels = labels, labels
		o.service.Annotations, o.export.Annotations = labels, labels
	}
}

func exportedLabels(labels map[string]string) option {
	return func(o *offer) { o.export.Spec.ExportedLabels = labels }
}

func exportedAnnotations(annotations map[string]string) option {
	return func(o *offer) { o.export.Spec.ExportedAnnotations = annotations }
}
