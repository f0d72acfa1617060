package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"k8s.io/apimachinery/pkg/util/wait"
)

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "coredns-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "coredns")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func built(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The example for a cluster runs as it stands, but for the ports, the API server
// and the directory of the snapshot.
func TestCorefileExampleRuns(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "Corefile.example"))
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(emptyCluster))
	defer api.Close()
	defer api.CloseClientConnections()
	dir, port := t.TempDir(), freePort(t)
	corefile := string(text)
	for _, edit := range [][2]string{
		{".:53 {", ".:" + port + " {"},
		{"health {", "health 127.0.0.1:0 {"},
		{"    ready\n", "    ready 127.0.0.1:0\n"},
		{"prometheus :9153", "prometheus 127.0.0.1:0"},
		{"multicluster clusterset.local {", "multicluster clusterset.local {\nendpoint " + api.URL},
		{"kubernetes cluster.local in-addr.arpa ip6.arpa {", "kubernetes cluster.local in-addr.arpa ip6.arpa {\nendpoint " + api.URL},
		{"/var/lib/coredns/", dir + "/"},
	} {
		if strings.Count(corefile, edit[0]) != 1 {
			t.Fatalf("%q is not in the example once", edit[0])
		}
		corefile = strings.Replace(corefile, edit[0], edit[1], 1)
	}
	path := filepath.Join(dir, "Corefile")
	if err := os.WriteFile(path, []byte(corefile), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	server := exec.Command(built(t), "-conf", path)
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	}
	got := askUntilAnswered(t.Context(), port, "dns-version.clusterset.local.", dns.TypeTXT)
	cluster := askUntilAnswered(t.Context(), port, "dns-version.cluster.local.", dns.TypeTXT)
	stop()
	if got == nil || len(got.Answer) != 1 || !strings.Contains(got.Answer[0].String(), `"1.0.0"`) {
		t.Errorf("dns-version.clusterset.local: %v\n%s", got, log.String())
	}
	if cluster == nil || len(cluster.Answer) != 1 {
		t.Errorf("dns-version.cluster.local: %v\n%s", cluster, log.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "multicluster.snapshot")); err != nil {
		t.Errorf("the server leaves no snapshot: %v", err)
	}
}

// askUntilAnswered asks until the server has started and has an answer, or does
// not have one for too long.
func askUntilAnswered(ctx context.Context, port, name string, qtype uint16) *dns.Msg {
	var last *dns.Msg
	// That it never answered is what the caller finds in last.
	_ = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		c := dns.Client{Net: "tcp", Timeout: 30 * time.Second}
		msg, _, err := c.ExchangeContext(ctx, new(dns.Msg).SetQuestion(name, qtype), net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			last = msg
		}
		return last != nil && len(last.Answer) > 0, nil
	})
	return last
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// emptyCluster is an API server that knows every resource and has no objects.
func emptyCluster(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Query().Get("sendInitialEvents") == "true":
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422}`)
	case r.URL.Query().Get("watch") != "":
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	default:
		kind := map[string]string{
			"serviceimports": "ServiceImportList", "endpointslices": "EndpointSliceList", "services": "ServiceList", "namespaces": "NamespaceList",
		}[parts[len(parts)-1]]
		if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList") {
			kind = "PartialObjectMetadataList"
		}
		group := strings.Join(parts[1:len(parts)-1], "/")
		if kind == "PartialObjectMetadataList" {
			group = "meta.k8s.io/v1"
		}
		fmt.Fprintf(w, `{"kind":%q,"apiVersion":%q,"metadata":{"resourceVersion":"1"},"items":[]}`, kind, group)
	}
}
