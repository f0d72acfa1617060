package scenarios

import (
	"context"
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

var traffic = []scenario{
	{
		name: "an import's IPs are answered by the pods of every exporter, a fair share each", clause: `KEP-1645 "ClusterSetIP"`,
		play: fairShare,
	},
	{
		name: "UDP reaches every exporter too", clause: `KEP-1645 "ClusterSetIP"`,
		play: overUDP,
	},
	{
		name: "a client stays with its pod where the Service asks for it", clause: `KEP-1645 "Session Affinity"`,
		play: staysWithItsPod,
	},
	{
		name: "a port that one cluster exposes reaches only that cluster", clause: `KEP-1645 "Service Port"`,
		play: portOfOneCluster,
	},
	{
		name: "clients reach pods of their own zone where the Service prefers that, and all where their zone has none", clause: `KEP-1645 "Traffic Distribution"`,
		play: ownZone,
	},
	{
		name: "no other cluster's pod is reached where the Service wants only those of the node", clause: `KEP-1645 "Internal Traffic Policy"`,
		play: onlyOfTheNode,
	},
	{
		name: "a pod of the node is reached where the Service wants only those of the node", clause: `KEP-1645 "Internal Traffic Policy"`,
		play: ownNode,
	},
	{
		name: "a Service that is not exported, or not any more, is not reached", clause: `KEP-1645 "Exporting Services"`,
		play: notExported,
	},
}

func exporting(clusters ...string) func(map[string]int) error {
	return func(got map[string]int) error {
		want := map[string]bool{}
		for _, id := range clusters {
			want[id] = true
		}
		who := map[string]bool{}
		for id := range got {
			who[id] = true
		}
		if diff := cmp.Diff(want, who); diff != "" {
			return fmt.Errorf("clusters that answer (-want +got):\n%s", diff)
		}
		return nil
	}
}

// Each of the four pods is missed in 60 calls once in ten million times, and a cluster has less than 15 of them more rarely.
func fairShare(s *stage) {
	s.needs(noTraffic(onlyTCP))
	s.serve(a(), "web", 2)
	s.serve(b(), "web", 2)
	s.everywhere("both answer", func(ctx context.Context, m *clusterset.Member) error {
		clusters, pods, err := s.calls(ctx, m, "tcp", "web", 80, 60)
		if err != nil {
			return err
		}
		if len(pods) != 4 || clusters["a"] < 15 || clusters["b"] < 15 {
			return fmt.Errorf("pods %v of clusters %v answered", pods, clusters)
		}
		return nil
	})
}

func overUDP(s *stage) {
	s.needs(noTraffic("UDP"))
	for _, m := range []*clusterset.Member{a(), b()} {
		s.serve(m, "names", 1, ports("dns 53/UDP"))
	}
	s.eventually("both answer", func(ctx context.Context) error {
		clusters, _, err := s.calls(ctx, c(), "udp", "names", 53, 30)
		if err != nil {
			return err
		}
		return exporting("a", "b")(clusters)
	})
}

func staysWithItsPod(s *stage) {
	s.needs(noTraffic("session affinity"))
	for _, m := range []*clusterset.Member{a(), b()} {
		s.serve(m, "web", 2, affinity(10800), func(o *offer) { o.service.Spec.IPFamilyPolicy = nil })
	}
	s.eventually("both are there", func(ctx context.Context) error { return s.shows(ctx, c(), "web", staying()) })
	s.eventually("one pod answers all", func(ctx context.Context) error {
		_, pods, err := s.calls(ctx, c(), "tcp", "web", 80, 20)
		if err == nil && len(pods) != 1 {
			err = fmt.Errorf("pods %v answered", pods)
		}
		return err
	})
}

func staying() view {
	v := plain("a", "b")
	v.Affinity, v.Timeout = "ClientIP", 10800
	return v
}

func portOfOneCluster(s *stage) {
	s.needs(noTraffic(onlyTCP))
	s.serve(a(), "web", 1)
	s.serve(b(), "web", 1, ports("admin 9090"))
	for _, tc := range []struct {
		port int
		want string
	}{{80, "a"}, {9090, "b"}} {
		s.eventually(fmt.Sprintf("port %d is answered by %s alone", tc.port, tc.want), func(ctx context.Context) error {
			clusters, _, err := s.calls(ctx, c(), "tcp", "web", tc.port, 15)
			if err != nil {
				return err
			}
			return exporting(tc.want)(clusters)
		})
	}
}

func ownZone(s *stage) {
	s.needs(noTraffic("traffic distribution"))
	for _, m := range []*clusterset.Member{a(), b()} {
		s.serve(m, "web", 1, distribution(corev1.ServiceTrafficDistributionPreferClose))
	}
	for _, tc := range []struct {
		from *clusterset.Member
		want []string
	}{{a(), []string{"a"}}, {b(), []string{"b"}}, {c(), []string{"a", "b"}}} {
		s.eventually("clients in "+tc.from.ID+" are answered by the right ones", func(ctx context.Context) error {
			clusters, _, err := s.calls(ctx, tc.from, "tcp", "web", 80, 30)
			if err != nil {
				return err
			}
			return exporting(tc.want...)(clusters)
		})
	}
}

// A proxy drops what it may not carry, so that a call ends with its patience, not with an answer.
func onlyOfTheNode(s *stage) {
	s.needs(noTraffic("internal traffic policy"))
	o := s.serve(a(), "web", 1, internalPolicy(corev1.ServiceInternalTrafficPolicyLocal), func(o *offer) { o.service.Spec.IPFamilyPolicy = nil })
	want := plain("a")
	want.Policy = "Local"
	s.eventually("imported", func(ctx context.Context) error { return s.shows(ctx, c(), "web", want) })
	s.serve(a(), "web-of-all", 1)
	s.eventually("a later one without the policy is reached", func(ctx context.Context) error {
		_, _, err := s.calls(ctx, c(), "tcp", "web-of-all", 80, 1)
		return err
	})
	if clusters, _, err := s.calls(s.Context(), c(), "tcp", "web", 80, 1); err == nil {
		s.Errorf("it is answered by %v", clusters)
	}
	s.patch(a(), o.service, `{"spec":{"internalTrafficPolicy":"Cluster"}}`)
	s.eventually("without the policy it is reached", func(ctx context.Context) error {
		_, _, err := s.calls(ctx, c(), "tcp", "web", 80, 1)
		return err
	})
}

func ownNode(s *stage) {
	s.needs(noTraffic("internal traffic policy"))
	for _, m := range []*clusterset.Member{a(), b()} {
		s.serve(m, "web", 1, internalPolicy(corev1.ServiceInternalTrafficPolicyLocal))
	}
	s.eventually("a's clients are answered by a's pod", func(ctx context.Context) error {
		clusters, _, err := s.calls(ctx, a(), "tcp", "web", 80, 10)
		if err != nil {
			return err
		}
		return exporting("a")(clusters)
	})
}

func notExported(s *stage) {
	s.needs(noTraffic(onlyTCP))
	name := "web." + s.ns + ".svc.clusterset.local."
	unknown := func(ctx context.Context) error {
		answer, err := c().Query(ctx, name, dns.TypeA)
		if err == nil && answer.Rcode != dns.RcodeNameError {
			err = fmt.Errorf("it answers %s %v", dns.RcodeToString[answer.Rcode], answer.Answer)
		}
		return err
	}
	o := s.serve(a(), "other", 1)
	s.service(a(), "web")
	s.eventually("what is exported is reached", func(ctx context.Context) error {
		_, _, err := s.calls(ctx, c(), "tcp", "other", 80, 1)
		return err
	})
	s.now("what is not exported has no name", unknown)
	si, err := s.serviceImport(s.Context(), c(), "other")
	if err != nil {
		s.Fatal(err)
	}
	s.remove(a(), o.export)
	s.eventually("what is not exported any more is gone", func(ctx context.Context) error { return s.notImported(ctx, c(), "other") })
	s.eventually("and its IP leads nowhere", func(ctx context.Context) error {
		who, err := call(ctx, c(), "tcp", si.Spec.IPs[0], 80)
		if err == nil {
			return fmt.Errorf("%s is answered by %v", si.Spec.IPs[0], who)
		}
		return nil
	})
}
