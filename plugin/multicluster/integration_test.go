package multicluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/miekg/dns"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/mcs-api/config/crd"
	mcsclient "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned"
)

// TestAgainstAnAPIServer takes the plugin through a life beside a real API
// server: no rights, no CRD, both, changes, a cut network and its end.
func TestAgainstAnAPIServer(t *testing.T) {
	env, admin := startAPIServer(t)
	ctx := t.Context()
	user, err := env.AddUser(envtest.User{Name: "dns"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	link := newCutter(t, admin.Host)
	config := rest.CopyConfig(user.Config())
	config.Host, config.TLSClientConfig.ServerName = "https://"+link.address(), "127.0.0.1"
	m := newTestHandler(t, quick)
	o := &options{zones: []string{"clusterset.local."}, ttl: defaultTTL, startupTimeout: 1}
	w, err := newRunning(m, o, config)
	if err != nil {
		t.Fatal(err)
	}
	w.start(true)
	defer stopped(t, w)

	synced := func() string { return syncedText(w) }
	eventually(t, "reachable without rights", "false", func() string { return reachableText(w) })
	if got := syncedText(w); got != importsResource+" 0, "+slicesResource+" 0" || verdictOf(t, m, "web.test") != "SERVFAIL" {
		t.Errorf("without rights: %s and %s", got, verdictOf(t, m, "web.test"))
	}
	grant(t, kubernetes.NewForConfigOrDie(admin))
	eventually(t, "synced without the CRD", importsResource+" 0, "+slicesResource+" 1", synced)
	if got := verdictOf(t, m, "web.test"); got != "SERVFAIL" {
		t.Errorf("without the CRD: %s", got)
	}
	installCRD(t, admin)
	eventually(t, "synced with the CRD", importsResource+" 1, "+slicesResource+" 1", synced)
	eventually(t, "web.test before its import", "NXDOMAIN", func() string { return verdictOf(t, m, "web.test") })

	mcs, core := mcsclient.NewForConfigOrDie(admin), kubernetes.NewForConfigOrDie(admin)
	create := func(namespace, name string) {
		t.Helper()
		imp := headlessImport(namespace, name)
		if _, err := mcs.MulticlusterV1beta1().ServiceImports(namespace).Create(ctx, imp, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		slice := endpointSlice(namespace, name, 1, 3)
		if _, err := core.DiscoveryV1().EndpointSlices(namespace).Create(ctx, slice, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	create("default", "web")
	eventually(t, "web.default", "ANSWER", func() string { return verdictOf(t, m, "web.default") })
	if err := core.DiscoveryV1().EndpointSlices("default").Delete(ctx, endpointSlice("default", "web", 1, 3).Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "web.default without endpoints", "NXDOMAIN", func() string { return verdictOf(t, m, "web.default") })

	create("default", "before")
	eventually(t, "before.default", "ANSWER", func() string { return verdictOf(t, m, "before.default") })
	link.cut()
	eventually(t, "reachable with the network cut", "false", func() string { return reachableText(w) })
	create("default", "meanwhile")
	if got := verdictOf(t, m, "before.default"); got != "ANSWER" || !m.Ready() {
		t.Errorf("with the network cut: %s and ready %v", got, m.Ready())
	}
	if got := verdictOf(t, m, "meanwhile.default"); got != "NXDOMAIN" {
		t.Errorf("with the network cut: %s for a service nobody told of", got)
	}
	link.mend()
	eventually(t, "meanwhile.default", "ANSWER", func() string { return verdictOf(t, m, "meanwhile.default") })
	msg, _ := exchange(t, m, new(dns.Msg).SetQuestion("meanwhile.default.svc.clusterset.local.", dns.TypeSRV), true)
	if len(msg.Answer) != 3 || len(msg.Extra) != 3 {
		t.Errorf("got %v", msg)
	}
}

// startAPIServer starts etcd and kube-apiserver until the test ends.
func startAPIServer(t *testing.T) (*envtest.Environment, *rest.Config) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts an API server; left out under -short")
	}
	env := &envtest.Environment{BinaryAssetsDirectory: kubernetesBinaries(t)}
	admin, err := env.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	return env, admin
}

// kubernetesBinaries returns a directory with etcd and kube-apiserver: the one
// envtest is told of, or one that leads to the lab's single binary.
func kubernetesBinaries(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" {
		return dir
	}
	binary, err := filepath.Abs(filepath.Join("..", "..", "bin", "k8s"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Skipf("needs an API server: build test/lab/k8s into bin, or set KUBEBUILDER_ASSETS (%v)", err)
	}
	dir := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		script := fmt.Sprintf("#!/bin/sh\nexec %q %s \"$@\"\n", binary, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// grant gives the user dns exactly the rights the README asks for.
func grant(t *testing.T, core kubernetes.Interface) {
	t.Helper()
	verbs := []string{"list", "watch"}
	if _, err := core.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "dns"},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"multicluster.x-k8s.io"}, Resources: []string{"serviceimports"}, Verbs: verbs},
			{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, Verbs: verbs},
		},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := core.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "dns"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "dns"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "dns"}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func installCRD(t *testing.T, admin *rest.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "crd.yaml")
	if err := os.WriteFile(file, crd.ServiceImportCRD, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := envtest.InstallCRDs(admin, envtest.CRDInstallOptions{Paths: []string{file}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// cutter is a way to a server that can be cut and mended. Its address stays.
type cutter struct {
	to string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	all      sync.WaitGroup
}

func newCutter(t *testing.T, host string) *cutter {
	t.Helper()
	u, err := url.Parse(host)
	if err != nil {
		t.Fatal(err)
	}
	if u.Host == "" {
		u.Host = host
	}
	c := &cutter{to: u.Host, open: make(map[net.Conn]bool)}
	if c.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	c.all.Go(func() { c.accept(c.listener) })
	t.Cleanup(func() {
		c.cut()
		c.all.Wait()
	})
	return c
}

func (c *cutter) address() string { return c.listener.Addr().String() }

func (c *cutter) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", c.to)
		if err != nil {
			near.Close()
			continue
		}
		c.mu.Lock()
		c.open[near], c.open[far] = true, true
		c.mu.Unlock()
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			c.all.Go(func() {
				_, _ = io.Copy(way[0], way[1]) // ends when either side does
				near.Close()
				far.Close()
			})
		}
	}
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listener.Close()
	for conn := range c.open {
		conn.Close()
	}
	clear(c.open)
}

func (c *cutter) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, err := net.Listen("tcp", c.listener.Addr().String())
	if err != nil {
		panic(err) // the port was ours a moment ago
	}
	c.listener = l
	c.all.Go(func() { c.accept(l) })
}
