package scenarios

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// disagreement is a scenario in which a exports a name first and b exports it second, differently.
type disagreement struct {
	name, clause string
	a, b         []option
	reason       string // of the Conflict condition; "" for no conflict
	said         string // part of its message beside the winner
	want         func(v *view)
}

var disagreements = []disagreement{
	{
		name: "a port name with another number reaches only the older export's cluster", clause: `KEP-1645 "Service Port"`,
		b: []option{ports("http 8080")}, reason: "PortConflict", said: `Conflicting ports http.`,
		want: func(v *view) { v.Backends["b"] = []string{"none"} },
	},
	{
		name: "a port under another name is renamed, because it is the same port", clause: `KEP-1645 "Service Port"`,
		b: []option{ports("web 80")}, reason: "PortConflict", said: `Using "http 80/TCP"`,
		want: func(*view) {},
	},
	{
		name: "a port that only the younger export has is added, and reaches only its cluster", clause: `KEP-1645 "Service Port"`,
		b: []option{ports("admin 9090")}, reason: "PortConflict", said: `Conflicting ports admin, http.`,
		want: func(v *view) {
			v.Ports = []string{"http 80/TCP", "admin 9090/TCP"}
			v.Backends["b"] = []string{"admin 9090"}
		},
	},
	{
		name: "one number under two protocols is two ports", clause: `KEP-1645 "Service Port"`,
		a: []option{ports("dns 53", "dns-udp 53/UDP")}, b: []option{ports("dns-udp 53/UDP", "dns 53")},
		want: func(v *view) {
			v.Ports = []string{"dns 53/TCP", "dns-udp 53/UDP"}
			v.Backends["a"] = []string{"dns 53", "dns-udp 53"}
			v.Backends["b"] = v.Backends["a"]
		},
	},
	{
		name: "of two application protocols the older export's is kept", clause: `KEP-1645 "Service Port"`,
		a: []option{ports("http 80 kubernetes.io/h2c")}, reason: "PortConflict",
		want: func(v *view) { v.Ports = []string{"http 80/TCP kubernetes.io/h2c"} },
	},
	{
		name: "an unnamed port that gets company gets a name", clause: `KEP-1645 "Service Port"; Service API, "ports.name"`,
		a: []option{ports("- 80")}, b: []option{ports("admin 9090")}, reason: "PortConflict",
		want: func(v *view) {
			v.Ports = []string{"tcp-80 80/TCP", "admin 9090/TCP"}
			v.Backends["a"], v.Backends["b"] = []string{"tcp-80 80"}, []string{"admin 9090"}
		},
	},
	{
		name: "of two session affinities the older export's holds, and both differences are said", clause: `KEP-1645 "Session Affinity"`,
		a: []option{affinity(10)}, reason: "SessionAffinityConfigConflict,SessionAffinityConflict", said: `Conflicting session affinity. Using "ClientIP"`,
		want: func(v *view) { v.Affinity, v.Timeout = "ClientIP", 10 },
	},
	{
		name: "of two affinity timeouts the older export's holds", clause: `KEP-1645 "Session Affinity"`,
		a: []option{affinity(10)}, b: []option{affinity(20)}, reason: "SessionAffinityConfigConflict", said: `Using "10s"`,
		want: func(v *view) { v.Affinity, v.Timeout = "ClientIP", 10 },
	},
	{
		name: "of two internal traffic policies the older export's holds", clause: `KEP-1645 "Internal Traffic Policy"`,
		b: []option{internalPolicy("Local")}, reason: "InternalTrafficPolicyConflict", said: `Using "Cluster"`,
		want: func(*view) {},
	},
	{
		name: "a traffic distribution that only the younger export asks for is a conflict", clause: `KEP-1645 "Traffic Distribution"`,
		b: []option{distribution("PreferClose")}, reason: "TrafficDistributionConflict",
		want: func(*view) {},
	},
	{
		name: "the old and the new name of a traffic distribution agree", clause: `KEP-1645 "Traffic Distribution"; Service API, "trafficDistribution"`,
		a: []option{distribution("PreferClose")}, b: []option{distribution("PreferSameZone")},
		want: func(v *view) { v.Distribution = "PreferClose" },
	},
	{
		name: "exported labels are the oldest export's as a whole", clause: `KEP-1645 "Labels and annotations"`,
		a: []option{exportedLabels(map[string]string{"x": "1"})}, b: []option{exportedLabels(map[string]string{"x": "1", "y": "2"})},
		reason: "LabelsConflict", said: `Conflicting labels y. Using "x=1"`,
		want: func(v *view) { v.Labels = map[string]string{"x": "1"} },
	},
	{
		name: "exported annotations are the oldest export's as a whole", clause: `KEP-1645 "Labels and annotations"`,
		a: []option{exportedAnnotations(map[string]string{"x": "1"})}, b: []option{exportedAnnotations(map[string]string{"x": "2"})},
		reason: "AnnotationsConflict", said: `Conflicting annotations x. Using "x=1"`,
		want: func(v *view) { v.Annotations = map[string]string{"x": "1"} },
	},
	{
		name: "labels of a Service and its ServiceExport themselves are never exported, nor a conflict", clause: `KEP-1645 "Labels and annotations"`,
		a: []option{described(map[string]string{"team": "red"})}, b: []option{described(map[string]string{"team": "blue"})},
		want: func(*view) {},
	},
	{
		name: "an import is headless only if the oldest export is", clause: `KEP-1645 "Headlessness"`,
		b: []option{headless}, reason: "TypeConflict", said: `Conflicting type. Using "ClusterSetIP"`,
		want: func(*view) {},
	},
}

// disagreementsOfFamilies are those that need two IP families.
var disagreementsOfFamilies = []disagreement{
	{
		name: "an import has its oldest export's IP family, and no cluster adds one", clause: `ServiceExport API, "IPFamilyConflict"`,
		b: []option{families(corev1.IPv6Protocol)}, reason: "IPFamilyConflict",
		want: func(*view) {},
	},
	{
		name: "an exporter without one of the import's IP families is a conflict", clause: `ServiceExport API, "IPFamilyConflict"`,
		a: []option{families(corev1.IPv4Protocol, corev1.IPv6Protocol)}, reason: "IPFamilyConflict", said: "Conflicting IP families IPv6.",
		want: func(v *view) { v.Families = []string{"IPv4", "IPv6"} },
	},
	{
		name: "an exporter with an IP family more than the import is none", clause: `ServiceExport API, "IPFamilyConflict"`,
		b:    []option{families(corev1.IPv6Protocol, corev1.IPv4Protocol)},
		want: func(*view) {},
	},
}

// conflictRows are the tables above as scenarios.
func conflictRows() []scenario {
	var rows []scenario
	for _, d := range disagreements {
		rows = append(rows, scenario{name: d.name, clause: d.clause, play: d.play})
	}
	for _, d := range disagreementsOfFamilies {
		rows = append(rows, scenario{name: d.name, clause: d.clause, play: func(s *stage) {
			s.needs(noIPv6())
			d.play(s)
		}})
	}
	return rows
}

func (d disagreement) play(s *stage) {
	s.offer(a(), "web", d.a...)
	s.offer(b(), "web", d.b...)
	want := plain("a", "b")
	d.want(&want)
	s.everywhere("the import is what the two amount to", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", want)
	})
	for _, m := range []*clusterset.Member{a(), b()} {
		s.eventually("what they disagree on is said in "+m.ID, func(ctx context.Context) error {
			if d.reason == "" {
				return s.exportSays(ctx, m, "web", "Conflict=False/NoConflicts")
			}
			if err := s.exportSays(ctx, m, "web", "Conflict=True/"+d.reason); err != nil {
				return err
			}
			message, err := s.conflictMessage(ctx, m, "web")
			if err == nil && (!strings.Contains(message, d.said) || !strings.Contains(message, `from oldest service export in "a". 1/2 clusters disagree.`)) {
				err = fmt.Errorf("the message is %q", message)
			}
			return err
		})
	}
}
