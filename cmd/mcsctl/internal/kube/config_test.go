package kube

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: east
clusters:
- name: east
  cluster: {server: "https://127.0.0.1:1"}
contexts:
- name: east
  context:
    cluster: east
    user: admin
    namespace: shop
    extensions:
    - name: multicluster-dns.github.io/dns
      extension: {server: "127.0.0.1:5301"}
    - name: another.example.org
      extension: {server: 7}
- name: west
  context: {cluster: east, user: admin}
- name: broken
  context: {cluster: nowhere, user: admin}
- name: hostile
  context:
    cluster: east
    user: admin
    extensions:
    - name: multicluster-dns.github.io/dns
      extension: {server: [7]}
users:
- name: admin
  user: {token: x}
`

func load(t *testing.T, content string) (*Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return (&Flags{Kubeconfig: file}).Load()
}

func TestClusterOfAContext(t *testing.T) {
	config, err := load(t, kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"broken", "east", "hostile", "west"}, config.Contexts()); diff != "" {
		t.Errorf("contexts differ (-want +got):\n%s", diff)
	}
	for _, tc := range []struct {
		name, context   string
		chosen, ns, dns string
		problem         string
	}{
		{name: "no name is the current context", context: "", chosen: "east", ns: "shop", dns: "127.0.0.1:5301"},
		{name: "a context without an extension says nothing of DNS", context: "west", chosen: "west", ns: "default"},
		{name: "a context that is not there names those that are", context: "north", problem: `there is no context "north": choose from "broken", "east", "hostile", "west"`},
		{name: "a context without its cluster is an error that names it", context: "broken", problem: `context "broken"`},
		{name: "an extension that is none is an error that names it", context: "hostile", problem: DNSExtension},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cluster, err := config.Cluster(tc.context)
			if tc.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tc.problem) {
					t.Fatalf("Cluster(%q) gives the error %v, want one with %q", tc.context, err, tc.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tc.chosen, tc.ns, tc.dns}, []string{cluster.Context, cluster.Namespace, cluster.DNS}); diff != "" {
				t.Errorf("context, namespace, DNS server differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	for _, tc := range []struct{ name, content, problem string }{
		{"a kubeconfig without contexts says what to set", "apiVersion: v1\nkind: Config\n", "set --kubeconfig or $KUBECONFIG"},
		{"a file that is no kubeconfig is an error", "{", "reading the kubeconfig"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := load(t, tc.content); err == nil || !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("Load gives the error %v, want one with %q", err, tc.problem)
			}
		})
	}
	none := filepath.Join(t.TempDir(), "none")
	if _, err := (&Flags{Kubeconfig: none}).Load(); err == nil {
		t.Error("Load gives no error for a file that is not there")
	}
	t.Setenv("KUBECONFIG", none)
	if _, err := (&Flags{}).Load(); err == nil || !strings.Contains(err.Error(), "there is no kubeconfig "+none) {
		t.Errorf("Load gives the error %v for a file of $KUBECONFIG that is not there", err)
	}
}
