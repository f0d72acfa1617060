package hub_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/apiserver"
)

// crash kills the named processes of the server.
func (s *apiServer) crash(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := s.Crash(name); err != nil {
			t.Fatal(err)
		}
	}
}

// restart starts the named processes of the server again.
func (s *apiServer) restart(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := s.Restart(name); err != nil {
			t.Fatal(err)
		}
	}
}

// ready waits until the API server answers.
func (s *apiServer) ready(t *testing.T) {
	t.Helper()
	eventually(t, "the API server answers", func() error {
		return s.admin.Get(t.Context(), types.NamespacedName{Name: metav1.NamespaceSystem}, &corev1.Namespace{})
	})
}

// publishes keeps the records of shopWeb as they should be, as the exporter does, until the test ends.
func (m *member) publishes(t *testing.T) {
	t.Helper()
	work, stop, done := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	kick := func() {
		select {
		case work <- struct{}{}:
		default:
		}
	}
	m.Subscribe(func(types.NamespacedName) { kick() })
	m.SubscribeState(kick)
	kick()
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-work:
			}
			if err := m.Publish(t.Context(), web(shopWeb)); err != nil {
				select { // as a work queue backs off
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
				kick()
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-done
	})
}

func TestAnAPIServerThatCrashes(t *testing.T) {
	server := ownServer(t)
	set := newClusterset(t, server)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	b.reads(t, a, web(shopWeb))
	before, writes := set.versions(t, a), a.writes(t)

	server.crash(t, apiserver.API)
	holds(t, "both notice", func() bool { return !a.Connected() && !b.Connected() })
	server.restart(t, apiserver.API)
	holds(t, "both are back", func() bool { return a.Connected() && b.Connected() && a.Synced() && b.Synced() })
	eventually(t, "publishing again", func() error { return a.Publish(t.Context(), web(shopWeb)) })
	if after := set.versions(t, a); a.writes(t) != writes || len(after) != len(before) {
		t.Errorf("the restart caused %d writes", a.writes(t)-writes)
	}
	changed := web(shopWeb)
	changed.Ports[0].Port = 8000
	eventually(t, "publishing a change", func() error { return a.Publish(t.Context(), changed) })
	b.reads(t, a, changed)
}

// A hub that was restored from a backup is the same hub at an earlier time. What was published since is not there, which withdraws
// nothing; and watches that go on from a later time than the hub's must not wait for it to come.
func TestAHubThatWasRestoredFromABackup(t *testing.T) {
	server := ownServer(t)
	set := newClusterset(t, server)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	holds(t, "both hold their Leases", func() bool { return b.state(a) != 0 && a.state(b) != 0 })

	backup := filepath.Join(t.TempDir(), "backup")
	store, err := server.Store()
	if err != nil {
		t.Fatal(err)
	}
	server.crash(t, apiserver.API, apiserver.Etcd)
	if err := os.CopyFS(backup, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	server.restart(t, apiserver.Etcd, apiserver.API)
	server.ready(t)

	a.publishes(t)
	b.reads(t, a, web(shopWeb))
	a.marks(t)
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })
	var withdrawn watcher
	check := func() {
		if b.Synced() && b.Published(a.id) && len(b.Exports(shopWeb)) == 0 {
			withdrawn.set()
		}
	}
	b.Subscribe(func(types.NamespacedName) { check() })
	b.SubscribeState(check)

	a.road.block() // a is to come back later than b
	server.crash(t, apiserver.API, apiserver.Etcd)
	if err := os.RemoveAll(store); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(store, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	server.restart(t, apiserver.Etcd, apiserver.API)
	server.ready(t)

	holds(t, "b has read the restored hub", func() bool { return b.Synced() && len(b.Exports(shopWeb)) == 0 })
	if b.Published(a.id) {
		t.Error("a counts as published on a hub that has lost its records")
	}
	a.road.open()
	b.reads(t, a, web(shopWeb))
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })
	if withdrawn.seen() {
		t.Error("for a moment b took the loss of the records for a withdrawal")
	}
}
