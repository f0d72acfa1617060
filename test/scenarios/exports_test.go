package scenarios

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// serviceGrace is for how long an import keeps its IP while the exported Service is missing.
const serviceGrace = 10 * time.Second

var exports = []scenario{
	{
		name: "a Service that is replaced at once keeps the import's IP and loses its endpoints", clause: `KEP-1645 "Importing Services"; ours: a Service missing for seconds keeps its IP`,
		play: replacedService,
	},
	{
		name: "an annotated Service that is replaced takes its export with it, and the import keeps uid and IP", clause: `ours: a Service missing for seconds keeps its IP`,
		play: annotatedAgain,
	},
	{
		name: "members without the namespace of an export import nothing, and its owner is told which", clause: `KEP-1645 "Namespace sameness"`,
		play: withoutNamespace,
	},
	{
		name: "an exported Service that becomes an ExternalName is withdrawn, and comes back with its type", clause: `ServiceExport API, "InvalidServiceType"`,
		play: becomesExternalName,
	},
	{
		name: "NodePort and LoadBalancer Services are exported by their port, not their node port", clause: `KEP-1645 "Exporting Services"`,
		play: otherTypes,
	},
	{
		name: "a derived Service is never exported", clause: `ours: what is imported is not exported again`,
		play: derivedIsNotExported,
	},
	{
		name: "conditions of endpoints cross clusters as they are", clause: `KEP-1645 "EndpointSlice"`,
		play: endpointConditions,
	},
	{
		name: "addresses that mean another host elsewhere, and names, are left out one by one and counted", clause: `ours: a bad address never costs a slice`,
		play: unusableAddresses,
	},
	{
		name: "a slice of a thousand endpoints with the longest names is imported whole", clause: `KEP-1645 "EndpointSlice"`,
		play: fullSlice,
	},
	{
		name: "a Service without endpoints is imported and names its exporter", clause: `KEP-1645 "Importing Services"; ServiceImport API, "clusters"`,
		play: noEndpoints,
	},
}

func (s *stage) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.ns, Name: name}
}

func replacedService(s *stage) {
	first := s.offer(a(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	before := s.imports("web")
	s.remove(a(), first.service)
	s.remove(a(), first.slices[0])
	s.everywhere("the endpoints go at once", func(ctx context.Context, m *clusterset.Member) error { return s.has(ctx, m, "web", "a") })
	second := s.service(a(), "web", ports("https 443"))
	want := plain("a")
	want.Ports, want.Backends["a"] = []string{"https 443/TCP"}, []string{"https 443"}
	s.everywhere("the new Service's ports and endpoints are there", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "web", want); err != nil {
			return err
		}
		return s.has(ctx, m, "web", "a", second.addresses()...)
	})
	s.sameImports("web", before)
}

func becomesExternalName(s *stage) {
	o := s.offer(a(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	s.patch(a(), o.service, `{"spec":{"type":"ExternalName","externalName":"example.org","clusterIP":null,"clusterIPs":null,"ipFamilies":null,"ipFamilyPolicy":null,"internalTrafficPolicy":null}}`)
	s.eventually("it is not valid any more", func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "web", "Valid=False/InvalidServiceType", "Ready=False/Pending", "Conflict=absent")
	})
	s.eventually("an Event says so", func(ctx context.Context) error { return s.event(ctx, a(), "web", "InvalidServiceType", "ExternalName") })
	s.everywhere("nothing of it is left", func(ctx context.Context, m *clusterset.Member) error { return s.notImported(ctx, m, "web") })
	s.patch(a(), o.service, `{"spec":{"type":"ClusterIP","externalName":null}}`)
	s.everywhere("it is back", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
}

func otherTypes(s *stage) {
	for _, kind := range []corev1.ServiceType{corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer} {
		s.offer(a(), strings.ToLower(string(kind)), ofType(kind))
	}
	for _, kind := range []corev1.ServiceType{corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer} {
		s.everywhere(string(kind)+" is imported as any other", func(ctx context.Context, m *clusterset.Member) error {
			return s.shows(ctx, m, strings.ToLower(string(kind)), plain("a"))
		})
	}
}

func derivedIsNotExported(s *stage) {
	s.offer(a(), "web")
	s.eventually("imported", func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) })
	derived := mcs.DerivedServiceName(s.key("web"))
	s.create(b(), &mcsv1beta1.ServiceExport{ObjectMeta: s.meta(derived)})
	s.eventually("its export is refused", func(ctx context.Context) error {
		return s.exportSays(ctx, b(), derived, "Valid=False/DerivedService")
	})
	s.now("nothing is imported of it", func(ctx context.Context) error {
		return s.absent(ctx, c(), &mcsv1beta1.ServiceImport{ObjectMeta: s.meta(derived)})
	})
}

func endpointConditions(s *stage) {
	yes, no := ptr.To(true), ptr.To(false)
	var list []discoveryv1.Endpoint
	for _, conditions := range []discoveryv1.EndpointConditions{
		{}, // says nothing, which is ready
		{Ready: yes, Serving: yes, Terminating: no},
		{Ready: no, Serving: no, Terminating: no},
		{Ready: no, Serving: yes, Terminating: yes},
		{Ready: yes, Serving: no, Terminating: yes}, // as publishNotReadyAddresses has it
	} {
		list = append(list, discoveryv1.Endpoint{Addresses: []string{freeAddress(corev1.IPv4Protocol)}, Conditions: conditions})
	}
	s.offer(a(), "web", endpoints(list...))
	s.everywhere("the endpoints are as they were", func(ctx context.Context, m *clusterset.Member) error {
		got, err := s.endpointsOf(ctx, m, "web", "a")
		if err != nil {
			return err
		}
		if diff := cmp.Diff(list, got); diff != "" {
			return fmt.Errorf("endpoints (-want +got):\n%s", diff)
		}
		return nil
	})
}

func unusableAddresses(s *stage) {
	s.needs(noMetrics())
	dropped, err := metric(s.Context(), a(), "mcs_export_dropped_total", "reason", mcs.RejectedAddress)
	if err != nil {
		s.Fatal(err)
	}
	good := freeAddress(corev1.IPv4Protocol)
	o := s.service(a(), "web", endpoints(
		discoveryv1.Endpoint{Addresses: []string{"239.1.1.1"}},
		discoveryv1.Endpoint{Addresses: []string{good}},
		discoveryv1.Endpoint{Addresses: []string{"255.255.255.255"}},
	))
	names := o.slice("web-names", corev1.IPv4Protocol)
	names.AddressType = discoveryv1.AddressTypeFQDN
	names.Endpoints = []discoveryv1.Endpoint{{Addresses: []string{"web.example.org"}}}
	s.create(a(), names)
	s.create(a(), o.export)
	s.everywhere("what can be used is imported", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "web", plain("a")); err != nil {
			return err
		}
		return s.has(ctx, m, "web", "a", good)
	})
	s.eventually("what cannot be used is counted", func(ctx context.Context) error {
		now, err := metric(ctx, a(), "mcs_export_dropped_total", "reason", mcs.RejectedAddress)
		if err == nil && now < dropped+2 {
			err = fmt.Errorf("%v addresses were dropped, before it were %v", now, dropped)
		}
		return err
	})
}

func fullSlice(s *stage) {
	const many = 1000
	list := make([]discoveryv1.Endpoint, many)
	var want []string
	for i := range list {
		list[i].Addresses = []string{freeAddress(corev1.IPv4Protocol)}
		list[i].Hostname = ptr.To(fmt.Sprintf("%s-%04d", strings.Repeat("h", 40), i))
		want = append(want, list[i].Addresses...)
	}
	name := strings.Repeat("n", 63)
	o := s.service(a(), name, headless, endpoints(discoveryv1.Endpoint{}))
	full := o.slice(strings.Repeat("s", 253), corev1.IPv4Protocol)
	full.Endpoints = list
	s.create(a(), full)
	s.create(a(), o.export)
	v := plain("a")
	v.Type = "Headless"
	s.everywhere("all of it is imported", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, name, v); err != nil {
			return err
		}
		return s.has(ctx, m, name, "a", append(want, o.addresses()...)...)
	})
}

func noEndpoints(s *stage) {
	s.offer(a(), "web", endpoints())
	s.everywhere("the import names its exporter and has a slice without endpoints", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "web", plain("a")); err != nil {
			return err
		}
		return s.has(ctx, m, "web", "a")
	})
}
