package mcs_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestNamesNeverChange(t *testing.T) {
	// Objects are found by these names across versions, so the literals are the contract.
	tests := []struct{ name, spec, got, want string }{
		{"the derived Service", "KEP-1645 ClusterSetIP", mcs.DerivedServiceName(web), "derived-lmdh5tvq3rae5r2ngnqvksq3rvksbizn"},
		{"an imported slice", "KEP-1645 EndpointSlice", mcs.SliceName("east", web, "web-abc12"), "web-east-2bpboajany7dsvr7a5rzjvtl55ex6u4d"},
		{"an imported slice of a cluster with two labels", "KEP-1645 Terminology, cluster id", mcs.SliceName("a.reg1", web, "web-abc12"), "web-a.reg1-jwnayw5ow5yejejtmr22jvernuj5zmw6"},
		{"a record on the hub", "local: records", mcs.RecordName(web), "shop-web-a7ofnh43qp6n3sfqjptkpyq6ncdb5fae"},
		{"a slice's record on the hub", "local: records", mcs.RecordSliceName(web, "web-abc12"), "shop-web-7frw4u7sufyhoa4ffufkwhtz4u766pyi"},
		{"the hash", "local: names", mcs.Hash("a", "b"), "hsovsecfxsehn6oqhgn37mc4njasbfxj"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if tc.got != tc.want {
				t.Errorf("got %q, want %q", tc.got, tc.want)
			}
		})
	}
}

func TestNamesKeepPartsApart(t *testing.T) {
	key := func(namespace, name string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	tests := []struct{ name, spec, a, b string }{
		{"a hyphen moved between parts", "local: names", mcs.Hash("a-b", "c"), mcs.Hash("a", "b-c")},
		{"an empty part", "local: names", mcs.Hash("a", ""), mcs.Hash("a")},
		{"parts joined", "local: names", mcs.Hash("ab"), mcs.Hash("a", "b")},
		{"derived Services", "KEP-1645 ClusterSetIP", mcs.DerivedServiceName(key("a-b", "c")), mcs.DerivedServiceName(key("a", "b-c"))},
		{"records", "local: records", mcs.RecordName(key("a-b", "c")), mcs.RecordName(key("a", "b-c"))},
		{"slices of clusters", "KEP-1645 EndpointSlice", mcs.SliceName("b-c", key("n", "a"), "s"), mcs.SliceName("c", key("n", "a-b"), "s")},
		{"slices of namespaces", "KEP-1645 EndpointSlice", mcs.SliceName("c", key("n", "a"), "s"), mcs.SliceName("c", key("m", "a"), "s")},
		{"slices of one service", "KEP-1645 EndpointSlice", mcs.SliceName("c", key("n", "a"), "s"), mcs.SliceName("c", key("n", "a"), "t")},
		{"slice records of one service", "local: records", mcs.RecordSliceName(web, "s"), mcs.RecordSliceName(web, "t")},
		{"slice records of two services", "local: records", mcs.RecordSliceName(key("a-b", "c"), "s"), mcs.RecordSliceName(key("a", "b-c"), "s")},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if tc.a == tc.b {
				t.Errorf("both are %q", tc.a)
			}
		})
	}
}

func TestNamesAreValidAtTheirLongest(t *testing.T) {
	label := strings.Repeat("n", 63)
	key := types.NamespacedName{Namespace: label, Name: label}
	cluster := mcs.ClusterID(strings.Repeat("c", 31) + "." + strings.Repeat("r", 31))
	source := strings.Repeat("s", 253)
	if errs := validation.IsDNS1035Label(mcs.DerivedServiceName(key)); len(errs) > 0 {
		t.Errorf("derived Service %q: %v", mcs.DerivedServiceName(key), errs)
	}
	for _, name := range []string{mcs.SliceName(cluster, key, source), mcs.RecordName(key), mcs.RecordSliceName(key, source)} {
		if errs := validation.IsDNS1123Subdomain(name); len(errs) > 0 || len(name) > 160 {
			t.Errorf("name %q of %d characters: %v", name, len(name), errs)
		}
	}
	if got := mcs.Hash(source); len(got) != mcs.HashLength {
		t.Errorf("hash %q has %d characters", got, len(got))
	}
}

func TestIsDerivedServiceName(t *testing.T) {
	const clause = "local: a derived Service is not exported"
	tests := []struct {
		name, spec, service string
		want                bool
	}{
		{"a derived Service", clause, mcs.DerivedServiceName(web), true},
		{"the derived Service of a derived Service", clause, mcs.DerivedServiceName(types.NamespacedName{Name: mcs.DerivedServiceName(web)}), true},
		{"a user's service with the same beginning", clause, "derived-data", false},
		{"a user's service of the same length", clause, "derived-" + strings.Repeat("0", mcs.HashLength), false},
		{"one character more", clause, mcs.DerivedServiceName(web) + "a", false},
		{"a plain service", clause, "web", false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if got := mcs.IsDerivedServiceName(tc.service); got != tc.want {
				t.Errorf("IsDerivedServiceName(%q) = %t", tc.service, got)
			}
		})
	}
}

func TestKeysNeverChange(t *testing.T) {
	tests := []struct{ name, spec, got, want string }{
		{"our domain", "local: keys", mcs.Domain, "multicluster-dns.github.io"},
		{"our managed-by value", "EndpointSlice API, management", mcs.ManagedBy, "mcs-controller.multicluster-dns.github.io"},
		{"the managed-by label", "Kubernetes recommended labels", mcs.LabelManagedBy, "app.kubernetes.io/managed-by"},
		{"the derived Service of an import", "GEP-1748", mcs.AnnotationDerivedService, "multicluster.kubernetes.io/derived-service"},
		{"the source of an imported slice", "local: keys", mcs.AnnotationSourceSlice, "multicluster-dns.github.io/source-slice"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if tc.got != tc.want {
				t.Errorf("got %q, want %q", tc.got, tc.want)
			}
			if errs := validation.IsQualifiedName(tc.got); len(errs) > 0 {
				t.Errorf("%q is no label key: %v", tc.got, errs)
			}
		})
	}
	if errs := validation.IsValidLabelValue(mcs.ManagedBy); len(errs) > 0 {
		t.Errorf("%q is no label value: %v", mcs.ManagedBy, errs)
	}
}

func TestReservedKey(t *testing.T) {
	const clause = "ServiceExport API, exportedLabels and exportedAnnotations"
	tests := []struct {
		name, spec, key string
		want            bool
	}{
		{"the derived Service", "GEP-1748", mcs.AnnotationDerivedService, true},
		{"anything else of the API's label domain", clause, "multicluster.kubernetes.io/service-name", true},
		{"anything of the API's group", clause, "multicluster.x-k8s.io/anything", true},
		{"anything of ours", clause, mcs.AnnotationSourceSlice, true},
		{"the managed-by label", clause, mcs.LabelManagedBy, true},
		{"a recommended label that is the user's", clause, "app.kubernetes.io/name", false},
		{"a key without a prefix", clause, "team", false},
		{"a key without a prefix that looks like one", clause, "multicluster.kubernetes.io", false},
		{"a domain that ends like ours", clause, "not" + mcs.Domain + "/x", false},
		{"a key of topology", clause, corev1.LabelTopologyZone, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if got := mcs.ReservedKey(tc.key); got != tc.want {
				t.Errorf("ReservedKey(%q) = %t", tc.key, got)
			}
		})
	}
}

func TestCheckNameLength(t *testing.T) {
	label := func(n int) string { return strings.Repeat("n", n) }
	key := func(namespace, name int) types.NamespacedName {
		return types.NamespacedName{Namespace: label(namespace), Name: label(name)}
	}
	const clause = "RFC 1035 section 2.3.4"
	// The longest name is <host>.<cluster>.<name>.<namespace>.svc.clusterset.local: 24 characters beside the four labels.
	tests := []struct {
		name, spec string
		cluster    string
		key        types.NamespacedName
		hosts      []string
		want       string
	}{
		{"a service without hosts fits at its longest", clause, label(63), key(63, 63), nil, ""},
		{"hosts that fit", clause, "east", web, []string{"web-0", "web-1"}, ""},
		{"253 characters fit", clause, label(63), key(63, 63), []string{label(40)}, ""},
		{
			"254 characters do not, whichever host it is", clause, label(63), key(63, 63), []string{"web-0", label(41), "web-1"},
			`DNS name "` + label(41) + "." + label(63) + "." + label(63) + "." + label(63) + `.svc.clusterset.local" has 254 characters: it may have 253`,
		},
		{"a hostname that is no label", clause, "east", web, []string{label(64)}, `hostname "` + label(64) + `" has 64 characters: it may have 63`},
		{"a name that is no label", clause, "east", key(4, 64), nil, `label "` + label(64) + `" of the service's DNS name has 64 characters: it may have 63`},
		{"a namespace that is no label", clause, "east", key(64, 4), nil, `label "` + label(64) + `" of the service's DNS name has 64 characters: it may have 63`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got := ""
			if err := mcs.CheckNameLength(mcs.ClusterID(tc.cluster), tc.key, tc.hosts...); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("error %q, want %q", got, tc.want)
			}
		})
	}
}
