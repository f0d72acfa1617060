package multicluster

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/client-go/rest"
)

func newTestRunning(t *testing.T, s *apiServer, m *Multicluster, corefile string) *running {
	t.Helper()
	o, err := parse(caddy.NewTestController("dns", corefile))
	if err != nil {
		t.Fatal(err)
	}
	w, err := newRunning(m, o, s.config())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const quick = "multicluster clusterset.local {\nstartup_timeout 1ms\n}"

// Spec: local: both versions of the API are read, the newer where it is served.
func TestSyncsFromEveryVersion(t *testing.T) {
	for _, version := range []string{"v1beta1", "v1alpha1"} {
		t.Run(version, func(t *testing.T) {
			s := newAPIServer(t)
			s.version = version
			s.tell("serviceimports", "ADDED", importOf(version, headlessImport("test", "web")))
			s.tell("endpointslices", "ADDED", sliceOf(endpointSlice("test", "web", 1, 2)))
			m, w := startOn(t, s, "multicluster clusterset.local")
			if !m.Ready() {
				t.Error("not ready after the start")
			}
			eventually(t, "web.test", "ANSWER", func() string { return verdictOf(t, m, "web.test") })
			s.tell("serviceimports", "ADDED", importOf(version, headlessImport("test", "more")))
			s.tell("endpointslices", "ADDED", sliceOf(endpointSlice("test", "more", 1, 2)))
			eventually(t, "more.test", "ANSWER", func() string { return verdictOf(t, m, "more.test") })
			s.tell("serviceimports", "DELETED", importOf(version, headlessImport("test", "web")))
			eventually(t, "web.test", "NXDOMAIN", func() string { return verdictOf(t, m, "web.test") })
			if w.feed.lastEvent.Load() == 0 {
				t.Error("no event has a time")
			}
			if !strings.Contains(s.asked(), "labelSelector=multicluster.kubernetes.io%2Fservice-name") {
				t.Errorf("slices are asked for without the label:\n%s", s.asked())
			}
		})
	}
}

// Spec: local: while the CRD is missing or RBAC forbids reading, every name is
// SERVFAIL, the metric tells which resource it is, and readiness does not wait
// longer than the startup timeout; when it is repaired, no restart is needed.
func TestTroubleAtTheStart(t *testing.T) {
	for _, tc := range []struct {
		name   string
		breaks func(*apiServer)
		mends  func(*apiServer)
		synced string // by resource, while it is broken
	}{
		{
			"the CRD is installed late", func(s *apiServer) { s.version = "" }, func(s *apiServer) { s.version = "v1beta1" },
			importsResource + " 0, " + slicesResource + " 1",
		},
		{
			"the CRD of the old version is installed late", func(s *apiServer) { s.version = "" }, func(s *apiServer) { s.version = "v1alpha1" },
			importsResource + " 0, " + slicesResource + " 1",
		},
		{
			"reading imports is not allowed", func(s *apiServer) { s.denied["serviceimports"] = true }, func(s *apiServer) { clear(s.denied) },
			importsResource + " 0, " + slicesResource + " 1",
		},
		{
			"reading slices is not allowed", func(s *apiServer) { s.denied["endpointslices"] = true }, func(s *apiServer) { clear(s.denied) },
			importsResource + " 1, " + slicesResource + " 0",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newAPIServer(t)
			tc.breaks(s)
			m, w := startOn(t, s, quick)
			if !m.Ready() {
				t.Error("not ready after the startup timeout")
			}
			eventually(t, "synced", tc.synced, func() string { return syncedText(w) })
			if got := verdictOf(t, m, "web.test"); got != "SERVFAIL" {
				t.Errorf("got %s, want SERVFAIL", got)
			}
			eventually(t, "reachable", "false", func() string { return reachableText(w) })
			s.set(func() { tc.mends(s) })
			eventually(t, "web.test", "NXDOMAIN", func() string { return verdictOf(t, m, "web.test") })
			eventually(t, "reachable", "true", func() string { return reachableText(w) })
		})
	}
}

func reachableText(w *running) string { return strconv.FormatBool(w.reachable()) }

func syncedText(w *running) string {
	digit := map[bool]string{true: "1", false: "0"}
	told := w.feed.told()
	return importsResource + " " + digit[told[importsResource]] + ", " + slicesResource + " " + digit[told[slicesResource]]
}

// Spec: local: an API server that goes away takes no name with it.
func TestServesWhileTheAPIServerIsAway(t *testing.T) {
	s := newAPIServer(t)
	s.tell("serviceimports", "ADDED", importOf("v1beta1", headlessImport("test", "web")))
	s.tell("endpointslices", "ADDED", sliceOf(endpointSlice("test", "web", 1, 2)))
	file := filepath.Join(t.TempDir(), "snapshot")
	corefile := "multicluster clusterset.local {\nstartup_timeout 1ms\nsnapshot " + file + "\n}"
	m, w := startOn(t, s, corefile)
	eventually(t, "web.test", "ANSWER", func() string { return verdictOf(t, m, "web.test") })
	s.leave()
	eventually(t, "reachable", "false", func() string { return reachableText(w) })
	if got := verdictOf(t, m, "web.test"); got != "ANSWER" || !m.Ready() {
		t.Errorf("got %s and ready %v with the API server away", got, m.Ready())
	}
	stopped(t, w)

	// A new process starts from the file, at once, and says so in the metrics.
	before := testutil.ToFloat64(answersTotal.WithLabelValues("A", "stale"))
	again, _ := startOn(t, s, corefile)
	if !again.Ready() {
		t.Error("not ready with a snapshot")
	}
	if got := verdictOf(t, again, "web.test"); got != "ANSWER" {
		t.Errorf("got %s from the snapshot, want ANSWER", got)
	}
	if got := verdictOf(t, again, "nosuch.test"); got != "NXDOMAIN" {
		t.Errorf("got %s from the snapshot, want NXDOMAIN", got)
	}
	if got := testutil.ToFloat64(answersTotal.WithLabelValues("A", "stale")) - before; got != 2 {
		t.Errorf("%v answers counted as stale, want 2", got)
	}
	if again.current.Load().serial <= m.current.Load().serial {
		t.Error("the serial does not rise over a restart")
	}
}

// Spec: local: an API server is away as well when what stands before it accepts
// connections and closes them, although the client library then reports a watch.
func TestAClosedConnectionIsNoWatch(t *testing.T) {
	s := newAPIServer(t)
	s.tell("serviceimports", "ADDED", importOf("v1beta1", headlessImport("test", "web")))
	s.tell("endpointslices", "ADDED", sliceOf(endpointSlice("test", "web", 1, 2)))
	link := newCutter(t, s.URL)
	m := newTestHandler(t, quick)
	w, err := newRunning(m, &options{startupTimeout: time.Millisecond}, &rest.Config{Host: "http://" + link.address()})
	if err != nil {
		t.Fatal(err)
	}
	w.start(true)
	defer stopped(t, w)
	eventually(t, "web.test", "ANSWER", func() string { return verdictOf(t, m, "web.test") })
	eventually(t, "reachable", "true", func() string { return reachableText(w) })
	s.leave() // the link still accepts
	eventually(t, "reachable", "false", func() string { return reachableText(w) })
}

// Spec: local: the option namespaces reads those namespaces and no others, so
// that rights in them are enough.
func TestReadsOnlyTheNamespacesItServes(t *testing.T) {
	s := newAPIServer(t)
	for _, ns := range []string{"a", "b", "c"} {
		s.tell("serviceimports", "ADDED", importOf("v1beta1", headlessImport(ns, "web")))
		s.tell("endpointslices", "ADDED", sliceOf(endpointSlice(ns, "web", 1, 1)))
	}
	m, _ := startOn(t, s, "multicluster clusterset.local {\nnamespaces a c\n}")
	for ns, want := range map[string]string{"a": "ANSWER", "b": "NXDOMAIN", "c": "ANSWER"} {
		eventually(t, "web."+ns, want, func() string { return verdictOf(t, m, "web."+ns) })
	}
	for _, path := range strings.Fields(s.asked()) {
		if !strings.Contains(path, "/namespaces/a/") && !strings.Contains(path, "/namespaces/c/") {
			t.Errorf("asked for %s", path)
		}
	}
}

// Spec: local: the option noendpoints reads no slices at all.
func TestReadsNoSlicesWithNoEndpoints(t *testing.T) {
	s := newAPIServer(t)
	s.tell("serviceimports", "ADDED", importOf("v1beta1", headlessImport("test", "web")))
	m, w := startOn(t, s, "multicluster clusterset.local {\nnoendpoints\n}")
	eventually(t, "web.test", "NXDOMAIN", func() string { return verdictOf(t, m, "web.test") })
	if strings.Contains(s.asked(), "endpointslices") {
		t.Errorf("asked for slices:\n%s", s.asked())
	}
	if _, ok := w.feed.told()[slicesResource]; ok {
		t.Error("slices count as a resource to sync")
	}
}
