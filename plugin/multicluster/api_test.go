package multicluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// apiServer is as much of an API server as a reflector sees: lists and watches in
// JSON, errors, and being away. It serves the objects it is given; the tests on a
// real one are elsewhere.
type apiServer struct {
	*httptest.Server

	mu      sync.Mutex
	version string // of ServiceImports; empty: their CRD is missing
	denied  map[string]bool
	objects map[string][]any // by resource
	serial  int
	events  []event
	more    *sync.Cond // events or the state of the server have changed
	away    bool
	queries []string
}

type event struct {
	Type   string `json:"type"`
	Object any    `json:"object"`

	resource string
	serial   int
}

func newAPIServer(t *testing.T) *apiServer {
	s := &apiServer{
		version: "v1beta1", denied: make(map[string]bool), objects: make(map[string][]any), serial: 100,
	}
	s.more = sync.NewCond(&s.mu)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.leave)
	return s
}

func (s *apiServer) config() *rest.Config { return &rest.Config{Host: s.URL, QPS: -1} }

// set changes something and ends all watches, so that reflectors look again.
func (s *apiServer) set(change func()) {
	s.mu.Lock()
	change()
	s.mu.Unlock()
	s.CloseClientConnections()
}

// tell adds an object and sends the event to those who watch its resource.
func (s *apiServer) tell(resource, kind string, object any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	object.(metav1.Object).SetResourceVersion(fmt.Sprint(s.serial))
	s.objects[resource] = append(s.objects[resource], object)
	s.events = append(s.events, event{kind, object, resource, s.serial})
	s.more.Broadcast()
}

// leave takes the server away for good.
func (s *apiServer) leave() {
	s.mu.Lock()
	s.away = true
	s.mu.Unlock()
	s.more.Broadcast()
	s.CloseClientConnections()
	s.Close()
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) < 4 {
		http.NotFound(w, r)
		return
	}
	version, resource := parts[2], parts[len(parts)-1]
	namespace := ""
	if len(parts) == 6 {
		namespace = parts[4]
	}
	s.mu.Lock()
	s.queries = append(s.queries, r.URL.String())
	served := resource == "endpointslices" || version == s.version
	denied := s.denied[resource]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	group := schema.GroupResource{Group: parts[1], Resource: resource}
	switch {
	case !served:
		s.fail(w, apierrors.NewNotFound(group, ""))
	case denied:
		s.fail(w, apierrors.NewForbidden(group, "", fmt.Errorf("User %q cannot list resource %q", "dns", resource)))
	case r.URL.Query().Get("sendInitialEvents") == "true":
		s.fail(w, apierrors.NewInvalid(schema.GroupKind{}, "", nil)) // as a server without streaming lists
	case r.URL.Query().Get("watch") != "":
		s.watch(w, r, resource)
	default:
		s.list(w, parts[1]+"/"+version, resource, namespace)
	}
}

func (s *apiServer) fail(w http.ResponseWriter, err *apierrors.StatusError) {
	w.WriteHeader(int(err.ErrStatus.Code))
	_ = json.NewEncoder(w).Encode(err.ErrStatus)
}

func (s *apiServer) list(w http.ResponseWriter, group, resource, namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := []any{}
	for _, o := range s.objects[resource] {
		if namespace == "" || o.(metav1.Object).GetNamespace() == namespace {
			items = append(items, o)
		}
	}
	kind := map[string]string{"serviceimports": "ServiceImportList", "endpointslices": "EndpointSliceList"}[resource]
	_ = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": group, "kind": kind, "metadata": map[string]any{"resourceVersion": fmt.Sprint(s.serial)}, "items": items,
	})
}

// watch sends the events of a resource after the version that is asked for, and
// ends with the connection or the server.
func (s *apiServer) watch(w http.ResponseWriter, r *http.Request, resource string) {
	after, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	defer context.AfterFunc(r.Context(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.more.Broadcast()
	})()
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	for next := 0; r.Context().Err() == nil && !s.away; {
		if next == len(s.events) {
			s.more.Wait()
			continue
		}
		if e := s.events[next]; e.resource == resource && e.serial > after {
			_ = json.NewEncoder(w).Encode(e)
			w.(http.Flusher).Flush()
		}
		next++
	}
}

func (s *apiServer) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.queries, "\n")
}

func importOf(version string, o *mcsv1beta1.ServiceImport) *mcsv1beta1.ServiceImport {
	o.TypeMeta = metav1.TypeMeta{APIVersion: "multicluster.x-k8s.io/" + version, Kind: "ServiceImport"}
	return o
}

func sliceOf(o *discoveryv1.EndpointSlice) *discoveryv1.EndpointSlice {
	o.TypeMeta = metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}
	return o
}

// startOn runs the plugin of a Corefile against s until the test ends.
func startOn(t *testing.T, s *apiServer, corefile string) (*Multicluster, *running) {
	t.Helper()
	m := newTestHandler(t, corefile)
	w := newTestRunning(t, s, m, corefile)
	w.start(true)
	t.Cleanup(func() { stopped(t, w) })
	return m, w
}

func stopped(t *testing.T, w *running) {
	t.Helper()
	w.stop()
	w.ended.Wait()
}

// patience is how long something is waited for that takes a moment on a machine
// that has nothing else to do.
const patience = 2 * time.Minute

// eventually waits until ask returns want, and fails with what it returned last.
func eventually(t *testing.T, what, want string, ask func() string) {
	t.Helper()
	deadline := time.After(patience)
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for {
		got := ask()
		if got == want {
			return
		}
		select {
		case <-pace.C:
		case <-deadline:
			t.Fatalf("%s: got %s, want %s", what, got, want)
		}
	}
}

// verdictOf asks m for A of a name below the zone.
func verdictOf(t *testing.T, m *Multicluster, name string) string {
	t.Helper()
	msg, rcode := exchange(t, m, new(dns.Msg).SetQuestion(name+".svc.clusterset.local.", dns.TypeA), true)
	if msg == nil {
		return dns.RcodeToString[rcode]
	}
	return verdictText(m, msg)
}
