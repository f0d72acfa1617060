package hub_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/internal/apiserver"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// apiServer is a real API server to use as a hub.
type apiServer struct {
	*apiserver.Server
	admin client.Client
}

var adminScheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(apiextensionsv1.AddToScheme(s))
	utilruntime.Must(hubv1alpha1.AddToScheme(s))
	utilruntime.Must(membership.AddToScheme(s))
	return s
}()

// startServer starts an API server, without any of our objects.
func startServer() (*apiServer, error) {
	server, err := apiserver.Start()
	if err != nil {
		return nil, err
	}
	admin, err := client.New(server.Config, client.Options{Scheme: adminScheme})
	return &apiServer{Server: server, admin: admin}, err
}

// ownServer starts an API server for one test.
func ownServer(t *testing.T) *apiServer {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// apply creates objects, waiting for the CRDs that come before.
func (s *apiServer) apply(t *testing.T, objects ...*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		eventually(t, "applying "+object.GetKind()+" "+object.GetName(), func() error {
			return manifests.Apply(t.Context(), s.admin, object)
		})
	}
}

// clusterset is a registry of its own on a server.
type clusterset struct {
	server    *apiServer
	namespace string
}

// newClusterset makes the server the hub of a clusterset.
func newClusterset(t *testing.T, server *apiServer) *clusterset {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	c := &clusterset{server: server, namespace: fmt.Sprintf("cs-%.40s-%d", name, serial.Add(1))}
	objects, err := manifests.Hub(c.namespace)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if object.GetKind() == "ClusterRoleBinding" { // each clusterset of this server has its own
			object.SetName(object.GetName() + "-" + c.namespace)
		}
	}
	server.apply(t, objects...)
	return c
}

var serial atomic.Int64

// id returns a cluster id that is used in this clusterset only: hub namespaces are the server's.
func (c *clusterset) id(short string) mcs.ClusterID {
	return mcs.ClusterID(short + "." + c.namespace[strings.LastIndex(c.namespace, "-")+1:])
}

// register registers a member, and waits until the hub grants what the manifests give it.
func (c *clusterset) register(t *testing.T, short string) manifests.Registration {
	t.Helper()
	r, err := newRegistration(c, short)
	if err != nil {
		t.Fatal(err)
	}
	c.server.apply(t, r.Objects...)
	c.server.granted(t, c.namespace, r)
	return r
}

func newRegistration(c *clusterset, short string) (manifests.Registration, error) {
	return manifests.Member(string(c.id(short)), c.namespace)
}

// client returns a client with a member's own rights.
func (c *clusterset) client(t *testing.T, r manifests.Registration) client.Client {
	t.Helper()
	config := rest.AnonymousClientConfig(c.server.Config)
	config.BearerToken = c.server.token(t, r)
	member, err := client.New(config, client.Options{Mapper: c.server.admin.RESTMapper(), Scheme: c.server.admin.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return member
}

// token returns a token of a member's ServiceAccount.
func (s *apiServer) token(t *testing.T, r manifests.Registration) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: r.ServiceAccount.Namespace, Name: r.ServiceAccount.Name}}
	request := &authenticationv1.TokenRequest{}
	if err := s.admin.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatalf("requesting a token: %v", err)
	}
	return request.Status.Token
}

// road is the way from one member to the hub, which can be cut.
type road struct {
	server  *httptest.Server
	backend atomic.Pointer[httputil.ReverseProxy]
	cut     atomic.Bool
	deaf    atomic.Bool // for watches alone
}

func newRoad(t *testing.T, to *apiServer) *road {
	t.Helper()
	r := &road{}
	r.lead(t, to)
	r.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.cut.Load() || r.deaf.Load() && request.URL.Query().Get("watch") != "" {
			panic(http.ErrAbortHandler)
		}
		r.backend.Load().ServeHTTP(w, request)
	}))
	r.server.EnableHTTP2 = true
	r.server.Config.ErrorLog = log.New(io.Discard, "", 0) // cut roads are meant
	r.server.StartTLS()
	t.Cleanup(func() {
		r.server.CloseClientConnections()
		r.server.Close()
	})
	return r
}

// lead makes the road lead to a server.
func (r *road) lead(t *testing.T, to *apiServer) {
	t.Helper()
	target, err := url.Parse(to.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(to.Config))
	if err != nil {
		t.Fatal(err)
	}
	r.backend.Store(&httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
}

// block cuts the road, and every connection on it.
func (r *road) block() {
	r.cut.Store(true)
	r.server.CloseClientConnections()
}

func (r *road) open() { r.cut.Store(false) }

// member is one cluster's hub under test.
type member struct {
	*hub.Hub
	id           mcs.ClusterID
	registration manifests.Registration
	road         *road
	kubeconfig   string
	metrics      *prometheus.Registry
	stop         func() // ends Run and waits for it
}

// options change what a member is started with.
type options struct {
	uid      string
	road     *road
	remember []mcs.ClusterID
	config   func(*hub.Config)
}

// start registers nothing; it runs the hub of a registered member until the test ends or stop is called.
func (c *clusterset) start(t *testing.T, r manifests.Registration, o options) *member {
	t.Helper()
	m := &member{id: mcs.ClusterID(r.ServiceAccount.Name), registration: r, road: o.road, metrics: prometheus.NewRegistry()}
	if m.road == nil {
		m.road = newRoad(t, c.server)
	}
	m.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	m.writeKubeconfig(t, c.server.token(t, r))
	config := hub.Config{
		Kubeconfig:          m.kubeconfig,
		ClustersetNamespace: c.namespace,
		Self:                m.id,
		UID:                 "uid-of-" + string(m.id),
		RenewInterval:       200 * time.Millisecond,
		Log:                 testLog(t),
		Registerer:          m.metrics,
	}
	if o.uid != "" {
		config.UID = o.uid
	}
	if o.config != nil {
		o.config(&config)
	}
	var err error
	if m.Hub, err = hub.New(config); err != nil {
		t.Fatal(err)
	}
	m.Remember(o.remember...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stopped := false
	m.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running the hub of %q: %v", m.id, err)
		}
	}
	t.Cleanup(m.stop)
	return m
}

// writeKubeconfig gives the member a token.
func (m *member) writeKubeconfig(t *testing.T, token string) {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["hub"] = &clientcmdapi.Cluster{
		Server:                   m.road.server.URL,
		CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.road.server.Certificate().Raw}),
	}
	config.AuthInfos["member"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["hub"] = &clientcmdapi.Context{Cluster: "hub", AuthInfo: "member"}
	config.CurrentContext = "hub"
	if err := clientcmd.WriteToFile(*config, m.kubeconfig); err != nil {
		t.Fatal(err)
	}
}

func testLog(t *testing.T) logr.Logger {
	return funcr.New(func(prefix, args string) {
		if testing.Verbose() {
			fmt.Fprintln(os.Stderr, t.Name(), prefix, args)
		}
	}, funcr.Options{Verbosity: 1, LogTimestamp: true})
}

// patience is for how long something is waited for that takes a moment on a machine that has nothing else to do.
const patience = 2 * time.Minute

// eventually polls until condition returns nil, and fails with its last error.
func eventually(t *testing.T, what string, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting, %s: %v", what, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// holds waits until a condition is true.
func holds(t *testing.T, what string, condition func() bool) {
	t.Helper()
	eventually(t, what, func() error {
		if condition() {
			return nil
		}
		return errors.New("not so yet")
	})
}
