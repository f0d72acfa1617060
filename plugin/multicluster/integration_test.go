package multicluster

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	mcsv1alpha1 "sigs.k8s.io/mcs-api/pkg/apis/v1alpha1"
	mcsclient "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned"
)

// linked is the plugin on a real API server, behind a link that can be cut.
type linked struct {
	*Multicluster
	run     *running
	link    *cutter
	expired atomic.Int32 // watches that the API server refused as too old
}

// startLinked starts the plugin for the user of that configuration, behind a link
// that leads to its API server. The name of the snapshot file may be empty.
func startLinked(t *testing.T, user *rest.Config, link *cutter, snapshotFile string) *linked {
	t.Helper()
	l := &linked{Multicluster: newTestHandler(t, quick), link: link}
	config := rest.CopyConfig(user)
	config.Host, config.ServerName = "https://"+l.link.address(), "127.0.0.1"
	o := &options{
		zones: []string{"clusterset.local."}, ttl: defaultTTL, startupTimeout: time.Millisecond,
		snapshotFile: snapshotFile, snapshotMaxAge: defaultMaxAge,
	}
	var err error
	if l.run, err = newRunning(l.Multicluster, o, config); err != nil {
		t.Fatal(err)
	}
	for _, s := range l.run.sources {
		s.client = &expiryCounter{s.client, &l.expired}
	}
	l.run.start(true)
	t.Cleanup(func() { stopped(t, l.run) })
	return l
}

// expiryCounter counts the watches that end because what they ask for is too old.
type expiryCounter struct {
	listWatcher
	expired *atomic.Int32
}

func (c *expiryCounter) watch(ctx context.Context, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	w, err := c.listWatcher.watch(ctx, namespace, o)
	if err != nil || isEmpty(w) {
		return w, err
	}
	events := make(chan watch.Event)
	counted := watch.NewProxyWatcher(events)
	go func() {
		defer close(events)
		defer w.Stop()
		for {
			select {
			case e, ok := <-w.ResultChan():
				if !ok {
					return
				}
				if e.Type == watch.Error && apierrors.IsResourceExpired(apierrors.FromObject(e.Object)) {
					c.expired.Add(1)
				}
				select {
				case events <- e:
				case <-counted.StopChan():
					return
				}
			case <-counted.StopChan():
				return
			}
		}
	}()
	return counted, nil
}

func (l *linked) verdict(t *testing.T, name string) string {
	t.Helper()
	return verdictOf(t, l.Multicluster, name+".default")
}

func (l *linked) eventually(t *testing.T, name, want string) {
	t.Helper()
	eventually(t, name, want, func() string { return l.verdict(t, name) })
}

// allTroubled reports whether every resource has that trouble.
func (l *linked) allTroubled(by trouble) bool {
	for _, s := range l.run.sources {
		s.health.mu.Lock()
		is := s.health.worst()
		s.health.mu.Unlock()
		if is != by {
			return false
		}
	}
	return true
}

func (l *linked) eventuallyReachable(t *testing.T, when, want string) {
	t.Helper()
	eventually(t, "reachable "+when, want, func() string { return reachableText(l.run) })
}

// keepAsking asks for a name until the returned function is called, and fails
// the test for every answer but the one that is right all the time.
func (l *linked) keepAsking(t *testing.T, name string) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for asked := 0; ; asked++ {
			select {
			case <-done:
				if asked == 0 {
					t.Errorf("%s was never asked for", name)
				}
				return
			case <-time.After(time.Millisecond):
			}
			if got := l.verdict(t, name); got != "ANSWER" || !l.Ready() {
				t.Errorf("%s: got %s and ready %v", name, got, l.Ready())
				return
			}
		}
	})
	return func() {
		close(done)
		asking.Wait()
	}
}

// Spec: clause 10 of the rules of this plugin: SERVFAIL and synced 0 without the
// rights or without the CRD, and no restart when they come: a CRD that serves the
// older version of the API is enough.
func TestRightsAndCRDsComeLate(t *testing.T) {
	s := startRealServer(t)
	user := s.user(t, "dns")
	l := startLinked(t, user, newCutter(t, user.Host), "")
	synced := func() string { return syncedText(l.run) }
	l.eventuallyReachable(t, "without rights", "false")
	if got := synced(); got != importsResource+" 0, "+slicesResource+" 0" || l.verdict(t, "web") != "SERVFAIL" || !l.Ready() {
		t.Errorf("without rights: %s, %s and ready %v", got, l.verdict(t, "web"), l.Ready())
	}
	s.grant(t)
	eventually(t, "synced without the CRD", importsResource+" 0, "+slicesResource+" 1", synced)
	if got := l.verdict(t, "web"); got != "SERVFAIL" {
		t.Errorf("without the CRD: %s", got)
	}
	s.installCRD(t, "v1alpha1")
	eventually(t, "synced with the CRD", importsResource+" 1, "+slicesResource+" 1", synced)
	l.eventually(t, "older", "NXDOMAIN")
	imports := mcsclient.NewForConfigOrDie(s.admin).MulticlusterV1alpha1().ServiceImports("default")
	_, err := imports.Create(t.Context(), olderImport("default", "older"), metav1.CreateOptions{})
	check(t, err)
	l.eventually(t, "older", "NODATA")

	s.installCRD(t, "v1alpha1", "v1beta1")
	s.create(t, "web")
	l.eventually(t, "web", "ANSWER")
	msg, _ := exchange(t, l.Multicluster, new(dns.Msg).SetQuestion("web.default.svc.clusterset.local.", dns.TypeSRV), true)
	if len(msg.Answer) != 3 || len(msg.Extra) != 3 {
		t.Errorf("got %v", msg)
	}
	slices := kubernetes.NewForConfigOrDie(s.admin).DiscoveryV1().EndpointSlices("default")
	check(t, slices.Delete(t.Context(), endpointSlice("default", "web", 1, 3).Name, metav1.DeleteOptions{}))
	l.eventually(t, "web", "NXDOMAIN")
}

// olderImport makes an import without an address in the older version of the API.
func olderImport(namespace, name string) *mcsv1alpha1.ServiceImport {
	return &mcsv1alpha1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       mcsv1alpha1.ServiceImportSpec{Type: mcsv1alpha1.ClusterSetIP, Ports: []mcsv1alpha1.ServicePort{{Name: "http", Port: 80}}},
	}
}

// Spec: clause 10 of the rules of this plugin: whatever happens to the API server
// after the first sync, the last state is served and ready stays true; what has
// changed meanwhile is there as soon as it can be read again.
func TestServesThroughTheTroubleOfAnAPIServer(t *testing.T) {
	s := startRealServer(t)
	s.grant(t)
	s.installCRD(t, "v1alpha1", "v1beta1")
	s.create(t, "web")
	user := s.user(t, "dns")
	file := filepath.Join(t.TempDir(), "snapshot")
	l := startLinked(t, user, newCutter(t, user.Host), file)
	l.eventually(t, "web", "ANSWER")
	stop := l.keepAsking(t, "web")

	t.Run("the network is cut and comes back", func(t *testing.T) {
		l.link.cut()
		l.eventuallyReachable(t, "with the network cut", "false")
		s.create(t, "while-cut")
		if got := l.verdict(t, "while-cut"); got != "NXDOMAIN" {
			t.Errorf("%s for a service nobody told of", got)
		}
		l.link.mend()
		l.eventually(t, "while-cut", "ANSWER")
		l.eventuallyReachable(t, "again", "true")
	})
	t.Run("the rights are taken away and given back", func(t *testing.T) {
		s.revoke(t)
		l.link.cut() // a watch that has begun outlives the right to it
		l.link.mend()
		eventually(t, "why it cannot be read", "not allowed", func() string {
			return map[bool]string{true: "not allowed"}[l.allTroubled(notAllowed)]
		})
		s.create(t, "without-rights")
		if got := l.verdict(t, "without-rights"); got != "NXDOMAIN" {
			t.Errorf("%s for a service that may not be read", got)
		}
		s.grant(t)
		l.eventually(t, "without-rights", "ANSWER")
		l.eventuallyReachable(t, "again", "true")
	})
	t.Run("the API server is killed and comes back", func(t *testing.T) {
		s.kill(t)
		l.eventuallyReachable(t, "without an API server", "false")
		s.restart(t)
		s.create(t, "after-the-crash")
		l.eventually(t, "after-the-crash", "ANSWER")
		l.eventuallyReachable(t, "again", "true")
	})
	t.Run("the API server has forgotten where the watches were", func(t *testing.T) {
		// A client whose attempts to go on watching all met a dead server lists instead: it is led into it until it does not.
		for before, times := l.expired.Load(), 1; l.expired.Load() == before; times++ {
			if times > 5 {
				t.Fatal("no watch was too old: this has tested nothing")
			}
			name := fmt.Sprintf("before-crash-%d", times)
			l.link.cut()
			s.create(t, name)
			s.kill(t)
			s.restart(t) // it remembers nothing of before
			l.link.mend()
			l.eventually(t, name, "ANSWER")
		}
	})
	stop()
	stopped(t, l.run)

	t.Run("the API server is away at the start", func(t *testing.T) {
		s.kill(t)
		cold, warm := startLinked(t, user, l.link, ""), startLinked(t, user, l.link, file)
		if got := cold.verdict(t, "web"); got != "SERVFAIL" || !cold.Ready() {
			t.Errorf("without a snapshot: %s and ready %v", got, cold.Ready())
		}
		if got := warm.verdict(t, "web"); got != "ANSWER" || !warm.Ready() || !warm.current.Load().stale() {
			t.Fatalf("with a snapshot: %s and ready %v", got, warm.Ready())
		}
		s.restart(t)
		cold.eventually(t, "web", "ANSWER")
		eventually(t, "the snapshot is replaced", "false", func() string {
			return map[bool]string{false: "false"}[warm.current.Load().stale()]
		})
		if got := warm.verdict(t, "web"); got != "ANSWER" {
			t.Errorf("with a snapshot, after the start of the API server: %s", got)
		}
	})
}
