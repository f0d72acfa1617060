package multicluster

import (
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin/pkg/fall"
	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	with := func(change func(*options)) *options {
		o := &options{
			zones: []string{"clusterset.local."}, ttl: 5,
			startupTimeout: 5 * time.Second, snapshotMaxAge: 24 * time.Hour,
		}
		change(o)
		return o
	}
	for _, tc := range []struct {
		name     string
		corefile string
		want     *options
	}{
		{"a zone is all it takes", "multicluster clusterset.local", with(func(*options) {})},
		{"without a zone it is that of the server block", "multicluster", with(func(o *options) { o.zones = []string{"example.org."} })},
		{
			"the longest zone comes first", "multicluster a.b ClusterSet.Local x.clusterset.local",
			with(func(o *options) { o.zones = []string{"x.clusterset.local.", "clusterset.local.", "a.b."} }),
		},
		{
			"a reverse zone may be a network", "multicluster clusterset.local 10.42.0.0/16",
			with(func(o *options) { o.zones = []string{"42.10.in-addr.arpa.", "clusterset.local."} }),
		},
		{"a kubeconfig", block("kubeconfig /k"), with(func(o *options) { o.access = access{kubeconfig: "/k"} })},
		{"a kubeconfig and a context", block("kubeconfig /k east"), with(func(o *options) { o.access = access{kubeconfig: "/k", context: "east"} })},
		{
			"an endpoint with its certificates", block("endpoint https://a:6443", "tls c k ca"),
			with(func(o *options) { o.access = access{endpoint: "https://a:6443", cert: "c", key: "k", ca: "ca"} }),
		},
		{"namespaces, each once", block("namespaces b a b"), with(func(o *options) { o.namespaces = []string{"a", "b"} })},
		{"no TTL", block("ttl 0"), with(func(o *options) { o.ttl = 0 })},
		{"the longest TTL", block("ttl 3600"), with(func(o *options) { o.ttl = 3600 })},
		{"no endpoints", block("noendpoints"), with(func(o *options) { o.noEndpoints = true })},
		{"fallthrough for all", block("fallthrough"), with(func(o *options) { o.fall = fall.Root })},
		{"fallthrough for one zone", block("fallthrough a.b"), with(func(o *options) { o.fall = fall.F{Zones: []string{"a.b."}} })},
		{"a startup timeout", block("startup_timeout 1m"), with(func(o *options) { o.startupTimeout = time.Minute })},
		{"a snapshot file", block("snapshot /s"), with(func(o *options) { o.snapshotFile = "/s" })},
		{"a snapshot file and its age", block("snapshot /s 1h"), with(func(o *options) { o.snapshotFile, o.snapshotMaxAge = "/s", time.Hour })},
		{"a limit of endpoints", block("max_endpoints 100"), with(func(o *options) { o.maxEndpoints = 100 })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := caddy.NewTestController("dns", tc.corefile)
			c.ServerBlockKeys = []string{"example.org:53"}
			got, err := parse(c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(options{}, access{})); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func block(lines ...string) string {
	return "multicluster clusterset.local {\n" + strings.Join(lines, "\n") + "\n}"
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct {
		name     string
		corefile string
		want     string
	}{
		{"an option nobody knows", block("ttl 5", "cheese"), `Testfile:3 - Error during parsing: unknown option "cheese"`},
		{"an option given twice", block("ttl 5", "ttl 5"), `Testfile:3 - Error during parsing: option "ttl" given twice`},
		{"the plugin given twice", "multicluster a\nmulticluster b", "this plugin can only be used once per Server Block"},
		{"a zone given twice", "multicluster a.b A.B", `Testfile:1 - Error during parsing: zone "a.b." given twice`},
		{"a zone that is none", "multicluster a..b", `Testfile:1 - Error during parsing: zone "a..b" is no domain name`},
		{"a TTL too long", block("ttl 3601"), `ttl "3601" is no number of seconds in 0..3600`},
		{"a TTL below zero", block("ttl -1"), `ttl "-1" is no number of seconds in 0..3600`},
		{"a TTL that is no number", block("ttl 5s"), `ttl "5s" is no number of seconds in 0..3600`},
		{"a TTL without a value", block("ttl"), `Wrong argument count or unexpected line ending after 'ttl'`},
		{"a TTL with two values", block("ttl 5 6"), `Wrong argument count or unexpected line ending after '6'`},
		{"a kubeconfig without a file", block("kubeconfig"), "Wrong argument count"},
		{"a kubeconfig with too much", block("kubeconfig a b c"), "Wrong argument count"},
		{"an endpoint without a URL", block("endpoint"), "Wrong argument count"},
		{"two endpoints", block("endpoint a b"), "Wrong argument count"},
		{"tls with two files", block("endpoint https://a", "tls c k"), "Wrong argument count"},
		{"tls without an endpoint", block("tls c k ca"), "Testfile:3 - Error during parsing: tls needs endpoint"},
		{"two ways to the API server", block("endpoint https://a", "kubeconfig /k"), "kubeconfig and endpoint cannot both be given"},
		{"no namespaces", block("namespaces"), "Wrong argument count"},
		{"a namespace that is none", block("namespaces a.b"), `namespace "a.b" is no DNS label in lower case`},
		{"noendpoints with a value", block("noendpoints true"), "Wrong argument count"},
		{"noendpoints and a limit of them", block("noendpoints", "max_endpoints 5"), "max_endpoints and noendpoints cannot both be given"},
		{"a startup timeout without a unit", block("startup_timeout 5"), `startup_timeout "5" is no duration such as 5s`},
		{"a startup timeout below zero", block("startup_timeout -5s"), `startup_timeout "-5s" is no duration such as 5s`},
		{"a startup timeout without a value", block("startup_timeout"), "Wrong argument count"},
		{"a snapshot without a file", block("snapshot"), "Wrong argument count"},
		{"a snapshot that is never too young", block("snapshot /s 0s"), `snapshot age "0s" is no duration above zero such as 24h`},
		{"a limit of no endpoints", block("max_endpoints 0"), `max_endpoints "0" is no number in 1..65535`},
		{"a limit that is no number", block("max_endpoints many"), `max_endpoints "many" is no number in 1..65535`},
		{"a limit without a value", block("max_endpoints"), "Wrong argument count"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parse(caddy.NewTestController("dns", tc.corefile))
			if err == nil {
				t.Fatal("got no error")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %q, want %q in it", err, tc.want)
			}
		})
	}
}
