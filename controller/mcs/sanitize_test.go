package mcs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// reasonsOf counts rejections: "address 2, port 1".
func reasonsOf(rejected []mcs.Rejection) string {
	count := map[string]int{}
	var reasons []string
	for _, r := range rejected {
		if count[r.Reason]++; count[r.Reason] == 1 {
			reasons = append(reasons, r.Reason)
		}
	}
	slices.Sort(reasons)
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%s %d", reason, count[reason])
	}
	return strings.Join(reasons, ", ")
}

func TestSanitizeRefuses(t *testing.T) {
	named := func(namespace, name string) func(*mcs.Export) {
		return func(e *mcs.Export) { e.Key.Namespace, e.Key.Name = namespace, name }
	}
	tests := []struct {
		name   string
		spec   string
		export mcs.Export
		want   string
	}{
		{
			"a cluster that is none", "KEP-1645 Terminology, cluster id", exported("East", 1),
			`reading export "shop/web" of cluster "East": cluster id "East" is not one or two lower-case DNS labels (letters, digits and inner hyphens, at most one dot)`,
		},
		{
			"no cluster", "KEP-1645 Terminology, cluster id", exported("", 1),
			`reading export "shop/web" of cluster "": cluster id is empty: it must be one or two lower-case DNS labels`,
		},
		{
			"a namespace that is none", "Namespace API, metadata.name", exported("a", 1, named("kube.system", "web")),
			`reading export "kube.system/web" of cluster "a": namespace and name must be DNS labels`,
		},
		{
			"a name that no Service has", "Service API, metadata.name", exported("a", 1, named("shop", strings.Repeat("w", 64))),
			`reading export "shop/` + strings.Repeat("w", 64) + `" of cluster "a": namespace and name must be DNS labels`,
		},
		{
			"the name of a derived Service", "local: no export of an import", exported("a", 1, named("shop", mcs.DerivedServiceName(web))),
			`reading export "shop/` + mcs.DerivedServiceName(web) + `" of cluster "a": the name is that of a derived Service`,
		},
		{
			"a type that is none", "ServiceImport API, type", exported("a", 1, withType("ExternalName")),
			`reading export "shop/web" of cluster "a": type "ExternalName" is neither ClusterSetIP nor Headless`,
		},
		{
			"no type", "ServiceImport API, type", exported("a", 1, withType("")),
			`reading export "shop/web" of cluster "a": type "" is neither ClusterSetIP nor Headless`,
		},
		{
			"no IP family", "Service API, ipFamilies", exported("a", 1, withFamilies()),
			`reading export "shop/web" of cluster "a": no IP family is known`,
		},
		{
			"only unknown IP families", "Service API, ipFamilies", exported("a", 1, withFamilies("IPX")),
			`reading export "shop/web" of cluster "a": no IP family is known`,
		},
		{
			"an invalidity that is no reason", "Condition API, reason", exported("a", 1, invalid("no Service!")),
			`reading export "shop/web" of cluster "a": "no Service!" is not the reason of a condition`,
		},
		{
			"an invalidity without end", "Condition API, reason", exported("a", 1, invalid(strings.Repeat("N", 1000))),
			`reading export "shop/web" of cluster "a": "` + strings.Repeat("N", 256) + `..." is not the reason of a condition`,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got, _, err := mcs.Sanitize(tc.export)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(mcs.Export{}, got); diff != "" {
				t.Errorf("export beside an error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSanitizeKeepsWhatIsGood(t *testing.T) {
	good := exported("a.reg1", 1,
		withPorts("http 80/TCP kubernetes.io/h2c", "dns 53/UDP", "peer 132/SCTP"),
		withFamilies(corev1.IPv6Protocol, corev1.IPv4Protocol),
		withAffinity(corev1.ServiceAffinityClientIP, 86400), withPolicy(corev1.ServiceInternalTrafficPolicyLocal),
		withDistribution("example.org/Nearest"),
		withLabels("team=shop", "app.kubernetes.io/name=web", "empty="), withAnnotations("note=anything at all\nin two lines"),
		withSlices(slice("web-a", "10.0.0.1", "http 8080/TCP"), slice("web-b", "10.0.0.1")),
	)
	lone := exported("a", 1, withPorts("80/TCP"))
	for name, e := range map[string]mcs.Export{"all there is": good, "a lone unnamed port": lone} {
		t.Run(name, func(t *testing.T) {
			got, rejected, err := mcs.Sanitize(e)
			if err != nil || len(rejected) > 0 {
				t.Fatalf("rejected %v, error %v", rejected, err)
			}
			if diff := cmp.Diff(e, got); diff != "" {
				t.Errorf("export (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSanitizeStripsTheInvalid(t *testing.T) {
	// An invalid export keeps its place in the order of precedence and has no other properties.
	got, rejected, err := mcs.Sanitize(exported("a", 1, invalid("NoService"), withLabels("x=1"), withType(""), withSlices(slice("", ""))))
	if err != nil || len(rejected) > 0 {
		t.Fatalf("rejected %v, error %v", rejected, err)
	}
	want := mcs.Export{Cluster: "a", Key: web, Invalid: "NoService", Claimed: minute(1), Recorded: minute(1)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

func TestSanitizeProperties(t *testing.T) {
	many := func(n, size int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprintf("key-%04d", i)] = strings.Repeat("v", size)
		}
		return m
	}
	tests := []struct {
		name     string
		spec     string
		bad      func(*mcs.Export)
		want     func(*mcs.Export)
		rejected string
	}{
		{
			"an unknown IP family is left out", "Service API, ipFamilies",
			withFamilies("IPX", corev1.IPv4Protocol), withFamilies(corev1.IPv4Protocol), "property 1",
		},
		{
			"an IP family counts once", "Service API, ipFamilies",
			withFamilies(corev1.IPv4Protocol, corev1.IPv4Protocol), withFamilies(corev1.IPv4Protocol), "duplicate 1",
		},
		{
			"there are two IP families at most", "ServiceImport API, ipFamilies",
			withFamilies(corev1.IPv4Protocol, corev1.IPv6Protocol, "IPX"), withFamilies(corev1.IPv4Protocol, corev1.IPv6Protocol), "too_many 1",
		},
		{
			"an unknown affinity is unset", "Service API, sessionAffinity",
			withAffinity("Cookie", 0), func(*mcs.Export) {}, "property 1",
		},
		{
			"an affinity timeout of more than a day is unset", "Service API, timeoutSeconds",
			withAffinity(corev1.ServiceAffinityClientIP, 86401), withAffinity(corev1.ServiceAffinityClientIP, 0), "property 1",
		},
		{
			"an affinity timeout of nothing is unset", "Service API, timeoutSeconds",
			func(e *mcs.Export) { e.AffinityTimeout = new(int32(0)) }, func(*mcs.Export) {}, "property 1",
		},
		{
			"an unknown internal traffic policy is unset", "Service API, internalTrafficPolicy",
			withPolicy("Node"), func(*mcs.Export) {}, "property 1",
		},
		{
			"a traffic distribution that is no name is unset", "Service API, trafficDistribution",
			withDistribution("as you like"), func(*mcs.Export) {}, "property 1",
		},
		{
			"a traffic distribution without end is unset", "Service API, trafficDistribution",
			withDistribution(strings.Repeat("n", 64)), func(*mcs.Export) {}, "property 1",
		},
		{
			"labels that Kubernetes would refuse are left out", "Kubernetes labels, syntax",
			withLabels("x=1", "no key=1", "y=no value", "/z=1"), withLabels("x=1"), "label 3",
		},
		{
			"annotations may have any value but not any key", "Kubernetes annotations, syntax",
			withAnnotations("x=any value", "no key=1"), withAnnotations("x=any value"), "label 1",
		},
		{
			"reserved keys are left out", "GEP-1748, derived-service annotation",
			func(e *mcs.Export) {
				withAnnotations(mcs.AnnotationDerivedService+"=other", "x=1")(e)
				withLabels(mcs.LabelManagedBy+"=x", mcs.Domain+"/x=y", "multicluster.kubernetes.io/service-name=z")(e)
			},
			withAnnotations("x=1"), "label 4",
		},
		{
			"labels beyond the bound are left out, by key", "local: bounds",
			func(e *mcs.Export) { e.Labels = many(mcs.MaxExported+7, 1) },
			func(e *mcs.Export) { e.Labels = many(mcs.MaxExported, 1) }, "too_many 1",
		},
		{
			"annotations beyond the bound in bytes are left out, by key", "local: bounds",
			func(e *mcs.Export) { e.Annotations = many(17, 2040) },
			func(e *mcs.Export) { e.Annotations = many(16, 2040) }, "too_many 1",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got, rejected, err := mcs.Sanitize(exported("a", 1, tc.bad))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(exported("a", 1, tc.want), got); diff != "" {
				t.Errorf("export (-want +got):\n%s", diff)
			}
			if reasons := reasonsOf(rejected); reasons != tc.rejected {
				t.Errorf("rejected %q, want %q: %v", reasons, tc.rejected, rejected)
			}
		})
	}
}

func TestSanitizePorts(t *testing.T) {
	const clause = "Service API, ports"
	tests := []struct {
		name     string
		spec     string
		bad      []string
		want     []string
		rejected string
	}{
		{"an empty protocol is TCP", clause, []string{"http 80/"}, []string{"http 80/TCP"}, ""},
		{"an unknown protocol", clause, []string{"http 80/TCP", "quic 443/QUIC"}, []string{"http 80/TCP"}, "port 1"},
		{"a protocol in lower case", clause, []string{"http 80/TCP", "dns 53/udp"}, []string{"http 80/TCP"}, "port 1"},
		{
			"numbers beyond what there is", clause,
			[]string{"a 0/TCP", "b 65536/TCP", "c -1/TCP", "d 65535/TCP", "e 1/TCP"}, []string{"d 65535/TCP", "e 1/TCP"}, "port 3",
		},
		{
			"names that are no labels", clause,
			[]string{"HTTP 80/TCP", "a.b 81/TCP", "-a 82/TCP", "a_b 83/TCP", strings.Repeat("n", 64) + " 84/TCP", "ok 85/TCP"},
			[]string{"ok 85/TCP"}, "port 5",
		},
		{"a name twice", "KEP-1645 Service Port", []string{"http 80/TCP", "http 81/TCP"}, []string{"http 80/TCP"}, "duplicate 1"},
		{"a number twice", "KEP-1645 Service Port", []string{"http 80/TCP", "web 80/"}, []string{"http 80/TCP"}, "duplicate 1"},
		{"a port without a name beside others", clause, []string{"80/TCP", "admin 9090/TCP"}, []string{"admin 9090/TCP"}, "port 1"},
		{"two ports without a name", clause, []string{"80/TCP", "81/TCP"}, []string{"80/TCP"}, "duplicate 1"},
		{
			"a lone port without a name once the bad ones are gone", clause,
			[]string{"80/TCP", "BAD 81/TCP"}, []string{"80/TCP"}, "port 1",
		},
		{
			"an application protocol that is none is unset", clause,
			[]string{"http 80/TCP a/b/c"}, []string{"http 80/TCP"}, "port 1",
		},
		{"nothing left", clause, []string{"http 0/TCP"}, nil, "port 1"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got, rejected, err := mcs.Sanitize(exported("a", 1, withPorts(tc.bad...)))
			if err != nil {
				t.Fatal(err)
			}
			want := exported("a", 1, withPorts(tc.want...))
			if tc.want == nil {
				want.Ports = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("export (-want +got):\n%s", diff)
			}
			if reasons := reasonsOf(rejected); reasons != tc.rejected {
				t.Errorf("rejected %q, want %q: %v", reasons, tc.rejected, rejected)
			}
		})
	}
}

func TestSanitizeUnsetsAnEmptyApplicationProtocol(t *testing.T) {
	// Service API, "ports.appProtocol": Kubernetes takes an unset one and refuses an empty one, and with it the derived Service.
	s := slice("web-1", "10.0.0.1", "http 8080/TCP")
	s.Ports[0].AppProtocol = new("")
	e := exported("a", 1, withSlices(s))
	e.Ports[0].AppProtocol = new("")
	got, rejected, err := mcs.Sanitize(e)
	if err != nil || len(rejected) > 0 {
		t.Fatalf("rejected %v, error %v", rejected, err)
	}
	if diff := cmp.Diff(exported("a", 1, withSlices(slice("web-1", "10.0.0.1", "http 8080/TCP"))), got); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

func TestSanitizeBoundsPorts(t *testing.T) {
	// EndpointSlice API, "ports": 100 at most. One rejection counts all that is beyond.
	var many []mcs.Port
	for i := range mcs.MaxPorts + 3 {
		many = append(many, mcs.Port{Name: fmt.Sprintf("p-%d", i), Protocol: corev1.ProtocolTCP, Port: int32(i + 1)})
	}
	got, rejected, err := mcs.Sanitize(exported("a", 1, func(e *mcs.Export) { e.Ports = many }))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(many[:mcs.MaxPorts], got.Ports); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	want := []mcs.Rejection{{Reason: mcs.RejectedTooMany, Detail: "ports: 3 are beyond 100"}}
	if diff := cmp.Diff(want, rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}
