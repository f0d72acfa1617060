package multicluster

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin/pkg/reuseport"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"k8s.io/client-go/rest"
)

func init() {
	i := slices.Index(dnsserver.Directives, "kubernetes")
	dnsserver.Directives = slices.Insert(slices.Clone(dnsserver.Directives), i, pluginName)
	dnsserver.Quiet = true
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every example in the README starts as a server and answers.
func TestReadmeExamplesStart(t *testing.T) {
	blocks := regexp.MustCompile("(?s)~~~ corefile\n(.*?)~~~").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) < 5 {
		t.Fatalf("found %d examples", len(blocks))
	}
	for i, block := range blocks {
		t.Run(fmt.Sprint("example ", i+1), func(t *testing.T) {
			s := newAPIServer(t)
			before := inCluster
			inCluster = func() (*rest.Config, error) { return s.config(), nil }
			defer func() { inCluster = before }()
			t.Chdir(t.TempDir())
			writeExampleFiles(t, s)
			// The examples leave out kubernetes' access, which is another plugin's to read.
			corefile := strings.ReplaceAll(block[1], "kubernetes cluster.local", "# kubernetes cluster.local")
			servers := startServer(t, corefile)
			want := dns.RcodeSuccess
			if strings.Contains(corefile, "endpoint https") {
				want = dns.RcodeServerFailure // Nobody listens there.
			}
			eventually(t, "clusterset.local", dns.RcodeToString[want], func() string {
				c := dns.Client{Net: "tcp", Timeout: patience}
				got, _, err := c.Exchange(new(dns.Msg).SetQuestion("clusterset.local.", dns.TypeSOA), servers)
				if err != nil {
					return err.Error()
				}
				return dns.RcodeToString[got.Rcode]
			})
		})
	}
}

// startServer starts CoreDNS with a Corefile on a free port and returns its address.
func startServer(t *testing.T, corefile string) string {
	t.Helper()
	address, instance := startInstance(t, corefile)
	t.Cleanup(func() {
		instance.ShutdownCallbacks()
		if err := instance.Stop(); err != nil {
			t.Error(err)
		}
	})
	return address
}

func startInstance(t *testing.T, corefile string) (string, *caddy.Instance) {
	t.Helper()
	l, err := reuseport.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, dnsserver.Port, _ = strings.Cut(address, ":")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	instance, err := caddy.Start(caddy.CaddyfileInput{Contents: []byte(corefile), Filepath: "Corefile", ServerTypeName: "dns"})
	if err != nil {
		t.Fatal(err)
	}
	return address, instance
}

func writeExampleFiles(t *testing.T, s *apiServer) {
	t.Helper()
	authority := httptest.NewTLSServer(nil)
	defer authority.Close()
	key, err := x509.MarshalPKCS8PrivateKey(authority.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw})
	for name, data := range map[string]string{
		"kubeconfig.yaml": "apiVersion: v1\nkind: Config\ncurrent-context: west\nclusters: [{name: c, cluster: {server: " + s.URL +
			"}}]\ncontexts: [{name: east, context: {cluster: c, user: u}}]\nusers: [{name: u}]\n",
		"client.crt": string(cert), "ca.crt": string(cert),
		"client.key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"legacy.db":  "clusterset.local. 5 IN SOA ns. mail. 1 2 3 4 5\nold.clusterset.local. 5 IN A 192.0.2.9\n",
	} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Sections are those of CoreDNS' plugins, in their order.
func TestReadmeSections(t *testing.T) {
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(readme(t), -1) {
		got = append(got, m[1])
	}
	want := []string{"Name", "Description", "Syntax", "Examples", "Metadata", "Metrics", "Ready", "Compilation", "Bugs", "See Also"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
}

// Every option is in the syntax and has a paragraph, and nothing else does.
func TestReadmeOptions(t *testing.T) {
	var want []string
	for name := range optionParsers {
		want = append(want, name)
	}
	_, text, _ := strings.Cut(readme(t), "## Syntax")
	text, _, _ = strings.Cut(text, "## Examples")
	_, syntax, _ := strings.Cut(text, "multicluster [ZONES...] {\n")
	syntax, _, _ = strings.Cut(syntax, "}\n")
	for what, pattern := range map[string]*regexp.Regexp{
		"syntax":     regexp.MustCompile(`(?m)^    ([a-z_]+)`),
		"paragraphs": regexp.MustCompile("(?m)^\\* `([a-z_]+)`( |$)"),
	} {
		from := text
		if what == "syntax" {
			from = syntax
		}
		var got []string
		for _, m := range pattern.FindAllStringSubmatch(from, -1) {
			got = append(got, m[1])
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Errorf("%s (-options +README):\n%s", what, diff)
		}
	}
}

// Every metric is in the README with its labels and nothing else is, and every
// metric is named as Prometheus asks.
func TestReadmeMetrics(t *testing.T) {
	s := newAPIServer(t)
	s.tell("serviceimports", "ADDED", importOf("v1beta1", headlessImport("test", "web")))
	s.tell("endpointslices", "ADDED", sliceOf(endpointSlice("test", "web", 1, 2)))
	m, w := startOn(t, s, "multicluster clusterset.local {\nsnapshot "+filepath.Join(t.TempDir(), "s")+"\n}")
	eventually(t, "web.test", "ANSWER", func() string { return verdictOf(t, m, "web.test") })
	w.keeper.savedAt.Store(savedTime.UnixNano())
	rejectedTotal.WithLabelValues(badAddress.String()).Add(0)
	programmingDuration.WithLabelValues("headless")
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "coredns_multicluster_") {
			continue
		}
		problems, err := promlint.NewWithMetricFamilies(append(families[:0:0], f)).Lint()
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v (%v)", f.GetName(), problems, err)
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		name := f.GetName()
		if len(labels) > 0 {
			name += " " + strings.Join(sorted(labels), " ")
		}
		want = append(want, name)
	}
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\* `(coredns_multicluster_[a-z_]+)(\\{([a-z_, ]+)\\})?`").FindAllStringSubmatch(readme(t), -1) {
		name := m[1]
		if m[3] != "" {
			name += " " + strings.Join(sorted(strings.Split(m[3], ", ")), " ")
		}
		got = append(got, name)
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("metrics (-code +README):\n%s", diff)
	}
	for r := range reasonCount {
		if !strings.Contains(readme(t), "`"+r.String()+"`") {
			t.Errorf("the README lacks the reason %q", r)
		}
	}
	for r := range resultCount {
		if !strings.Contains(readme(t), "`"+r.String()+"`") {
			t.Errorf("the README lacks the result %q", r)
		}
	}
}
