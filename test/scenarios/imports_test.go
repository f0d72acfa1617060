package scenarios

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

var imports = []scenario{
	{
		name: "what is changed or deleted of an import by hand is restored, with its IPs", clause: `KEP-1645 "Importing Services"`,
		play: restored,
	},
	{
		name: "a derived Service that is deleted is made again with its IPs", clause: `KEP-1645 "ClusterSetIP"; ours: an import keeps its IP`,
		play: derivedDeleted,
	},
	{
		name: "a Service that somebody made under the derived name is left alone, and said", clause: `ours: what is not ours is never written`,
		play: derivedNameTaken,
	},
	{
		name: "a ServiceImport that somebody made is left alone, and said", clause: `ours: what is not ours is never written`,
		play: importNameTaken,
	},
	{
		name: "a local Service of the name that is not exported stays as it is, and so does its cluster.local name", clause: `KEP-1645 "Importing Services"`,
		play: localNamesake,
	},
	{
		name: "a preference for close endpoints gives each endpoint its own zone as the hint, and nobody else's", clause: `KEP-1645 "Traffic Distribution"`,
		play: zoneHints,
	},
	{
		name: "nodes and objects of another cluster do not cross", clause: `KEP-1645 "EndpointSlice"`,
		play: nothingOfNodes,
	},
	{
		name: "an address that two slices have is answered once, ready if one of them says so", clause: `KEP-1645 "EndpointSlice"; "DNS"`,
		play: addressTwice,
	},
	{
		name: "an address that two clusters have is kept for both, and said", clause: `ours: overlapping pod networks are a warning`,
		play: addressOfTwoClusters,
	},
	{
		name: "a namespace that is deleted and made again gets its imports again", clause: `KEP-1645 "Namespace sameness"`,
		play: namespaceAgain,
	},
	{
		name: "names that only a separator tells apart are apart", clause: `ours: names are hashed over their lengths`,
		play: separators,
	},
}

func restored(s *stage) {
	o := s.offer(a(), "web")
	shown := func(ctx context.Context) error {
		if err := s.shows(ctx, b(), "web", plain("a")); err != nil {
			return err
		}
		return s.has(ctx, b(), "web", "a", o.addresses()...)
	}
	s.eventually("imported", shown)
	before, err := s.serviceImport(s.Context(), b(), "web")
	if err != nil {
		s.Fatal(err)
	}
	list, err := s.imported(s.Context(), b(), "web", "a")
	if err != nil {
		s.Fatal(err)
	}
	derived := &corev1.Service{ObjectMeta: s.meta(mcs.DerivedServiceName(s.key("web")))}
	for _, deed := range []struct {
		name string
		do   func()
	}{
		{"the import has other ports and IPs", func() {
			s.patch(b(), before.DeepCopy(), `{"spec":{"ports":[{"port":1,"protocol":"UDP"}],"ips":["10.0.0.1"]}}`)
		}},
		{"the import is deleted", func() { s.remove(b(), before.DeepCopy()) }},
		{"the slice is deleted", func() { s.remove(b(), list[0].DeepCopy()) }},
		{"the slice has another address", func() {
			s.patch(b(), list[0].DeepCopy(), `{"endpoints":[{"addresses":["198.51.100.1"]}]}`)
		}},
		{"the slice is said to be another cluster's", func() {
			s.patch(b(), list[0].DeepCopy(), `{"metadata":{"labels":{%q:"other"}}}`, mcsv1beta1.LabelSourceCluster)
		}},
		{"the slice belongs to another Service", func() {
			s.patch(b(), list[0].DeepCopy(), `{"metadata":{"labels":{%q:"web"}}}`, discoveryv1.LabelServiceName)
		}},
		{"the derived Service has another port and policy", func() {
			s.patch(b(), derived.DeepCopy(), `{"spec":{"ports":[{"port":1}],"sessionAffinity":"ClientIP"}}`)
		}},
	} {
		deed.do()
		s.eventually(deed.name+", and all is as before", func(ctx context.Context) error {
			if err := shown(ctx); err != nil {
				return err
			}
			after, err := s.serviceImport(ctx, b(), "web")
			if err == nil && !slices.Equal(after.Spec.IPs, before.Spec.IPs) {
				err = fmt.Errorf("IPs were %v and are %v", before.Spec.IPs, after.Spec.IPs)
			}
			return err
		})
	}
}

func derivedDeleted(s *stage) {
	s.offer(a(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	for _, m := range set.Members {
		before, err := s.serviceImport(s.Context(), m, "web")
		if err != nil {
			s.Fatal(err)
		}
		derived := &corev1.Service{}
		if err := m.Client.Get(s.Context(), s.key(mcs.DerivedServiceName(s.key("web"))), derived); err != nil {
			s.Fatal(err)
		}
		s.remove(m, derived.DeepCopy())
		s.eventually("it is made again", func(ctx context.Context) error {
			again := &corev1.Service{}
			if err := m.Client.Get(ctx, client.ObjectKeyFromObject(derived), again); err != nil {
				return err
			}
			if again.UID == derived.UID {
				return fmt.Errorf("it is still the one that was deleted")
			}
			return s.shows(ctx, m, "web", plain("a"))
		})
		after, err := s.serviceImport(s.Context(), m, "web")
		if err != nil {
			s.Fatal(err)
		}
		if !slices.Equal(after.Spec.IPs, before.Spec.IPs) {
			s.Errorf("the IPs in %s were %v and are %v", m.ID, before.Spec.IPs, after.Spec.IPs)
		}
	}
}

func derivedNameTaken(s *stage) {
	mine := &corev1.Service{ObjectMeta: s.meta(mcs.DerivedServiceName(s.key("web"))), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{port("mine 1")}}}
	s.create(b(), mine)
	s.offer(a(), "web")
	s.eventually("the import says what it waits for", func(ctx context.Context) error {
		si, err := s.serviceImport(ctx, b(), "web")
		if err != nil {
			return err
		}
		return condition(si.Status.Conditions, "Ready", "False/Pending", mine.Name)
	})
	s.eventually("and an Event does", func(ctx context.Context) error { return s.event(ctx, b(), "web", "NotManaged", mine.Name) })
	s.eventually("elsewhere it is imported", func(ctx context.Context) error { return s.shows(ctx, c(), "web", plain("a")) })
	there := &corev1.Service{}
	if err := b().Client.Get(s.Context(), s.key(mine.Name), there); err != nil {
		s.Fatal(err)
	}
	if there.UID != mine.UID || there.ResourceVersion != mine.ResourceVersion {
		s.Errorf("the Service became %+v", there)
	}
	s.remove(b(), mine)
	s.eventually("when it is gone the import has its Service", func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) })
}

func importNameTaken(s *stage) {
	mine := &mcsv1beta1.ServiceImport{ObjectMeta: s.meta("web"), Spec: mcsv1beta1.ServiceImportSpec{
		Type: mcsv1beta1.Headless, Ports: []mcsv1beta1.ServicePort{{Port: 1, Protocol: corev1.ProtocolTCP}},
	}}
	s.create(b(), mine)
	s.offer(a(), "web")
	s.eventually("an Event says it", func(ctx context.Context) error { return s.event(ctx, b(), "web", "NotManaged", "") })
	s.eventually("elsewhere it is imported", func(ctx context.Context) error { return s.shows(ctx, c(), "web", plain("a")) })
	s.fence("later")
	there, err := s.serviceImport(s.Context(), b(), "web")
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(mine, there); diff != "" {
		s.Errorf("it is not as it was made (-made +now):\n%s", diff)
	}
	if list, err := s.imported(s.Context(), b(), "web", ""); err != nil || len(list) > 0 {
		s.Errorf("%d slices were made beside it (%v)", len(list), err)
	}
}

func localNamesake(s *stage) {
	local := s.service(b(), "web", ports("local 81"))
	before := local.service.DeepCopy()
	name := "web." + s.ns + ".svc."
	s.eventually("it resolves in its own cluster", func(ctx context.Context) error {
		return answers(ctx, b(), name+"cluster.local.", before.Spec.ClusterIP)
	})
	s.offer(a(), "web")
	s.everywhere("the other cluster's is imported", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", plain("a"))
	})
	si, err := s.serviceImport(s.Context(), b(), "web")
	if err != nil {
		s.Fatal(err)
	}
	s.eventually("the clusterset's name is the import's", func(ctx context.Context) error {
		return answers(ctx, b(), name+"clusterset.local.", si.Spec.IPs...)
	})
	s.now("the cluster's name is the Service's", func(ctx context.Context) error {
		return answers(ctx, b(), name+"cluster.local.", before.Spec.ClusterIP)
	})
	after := &corev1.Service{}
	if err := b().Client.Get(s.Context(), s.key("web"), after); err != nil {
		s.Fatal(err)
	}
	if after.ResourceVersion != before.ResourceVersion {
		s.Errorf("the Service was written: it is %+v", after)
	}
}

// answers is nil when a member's DNS server answers with just these IPv4 addresses.
func answers(ctx context.Context, m *clusterset.Member, name string, want ...string) error {
	answer, err := m.Query(ctx, name, dns.TypeA)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), clusterset.Addresses(answer)); answer.Rcode != dns.RcodeSuccess || diff != "" {
		return fmt.Errorf("%s in %q is %s (-want +got):\n%s", name, m.ID, dns.RcodeToString[answer.Rcode], diff)
	}
	return nil
}

func zoneHints(s *stage) {
	elsewhere := &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "elsewhere"}}}
	list := endpoints(discoveryv1.Endpoint{Zone: ptr.To("z1"), Hints: elsewhere}, discoveryv1.Endpoint{Hints: elsewhere})
	o := s.offer(a(), "web", list, distribution("PreferClose"))
	s.offer(a(), "indifferent", list)
	for _, tc := range []struct {
		service string
		want    []string
	}{{"web", []string{"z1", ""}}, {"indifferent", []string{"", ""}}} {
		s.everywhere("the hints of "+tc.service, func(ctx context.Context, m *clusterset.Member) error {
			got, err := s.endpointsOf(ctx, m, tc.service, "a")
			if err != nil {
				return err
			}
			var zones []string
			for _, e := range got {
				zone := ""
				if e.Hints != nil {
					for _, z := range e.Hints.ForZones {
						zone += z.Name
					}
				}
				zones = append(zones, zone)
			}
			if diff := cmp.Diff(tc.want, zones); diff != "" {
				return fmt.Errorf("zones (-want +got):\n%s", diff)
			}
			return nil
		})
	}
	s.patch(a(), o.service, `{"spec":{"trafficDistribution":null}}`)
	s.everywhere("without the preference the hints go", func(ctx context.Context, m *clusterset.Member) error {
		got, err := s.endpointsOf(ctx, m, "web", "a")
		for _, e := range got {
			if e.Hints != nil {
				return fmt.Errorf("hints %v", e.Hints)
			}
		}
		return err
	})
}

func nothingOfNodes(s *stage) {
	o := s.offer(a(), "web", endpoints(discoveryv1.Endpoint{
		NodeName: ptr.To("a"), Zone: ptr.To("z1"), Hostname: ptr.To("h1"),
		TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: s.ns, Name: "web-1"},
	}))
	s.everywhere("what crosses is the rest, and a node is known in its own cluster", func(ctx context.Context, m *clusterset.Member) error {
		want := []discoveryv1.Endpoint{{Addresses: o.addresses(), Zone: ptr.To("z1"), Hostname: ptr.To("h1")}}
		if m == a() {
			want[0].NodeName = ptr.To("a")
		}
		got, err := s.endpointsOf(ctx, m, "web", "a")
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			err = fmt.Errorf("endpoints (-want +got):\n%s", diff)
		}
		return err
	})
}

func addressTwice(s *stage) {
	address := freeAddress(corev1.IPv4Protocol)
	o := s.service(a(), "web", headless, endpoints(discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(false)}}))
	second := o.slice("web-second", corev1.IPv4Protocol)
	second.Endpoints[0].Conditions.Ready = ptr.To(true)
	s.create(a(), second, o.export)
	want := plain("a")
	want.Type = "Headless"
	s.everywhere("both are imported, and one answer is given", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "web", want); err != nil {
			return err
		}
		if err := s.has(ctx, m, "web", "a", address, address); err != nil {
			return err
		}
		return answers(ctx, m, "web."+s.ns+".svc.clusterset.local.", address)
	})
}

func addressOfTwoClusters(s *stage) {
	same := endpoints(discoveryv1.Endpoint{Addresses: []string{freeAddress(corev1.IPv4Protocol)}})
	o := s.offer(a(), "web", same)
	s.offer(b(), "web", same)
	s.everywhere("both are imported", func(ctx context.Context, m *clusterset.Member) error {
		for _, id := range []string{"a", "b"} {
			if err := s.has(ctx, m, "web", id, o.addresses()...); err != nil {
				return err
			}
		}
		return s.shows(ctx, m, "web", plain("a", "b"))
	})
	s.everywhere("an Event says it", func(ctx context.Context, m *clusterset.Member) error {
		return s.event(ctx, m, "web", "OverlappingAddress", o.addresses()[0])
	})
}

func namespaceAgain(s *stage) {
	s.offer(a(), "web")
	s.eventually("imported", func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) })
	s.remove(b(), s.namespace())
	s.eventually("the namespace is gone", func(ctx context.Context) error { return s.absent(ctx, b(), s.namespace()) })
	s.create(b(), s.namespace())
	s.eventually("imported again", func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) })
}

func separators(s *stage) {
	other := &stage{T: s.T, ns: s.ns + "-b"}
	for _, m := range set.Members {
		other.create(m, other.namespace())
	}
	// "<ns>-b" + "c" and "<ns>" + "b-c" are one text with a separator between them.
	first, second := other.offer(a(), "c"), s.offer(a(), "b-c")
	s.everywhere("each has its own endpoints", func(ctx context.Context, m *clusterset.Member) error {
		if err := other.has(ctx, m, "c", "a", first.addresses()...); err != nil {
			return err
		}
		if err := s.has(ctx, m, "b-c", "a", second.addresses()...); err != nil {
			return err
		}
		if err := other.shows(ctx, m, "c", plain("a")); err != nil {
			return err
		}
		return s.shows(ctx, m, "b-c", plain("a"))
	})
}
