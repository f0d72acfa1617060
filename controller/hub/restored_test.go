package hub

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// scripted is a hub with one resource of each name, in the hands of a test: it can be restored to an older state while a watch of one
// resource lives on, and be slow to answer.
type scripted struct {
	client.WithWatch // nil: nothing else is asked
	resource         string

	mu      sync.Mutex
	version int
	objects []string
	watches []*watch.RaceFreeFakeWatcher
	slow    chan struct{} // lists that are not probes wait for it to be closed; nil does not hold them up
	lists   int           // that have begun and are not probes
}

// List answers with what there was when it began.
func (s *scripted) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(options)
	s.mu.Lock()
	found, version, slow := s.objects, s.version, s.slow
	if probe := asked.Limit == 1; probe {
		slow = nil
	} else {
		s.lists++
	}
	s.mu.Unlock()
	if slow != nil {
		<-slow // An answer that was sent before its asker hung up may still be read.
	}
	items := list.(*corev1.ConfigMapList)
	items.ResourceVersion = strconv.Itoa(version)
	for _, name := range found {
		items.Items = append(items.Items, corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "home", Name: name}})
	}
	return nil
}

// Watch returns a watch that ends when the test ends it, or who asked for it hangs up.
func (s *scripted) Watch(ctx context.Context, _ client.ObjectList, _ ...client.ListOption) (watch.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := watch.NewRaceFreeFake()
	context.AfterFunc(ctx, w.Stop)
	s.watches = append(s.watches, w)
	return w, nil
}

// restored is what becomes of the hub, whose watches go on.
func (s *scripted) restored(version int, objects ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version, s.objects = version, objects
}

func (s *scripted) begun() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists
}

func (s *scripted) watch(n int) *watch.RaceFreeFakeWatcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n >= len(s.watches) {
		return nil
	}
	return s.watches[n]
}

// names are the objects that a follower has told of.
type names struct {
	mu    sync.Mutex
	there map[string]bool
}

func (n *names) put(o client.Object) { n.mu.Lock(); defer n.mu.Unlock(); n.there[o.GetName()] = true }
func (n *names) remove(key types.NamespacedName) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.there, key.Name)
}
func (n *names) keep(stays map[types.NamespacedName]struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name := range n.there {
		if _, found := stays[types.NamespacedName{Namespace: "home", Name: name}]; !found {
			delete(n.there, name)
		}
	}
}

func (n *names) now() map[string]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	there := map[string]bool{}
	for name := range n.there {
		there[name] = true
	}
	return there
}

// pair are two followers of one hub, as records and Leases are followed.
type pair struct {
	provenance   *provenance
	first, other *scripted
	seen, beside *names
	rewound      int // how often the hub was found to be older; the followers write it one after the other
	mu           sync.Mutex
}

// follow runs the followers until the test ends.
func (p *pair) follow(t *testing.T) {
	t.Helper()
	p.provenance = newProvenance(p.first.resource, p.other.resource)
	p.seen, p.beside = &names{there: map[string]bool{}}, &names{there: map[string]bool{}}
	contact := &contact{log: logr.Discard(), now: time.Now, notify: func() {}}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, one := range []struct {
		hub  *scripted
		sink sink
	}{{p.first, p.seen}, {p.other, p.beside}} {
		f := &follower{
			resource: one.hub.resource, list: func() client.ObjectList { return &corev1.ConfigMapList{} }, sink: one.sink,
			origin:     func(context.Context, client.Client) (origin, error) { return origin{hub: "uid"}, nil },
			connection: &connection{contact: contact, client: one.hub, replace: make(chan struct{})},
			provenance: p.provenance, taken: func() {}, listed: func(string) {},
			rewound: func() { p.mu.Lock(); defer p.mu.Unlock(); p.rewound++ },
			clock:   clock.RealClock{}, log: logr.Discard(),
		}
		running.Go(func() { f.run(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

func (p *pair) whole() bool { _, whole := p.provenance.current(); return whole }

// becomes waits until a condition is true.
func becomes(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("waiting, %s: not so", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// Decision 6: what is absent proves something only on the hub as it is now. A watch may outlive the restoration of its hub, through a
// proxy that holds the connection, or because versions have caught up: what its resource said before must not be put beside what
// another resource says afterwards.
func TestAWatchThatOutlivesTheRestorationOfItsHub(t *testing.T) {
	p := &pair{
		first: &scripted{resource: "records", version: 100, objects: []string{"kept", "lost"}},
		other: &scripted{resource: "leases", version: 100, objects: []string{"lease", "late"}},
	}
	p.follow(t)
	becomes(t, "both are watched", func() bool { return p.first.watch(0) != nil && p.other.watch(0) != nil })
	if !p.whole() {
		t.Fatal("both are read, and it does not count")
	}

	p.other.mu.Lock()
	p.other.slow = make(chan struct{})
	p.other.mu.Unlock()
	p.first.restored(40, "kept")
	p.other.restored(40, "lease")
	p.first.watch(0).Stop() // The other's lives on.

	becomes(t, "what was read again is known", func() bool { return cmp.Equal(p.seen.now(), map[string]bool{"kept": true}) })
	becomes(t, "the other resource is read again as well", func() bool { return p.other.begun() == 2 })
	if p.whole() {
		t.Error("what was read before the restoration counts beside what was read after it")
	}
	p.other.watch(0).Modify(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "home", Name: "ghost"}})
	close(p.other.slow)
	becomes(t, "everything is read anew", p.whole)
	if diff := cmp.Diff(map[string]bool{"lease": true}, p.beside.now()); diff != "" {
		t.Errorf("what is known of the other resource (-want +got):\n%s", diff)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rewound != 1 {
		t.Errorf("the restoration was found %d times, want once", p.rewound)
	}
}

// A list that was under way while another resource found the hub restored is of before, or may be: it does not count.
func TestAListThatWasUnderWayWhenItsHubWasRestored(t *testing.T) {
	p := &pair{
		first: &scripted{resource: "records", version: 100, objects: []string{"lost"}},
		other: &scripted{resource: "leases", version: 100, objects: []string{"late"}, slow: make(chan struct{})},
	}
	p.follow(t)
	becomes(t, "one is watched and the other being read", func() bool { return p.first.watch(0) != nil && p.other.begun() == 1 })
	p.first.restored(40)
	p.other.mu.Lock()
	before, after := p.other.slow, make(chan struct{})
	p.other.slow = after
	p.other.mu.Unlock()
	p.other.restored(40, "lease")
	p.first.watch(0).Stop()
	becomes(t, "one is read again", func() bool { return p.first.begun() == 2 && p.first.watch(1) != nil })

	close(before) // The answer of before arrives.
	becomes(t, "the other is read again", func() bool { return p.other.begun() == 2 })
	if p.whole() {
		t.Error("a list of before the restoration counts")
	}
	close(after)
	becomes(t, "everything is read anew", p.whole)
	if diff := cmp.Diff(map[string]bool{"lease": true}, p.beside.now()); diff != "" {
		t.Errorf("what is known of the other resource (-want +got):\n%s", diff)
	}
}

func TestALifeOfTheHubEndsForAllResourcesAtOnce(t *testing.T) {
	p := newProvenance("records", "leases")
	life, ended := p.age()
	for _, resource := range p.resources {
		if !p.listed(resource, "uid", life) {
			t.Fatalf("a list of %s does not count", resource)
		}
	}
	if _, whole := p.current(); !whole {
		t.Fatal("all are listed, and it is not whole")
	}
	if !p.rewound(life) || p.rewound(life) {
		t.Error("the end of a life is to be found once")
	}
	select {
	case <-ended:
	default:
		t.Error("nobody is told")
	}
	next, _ := p.age()
	p.listed("records", "uid", next)
	if _, whole := p.current(); whole || p.listed("leases", "uid", life) || p.has("leases") {
		t.Error("a list of the life before counts")
	}
}
