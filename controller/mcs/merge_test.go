package mcs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestMergePorts(t *testing.T) {
	const servicePort = "KEP-1645 Service Port"
	// The exports of a, b, c are in order of precedence; nil is a cluster that does not export.
	tests := []struct {
		name     string
		spec     string
		a, b, c  []string
		want     []string
		conflict bool
	}{
		{
			name: "one export gives its ports in its order", spec: servicePort,
			a: []string{"https 443/TCP", "http 80/TCP"}, want: []string{"https 443/TCP", "http 80/TCP"},
		},
		{
			name: "equal ports are no conflict", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"http 80/TCP"}, want: []string{"http 80/TCP"},
		},
		{
			name: "another order is no conflict and the oldest's order stands", spec: servicePort,
			a: []string{"http 80/TCP", "https 443/TCP"}, b: []string{"https 443/TCP", "http 80/TCP"},
			want: []string{"http 80/TCP", "https 443/TCP"},
		},
		{
			name: "an empty protocol is TCP and no conflict", spec: "Service API, ports.protocol default",
			a: []string{"http 80/"}, b: []string{"http 80/TCP"}, want: []string{"http 80/TCP"},
		},
		{
			name: "of two numbers under one name the oldest's stands", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"http 8080/TCP"}, want: []string{"http 80/TCP"}, conflict: true,
		},
		{
			name: "of two names for one number the oldest's stands", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"web 80/TCP"}, want: []string{"http 80/TCP"}, conflict: true,
		},
		{
			name: "ports of several exports are united", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"admin 9090/TCP"}, want: []string{"http 80/TCP", "admin 9090/TCP"}, conflict: true,
		},
		{
			name: "a port that the oldest lacks is a conflict", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"http 80/TCP", "admin 9090/TCP"},
			want: []string{"http 80/TCP", "admin 9090/TCP"}, conflict: true,
		},
		{
			name: "a port that only the oldest has is a conflict", spec: servicePort,
			a: []string{"http 80/TCP", "admin 9090/TCP"}, b: []string{"http 80/TCP"},
			want: []string{"http 80/TCP", "admin 9090/TCP"}, conflict: true,
		},
		{
			name: "one number under two protocols is two ports", spec: servicePort,
			a: []string{"dns 53/TCP", "dns-udp 53/UDP"}, b: []string{"dns 53/TCP", "dns-udp 53/UDP"},
			want: []string{"dns 53/TCP", "dns-udp 53/UDP"},
		},
		{
			name: "one name for two protocols of one number is one port", spec: servicePort,
			a: []string{"dns 53/UDP"}, b: []string{"dns 53/TCP"}, want: []string{"dns 53/UDP"}, conflict: true,
		},
		{
			name: "the oldest's application protocol stands", spec: servicePort,
			a: []string{"http 80/TCP kubernetes.io/h2c"}, b: []string{"http 80/TCP"},
			want: []string{"http 80/TCP kubernetes.io/h2c"}, conflict: true,
		},
		{
			name: "an unset application protocol of the oldest stands too", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"http 80/TCP kubernetes.io/h2c"}, want: []string{"http 80/TCP"}, conflict: true,
		},
		{
			name: "names count before numbers", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"http 8080/TCP"}, c: []string{"alt 8080/TCP"},
			want: []string{"http 80/TCP", "alt 8080/TCP"}, conflict: true,
		},
		{
			name: "a name freed by an older conflict is still taken by its winner", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"http 8080/TCP", "alt 81/TCP"}, c: []string{"alt 82/TCP", "http 8080/TCP"},
			want: []string{"http 80/TCP", "alt 81/TCP"}, conflict: true,
		},
		{
			name: "unnamed alone stays unnamed", spec: "Service API, ports.name",
			a: []string{"80/TCP"}, b: []string{"80/TCP"}, want: []string{"80/TCP"},
		},
		{
			name: "a younger export does not name the port of the oldest", spec: servicePort,
			a: []string{"80/TCP"}, b: []string{"http 80/TCP"}, want: []string{"80/TCP"}, conflict: true,
		},
		{
			name: "a younger export does not unname the port of the oldest", spec: servicePort,
			a: []string{"http 80/TCP"}, b: []string{"80/TCP"}, want: []string{"http 80/TCP"}, conflict: true,
		},
		{
			name: "no name is a name: of two unnamed numbers the oldest's stands", spec: servicePort,
			a: []string{"80/TCP"}, b: []string{"8080/TCP"}, want: []string{"80/TCP"}, conflict: true,
		},
		{
			name: "unnamed beside others takes the name that the next export gives it", spec: "local: a derived Service needs names",
			a: []string{"80/TCP"}, b: []string{"http 80/TCP", "admin 9090/TCP"},
			want: []string{"http 80/TCP", "admin 9090/TCP"}, conflict: true,
		},
		{
			name: "the name comes from the older of two that give one", spec: "local: a derived Service needs names",
			a: []string{"80/TCP"}, b: []string{"web 80/TCP"}, c: []string{"http 80/TCP", "admin 9090/TCP"},
			want: []string{"web 80/TCP", "admin 9090/TCP"}, conflict: true,
		},
		{
			name: "unnamed beside others that nobody names is named after its protocol and number",
			spec: "local: a derived Service needs names",
			a:    []string{"80/TCP"}, b: []string{"admin 9090/TCP"}, want: []string{"tcp-80 80/TCP", "admin 9090/TCP"}, conflict: true,
		},
		{
			name: "a name that another port has is not given twice", spec: "local: a derived Service needs names",
			a: []string{"53/UDP"}, b: []string{"dns 53/TCP"}, c: []string{"dns 53/UDP"},
			want: []string{"udp-53 53/UDP", "dns 53/TCP"}, conflict: true,
		},
		{
			name: "a made name that another port has gets a number", spec: "local: a derived Service needs names",
			a: []string{"80/TCP"}, b: []string{"tcp-80 8080/TCP", "tcp-80-2 8081/TCP"},
			want: []string{"tcp-80-3 80/TCP", "tcp-80 8080/TCP", "tcp-80-2 8081/TCP"}, conflict: true,
		},
		{
			name: "an unnamed port of a younger export is named as well", spec: "local: a derived Service needs names",
			a: []string{"http 80/TCP"}, b: []string{"132/SCTP"}, want: []string{"http 80/TCP", "sctp-132 132/SCTP"}, conflict: true,
		},
		{
			name: "no ports at all is no conflict, and an empty list", spec: "ServiceImport API, ports is required",
			a: []string{}, b: []string{}, want: []string{},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			var exports []mcs.Export
			for i, texts := range [][]string{tc.a, tc.b, tc.c} {
				if texts != nil {
					exports = append(exports, exported(string(rune('a'+i)), i, withPorts(texts...)))
				}
			}
			imp := mcs.Merge(exports)
			if diff := cmp.Diff(ports(tc.want...), imp.Ports); diff != "" {
				t.Errorf("ports (-want +got):\n%s", diff)
			}
			if got := hasReason(imp, mcsv1beta1.ServiceExportReasonPortConflict); got != tc.conflict {
				t.Errorf("PortConflict: got %t, want %t", got, tc.conflict)
			}
		})
	}
}

func hasReason(imp mcs.Import, reason mcsv1beta1.ServiceExportConditionReason) bool {
	for _, c := range imp.Conflicts {
		if c.Reason == reason {
			return true
		}
	}
	return false
}

func TestMergeProperties(t *testing.T) {
	young := exported("b", 2, func(e *mcs.Export) {
		e.Type = mcsv1beta1.Headless
		e.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol}
		e.InternalTrafficPolicy = new(corev1.ServiceInternalTrafficPolicyLocal)
		e.TrafficDistribution = new("PreferSameZone")
		e.SessionAffinity = corev1.ServiceAffinityClientIP
		e.AffinityTimeout = new(int32(20))
		e.Labels = map[string]string{"team": "b"}
		e.Annotations = map[string]string{"note": "b"}
	})
	youngAlone := mcs.Import{
		Key: web, Type: mcsv1beta1.Headless, Ports: ports("http 80/TCP"),
		IPFamilies:      []corev1.IPFamily{corev1.IPv6Protocol},
		SessionAffinity: corev1.ServiceAffinityClientIP, AffinityTimeout: new(int32(20)),
		InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal), TrafficDistribution: new("PreferSameZone"),
		Labels: map[string]string{"team": "b"}, Annotations: map[string]string{"note": "b"},
		Clusters: []mcs.ClusterID{"b"},
	}
	tests := []struct {
		name    string
		spec    string
		exports []mcs.Export
		want    mcs.Import
	}{
		{
			name: "nothing exported is no import", spec: "KEP-1645 Importing Services",
			exports: nil, want: mcs.Import{},
		},
		{
			name: "only invalid exports are no import, but keep the name", spec: "KEP-1645 Exporting Services, Valid",
			exports: []mcs.Export{exported("a", 1, invalid("NoService"))}, want: mcs.Import{Key: web},
		},
		{
			name: "a lone export is imported as it is", spec: "KEP-1645 Importing Services",
			exports: []mcs.Export{young}, want: youngAlone,
		},
		{
			name: "an invalid export does not stop another's import", spec: "KEP-1645 Exporting Services, Valid",
			exports: []mcs.Export{exported("a", 1, invalid("InvalidServiceType")), young}, want: youngAlone,
		},
		{
			name: "every property is the oldest's, with the API's defaults where it says none",
			spec: "KEP-1645 Constraints and Conflict Resolution",
			exports: []mcs.Export{young, exported("a", 1, func(e *mcs.Export) {
				e.SessionAffinity = corev1.ServiceAffinityClientIP
				e.Labels = map[string]string{}
			})},
			want: mcs.Import{
				Key: web, Type: mcsv1beta1.ClusterSetIP, Ports: ports("http 80/TCP"),
				IPFamilies:      []corev1.IPFamily{corev1.IPv4Protocol},
				SessionAffinity: corev1.ServiceAffinityClientIP, AffinityTimeout: new(int32(10800)),
				Clusters: []mcs.ClusterID{"a", "b"},
			},
		},
		{
			name: "clusters are sorted whatever their age", spec: "ServiceImport API, status.clusters",
			exports: []mcs.Export{exported("c.east", 1), exported("a", 3), exported("b", 2)},
			want: mcs.Import{
				Key: web, Type: mcsv1beta1.ClusterSetIP, Ports: ports("http 80/TCP"),
				IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, SessionAffinity: corev1.ServiceAffinityNone,
				Clusters: []mcs.ClusterID{"a", "b", "c.east"},
			},
		},
		{
			name: "of two exports of one cluster the older counts", spec: "local: a cluster has one export of a name",
			exports: []mcs.Export{exported("a", 2, withPorts("new 81/TCP")), exported("a", 1)},
			want: mcs.Import{
				Key: web, Type: mcsv1beta1.ClusterSetIP, Ports: ports("http 80/TCP"),
				IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, SessionAffinity: corev1.ServiceAffinityNone,
				Clusters: []mcs.ClusterID{"a"},
			},
		},
		{
			name: "an exported map cannot set what marks an import", spec: "GEP-1748, derived-service annotation",
			exports: []mcs.Export{exported("a", 1, func(e *mcs.Export) {
				e.Annotations = map[string]string{mcs.AnnotationDerivedService: "other", "note": "a"}
				e.Labels = map[string]string{mcs.LabelManagedBy: "someone"}
			})},
			want: mcs.Import{
				Key: web, Type: mcsv1beta1.ClusterSetIP, Ports: ports("http 80/TCP"),
				IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, SessionAffinity: corev1.ServiceAffinityNone,
				Annotations: map[string]string{"note": "a"}, Clusters: []mcs.ClusterID{"a"},
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got := mcs.Merge(tc.exports)
			got.Conflicts = nil
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("import (-want +got):\n%s", diff)
			}
			if got.Exists() != (len(tc.want.Clusters) > 0) {
				t.Errorf("Exists: got %t", got.Exists())
			}
		})
	}
}

func TestMergeForgetsTheWinnerThatLeft(t *testing.T) {
	// KEP-1645, "Headlessness": the type follows the conflict resolution, which knows only the exports there are.
	a := exported("a", 1)
	b := exported("b", 2, func(e *mcs.Export) { e.Type = mcsv1beta1.Headless })
	both, left := mcs.Merge([]mcs.Export{a, b}), mcs.Merge([]mcs.Export{b})
	if both.Type != mcsv1beta1.ClusterSetIP || !hasReason(both, mcsv1beta1.ServiceExportReasonTypeConflict) {
		t.Errorf("with both: type %s, conflicts %v", both.Type, both.Conflicts)
	}
	if left.Type != mcsv1beta1.Headless || len(left.Conflicts) > 0 {
		t.Errorf("with b alone: type %s, conflicts %v", left.Type, left.Conflicts)
	}
}
