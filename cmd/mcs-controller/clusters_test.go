package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/rights"
)

// The tests below run the program as it is shipped, as a process of its own, against real API servers, with the permissions of its
// manifests and no others. An API server alone runs no controllers: EndpointSlices are written by hand, and owners are not followed.

// programs is the directory of what the tests run.
var programs string

func TestMain(m *testing.M) {
	code, err := testMain(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func testMain(m *testing.M) (int, error) {
	ctrl.SetLogger(logr.Discard())
	flag.Parse()
	if testing.Short() {
		return m.Run(), nil
	}
	lab, err := filepath.Abs("../../bin/k8s")
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(lab); err != nil {
		return 0, fmt.Errorf("the lab's binary is missing, build it with make lab: %w", err)
	}
	if programs, err = os.MkdirTemp("", "mcs-controller-test-"); err != nil {
		return 0, err
	}
	defer func() {
		if err := os.RemoveAll(programs); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
		}
	}()
	for _, name := range []string{"kube-apiserver", "etcd", "kubectl"} {
		script := fmt.Sprintf("#!/bin/sh\nexec %q %s \"$@\"\n", lab, name)
		if err := os.WriteFile(filepath.Join(programs, name), []byte(script), 0o755); err != nil {
			return 0, err
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(programs, "mcs-controller"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building mcs-controller: %w\n%s", err, out)
	}
	return m.Run(), nil
}

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(s), mcsv1beta1.Install(s)); err != nil {
		panic(err)
	}
	return s
}()

// cluster is a real API server with an administrator's client.
type cluster struct {
	client.Client
	config *rest.Config
	dir    string
}

// startCluster starts an API server that ends with the test.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	return startWith(t, nil)
}

// startIPv6Cluster starts one that gives Services IPv6 addresses alone. It is still found at 127.0.0.1: what it advertises is in nobody's
// way.
func startIPv6Cluster(t *testing.T) *cluster {
	t.Helper()
	return startWith(t, map[string]string{
		"service-cluster-ip-range": "fd00:10:96::/108", "advertise-address": "fd00:10::1", "endpoint-reconciler-type": "none",
	})
}

// startWith starts an API server with arguments beside the usual ones.
func startWith(t *testing.T, arguments map[string]string) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("starts API servers, which -short asks not to")
	}
	env := &envtest.Environment{BinaryAssetsDirectory: programs, ControlPlaneStartTimeout: atMost, ControlPlaneStopTimeout: atMost}
	for name, value := range arguments {
		env.ControlPlane.GetAPIServer().Configure().Set(name, value)
	}
	config, err := env.Start()
	if err != nil {
		t.Fatalf("starting an API server: %v", err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	config.QPS = -1
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{Client: c, config: config, dir: t.TempDir()}
}

// apply applies manifests, trying again while a CRD that comes before is not served yet.
func (c *cluster) apply(t *testing.T, objects ...*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		eventually(t, "applying "+object.GetKind()+" "+object.GetName(), func(ctx context.Context) error {
			return manifests.Apply(ctx, c.Client, object)
		})
	}
}

// allowed waits until the API server allows a ServiceAccount something: it learns of new rights a moment after they were written.
func (c *cluster) allowed(t *testing.T, account types.NamespacedName, all ...authorizationv1.ResourceAttributes) {
	t.Helper()
	for _, what := range all {
		eventually(t, fmt.Sprintf("%s may %s %s", account, what.Verb, what.Resource), func(ctx context.Context) error {
			return rights.Allowed(ctx, c.Client, account, what)
		})
	}
}

// token returns a token of a ServiceAccount.
func (c *cluster) token(t *testing.T, namespace, name string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	if err := c.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatalf("asking for a token for %s/%s: %v", namespace, name, err)
	}
	return request.Status.Token
}

// kubeconfig writes a kubeconfig for a ServiceAccount and returns its path.
func (c *cluster) kubeconfig(t *testing.T, namespace, name string) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["it"] = &clientcmdapi.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData}
	config.AuthInfos["it"] = &clientcmdapi.AuthInfo{Token: c.token(t, namespace, name)}
	config.Contexts["it"] = &clientcmdapi.Context{Cluster: "it", AuthInfo: "it"}
	config.CurrentContext = "it"
	path := filepath.Join(c.dir, name+".kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// unreachableHub is where nobody listens.
func unreachableHub() *rest.Config { return &rest.Config{Host: "https://127.0.0.1:1"} }

// member is a cluster of a clusterset with our program in it.
type member struct {
	*cluster
	t      *testing.T // the test that the member ends with, at the latest
	id     string
	args   []string
	health string

	process *exec.Cmd
	log     *buffer
	ended   chan struct{}
}

// hub makes c the hub of a clusterset.
func (c *cluster) hub(t *testing.T) {
	t.Helper()
	objects, err := manifests.Hub(manifests.DefaultClustersetNamespace)
	if err != nil {
		t.Fatal(err)
	}
	c.apply(t, objects...)
}

// join registers c with the hub and installs what the program needs; it does not start it.
func (c *cluster) join(t *testing.T, hub *cluster, id string) *member {
	t.Helper()
	registration, err := manifests.Member(id, manifests.DefaultClustersetNamespace)
	if err != nil {
		t.Fatal(err)
	}
	hub.apply(t, registration.Objects...)
	hub.allowed(t, registration.ServiceAccount,
		authorizationv1.ResourceAttributes{Verb: "list", Group: hubv1alpha1.GroupVersion.Group, Resource: "exportedservices"},
		authorizationv1.ResourceAttributes{Verb: "create", Group: hubv1alpha1.GroupVersion.Group, Resource: "exportedservices", Namespace: registration.Namespace})
	objects, err := manifests.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	c.apply(t, objects...)
	c.allowed(t, types.NamespacedName{Namespace: manifests.ControllerNamespace, Name: manifests.ControllerServiceAccount},
		authorizationv1.ResourceAttributes{Verb: "list", Resource: "services"},
		authorizationv1.ResourceAttributes{Verb: "create", Group: "coordination.k8s.io", Resource: "leases", Namespace: manifests.ControllerNamespace})
	m := &member{cluster: c, t: t, id: id, health: freeAddress(t)}
	m.args = []string{
		"--cluster-id=" + id,
		"--kubeconfig=" + c.kubeconfig(t, manifests.ControllerNamespace, manifests.ControllerServiceAccount),
		"--hub-kubeconfig=" + hub.kubeconfig(t, registration.ServiceAccount.Namespace, registration.ServiceAccount.Name),
		"--clusterset-namespace=" + manifests.DefaultClustersetNamespace,
		"--leader-elect-namespace=" + manifests.ControllerNamespace,
		"--health-bind-address=" + m.health,
		"--metrics-bind-address=0",
		"--service-grace=1s",
	}
	return m
}

// start starts the program, which ends with the member's test at the latest.
func (m *member) start(t *testing.T) {
	t.Helper()
	m.log, m.ended = &buffer{}, make(chan struct{})
	m.process = exec.Command(filepath.Join(programs, "mcs-controller"), m.args...)
	m.process.Stdout, m.process.Stderr = m.log, m.log
	if err := m.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait() // Its state tells.
		close(ended)
	}(m.process, m.ended)
	log := m.log
	m.t.Cleanup(func() {
		m.stop(m.t)
		if m.t.Failed() {
			m.t.Logf("log of %s:\n%s", m.id, log)
		}
	})
}

// stop ends the program in order and waits for its end.
func (m *member) stop(t *testing.T) {
	t.Helper()
	select {
	case <-m.ended:
		return
	default:
	}
	if err := m.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	select {
	case <-m.ended:
	case <-time.After(atMost):
		t.Errorf("%s does not end after SIGTERM", m.id)
		_ = m.process.Process.Kill()
		<-m.ended
	}
}

// ready says whether the program says so, and what it waits for if not.
func (m *member) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.health+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%d: %s", response.StatusCode, body.String())
	}
	return nil
}

// atMost is how long something is waited for that takes seconds on a machine that does not compile at the same time.
const atMost = 2 * time.Minute

// eventually waits until holds returns no error, and fails with its last one when that takes too long.
func eventually(t *testing.T, what string, holds func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), atMost)
	defer cancel()
	var err error
	for {
		now := holds(ctx)
		if now == nil {
			return
		}
		if ctx.Err() == nil {
			err = now // What was wrong, not that the time is over.
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// buffer is a bytes.Buffer for one writer and readers in between.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
