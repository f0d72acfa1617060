package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(settling{m}) }

// settling runs the tests, and gives the goroutines of connections the time to notice that the API server has ended, on a machine that
// has little of it.
type settling struct{ *testing.M }

func (s settling) Run() int {
	code := s.M.Run()
	for end := time.Now().Add(2 * time.Minute); code == 0 && goleak.Find() != nil && time.Now().Before(end); {
		continue // Find waits half a second itself.
	}
	return code
}

// world is what the exporters of other clusters, and of this one, say.
type world struct {
	others    []mcs.Export
	own       *mcs.Export
	ownErr    error
	unsynced  bool
	departed  bool
	outside   bool // this cluster is not registered
	published map[mcs.ClusterID]bool
	stale     []mcs.ClusterID
	forgotten []mcs.ClusterID
	keys      []types.NamespacedName
}

func (w *world) Export(context.Context, types.NamespacedName) (*mcs.Export, error) {
	return w.own, w.ownErr
}
func (w *world) Exports(types.NamespacedName) []mcs.Export { return w.others }
func (w *world) Keys() []types.NamespacedName              { return w.keys }
func (w *world) Synced() bool                              { return !w.unsynced }
func (w *world) Published(id mcs.ClusterID) bool           { return w.published[id] }
func (w *world) Stale() []mcs.ClusterID                    { return w.stale }
func (w *world) Forgotten() []mcs.ClusterID                { return w.forgotten }
func (w *world) Departed() bool                            { return w.departed }
func (w *world) Unregistered() bool                        { return w.outside }
func (w *world) Subscribe(func(types.NamespacedName))      {}
func (w *world) SubscribeState(func())                     {}

// bench is a Reconciler on objects in memory. An API server in memory gives no IPs: bench does.
type bench struct {
	*Reconciler
	world  *world
	client client.WithWatch
	clock  *clocktesting.FakePassiveClock
	events *events.FakeRecorder
	mu     sync.Mutex // slices are written concurrently
	writes []string
	broken func(verb string, o runtime.Object) error
}

func newBench(t *testing.T, objects ...client.Object) *bench {
	t.Helper()
	scheme := runtime.NewScheme()
	err := errors.Join(corev1.AddToScheme(scheme), discoveryv1.AddToScheme(scheme), networkingv1.AddToScheme(scheme), mcsv1beta1.Install(scheme))
	if err != nil {
		t.Fatal(err)
	}
	objects = append(objects,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}},
		&networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes"}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: []string{"10.96.0.0/16"}}})
	b := &bench{world: &world{}, clock: clocktesting.NewFakePassiveClock(time.Unix(1000, 0)), events: events.NewFakeRecorder(100)}
	b.broken = func(string, runtime.Object) error { return nil }
	b.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&mcsv1beta1.ServiceImport{}).
		WithIndex(&discoveryv1.EndpointSlice{}, SliceIndex, IndexSlice).
		WithIndex(&discoveryv1.EndpointSlice{}, StrayIndex, IndexStray).
		WithInterceptorFuncs(b.funcs()).Build()
	b.Reconciler = &Reconciler{Client: b.client, Self: "a", Denied: map[string]bool{"kube-system": true}, Own: b.world, Hub: b.world,
		Grace: 10 * time.Second, Clock: b.clock, Events: b.events}
	return b
}

func (b *bench) funcs() interceptor.Funcs {
	wrote := func(op string, o runtime.Object, err error) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if err == nil {
			b.writes = append(b.writes, fmt.Sprintf("%s %T", op, o))
		}
		return err
	}
	return interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			return errors.Join(b.broken("get", o), c.Get(ctx, key, o, opts...))
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			return errors.Join(b.broken("list", list), c.List(ctx, list, opts...))
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if err := b.broken("create", o); err != nil {
				return err
			}
			if s, ok := o.(*corev1.Service); ok && s.Spec.ClusterIP == "" {
				s.Spec.ClusterIP, s.Spec.ClusterIPs = "10.96.0.7", []string{"10.96.0.7"}
			}
			return wrote("create", o, c.Create(ctx, o, opts...))
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			return wrote("update", o, c.Update(ctx, o, opts...))
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return wrote("delete", o, c.Delete(ctx, o, opts...))
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			return wrote(sub, o, c.SubResource(sub).Patch(ctx, o, p, opts...))
		},
	}
}

// turn reconciles once and returns the writes.
func (b *bench) turn(t *testing.T) []string {
	t.Helper()
	b.writes = nil
	if _, err := b.Reconcile(t.Context(), ctrl.Request{NamespacedName: web}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(b.writes)
	return b.writes
}

var (
	allCreated = []string{"create *v1.EndpointSlice", "create *v1.Service", "create *v1beta1.ServiceImport", "status *v1beta1.ServiceImport"}
	allDeleted = []string{"delete *v1.EndpointSlice", "delete *v1.Service", "delete *v1beta1.ServiceImport"}
)

func wantWrites(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: writes (-want +got):\n%s", what, diff)
	}
}

func TestTurnWritesOnlyWhatDiffers(t *testing.T) {
	b := newBench(t)
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
	wantWrites(t, "scenario 1: an export appears", allCreated, b.turn(t))
	wantWrites(t, "scenario 46: nothing changes", nil, b.turn(t))
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1", "10.2.0.2")}
	wantWrites(t, "decision 5: a pod appears", []string{"update *v1.EndpointSlice"}, b.turn(t))
	own := export("a", 2, "10.1.0.1")
	b.world.own = &own
	wantWrites(t, "scenario 48: a second cluster exports", []string{"create *v1.EndpointSlice", "status *v1beta1.ServiceImport"}, b.turn(t))
	b.world.others = nil
	b.world.published = map[mcs.ClusterID]bool{"b": true}
	wantWrites(t, "scenario 48: the first withdraws", []string{"delete *v1.EndpointSlice", "status *v1beta1.ServiceImport"}, b.turn(t))
	b.world.own = nil
	wantWrites(t, "scenario 3: the last withdraws", allDeleted, b.turn(t))
	wantWrites(t, "nothing is left", nil, b.turn(t))
}

func TestReadThatFailsDeletesNothing(t *testing.T) {
	broken := errors.New("no route")
	tests := []struct {
		name  string
		verb  string
		reads runtime.Object
	}{
		{name: "the namespace", verb: "get", reads: &corev1.Namespace{}},
		{name: "the address families", verb: "list", reads: &networkingv1.ServiceCIDRList{}},
		{name: "the ServiceImport", verb: "get", reads: &mcsv1beta1.ServiceImport{}},
		{name: "the derived Service", verb: "get", reads: &corev1.Service{}},
		{name: "the imported slices", verb: "list", reads: &discoveryv1.EndpointSliceList{}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
			b.turn(t)
			b.writes, b.world.others, b.world.published = nil, nil, map[mcs.ClusterID]bool{"b": true}
			b.broken = func(verb string, o runtime.Object) error {
				if verb == tc.verb && fmt.Sprintf("%T", o) == fmt.Sprintf("%T", tc.reads) {
					return broken
				}
				return nil
			}
			if _, err := b.Reconcile(t.Context(), ctrl.Request{NamespacedName: web}); !errors.Is(err, broken) {
				t.Errorf("decision 6: got %v, want %v", err, broken)
			}
			wantWrites(t, "decision 6: a read failed", nil, b.writes)
		})
	}
	t.Run("this cluster's own export", func(t *testing.T) {
		b := newBench(t)
		own := export("a", 1, "10.1.0.1")
		b.world.own = &own
		b.turn(t)
		b.writes, b.world.own, b.world.ownErr = nil, nil, broken
		if _, err := b.Reconcile(t.Context(), ctrl.Request{NamespacedName: web}); !errors.Is(err, broken) {
			t.Errorf("decision 6: got %v, want %v", err, broken)
		}
		wantWrites(t, "decision 6: a read failed", nil, b.writes)
	})
	t.Run("address families that are not there are not known", func(t *testing.T) {
		b := newBench(t)
		b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
		b.turn(t)
		b.writes = nil
		if err := b.client.Delete(t.Context(), &networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes"}}); err != nil {
			t.Fatal(err)
		}
		b.writes = nil
		if _, err := b.Reconcile(t.Context(), ctrl.Request{NamespacedName: web}); !errors.Is(err, errNoFamily) {
			t.Errorf("decision 6: got %v, want %v", err, errNoFamily)
		}
		wantWrites(t, "decision 6: no family is known", nil, b.writes)
	})
}

func TestAbsenceNeedsProof(t *testing.T) {
	b := newBench(t)
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
	b.turn(t)
	b.world.others = nil
	wantWrites(t, "a member that has not published yet says nothing by its silence", nil, b.turn(t))
	b.world.unsynced = true
	wantWrites(t, "a hub that is not read says nothing", nil, b.turn(t))
	b.world.unsynced, b.world.published = false, map[mcs.ClusterID]bool{"b": true}
	wantWrites(t, "its word that all is published makes it a withdrawal", allDeleted, b.turn(t))
}

func TestDepartedClusterKeepsNoImports(t *testing.T) {
	b := newBench(t)
	own := export("a", 1, "10.1.0.1")
	b.world.own = &own
	b.turn(t)
	b.world.departed = true
	wantWrites(t, "scenario 49", allDeleted, b.turn(t))
}

func TestClusterThatIsNoMemberImportsNothingNew(t *testing.T) {
	b := newBench(t)
	own := export("a", 1, "10.1.0.1")
	b.world.own, b.world.unsynced, b.world.outside = &own, true, true
	wantWrites(t, "scenario 49: its controller restarts after it left", nil, b.turn(t))
	b.world.outside = false
	if writes := b.turn(t); len(writes) == 0 {
		t.Error("decision 5: registered, and the hub not read yet: its own export is not imported")
	}
	own = export("a", 1, "10.1.0.2")
	b.world.outside = true
	wantWrites(t, "decision 6: what it has stays and follows its pods", []string{"update *v1.EndpointSlice"}, b.turn(t))
}

func TestServiceThatIsReplacedInTimeKeepsItsImport(t *testing.T) {
	b := newBench(t)
	own := export("a", 1, "10.1.0.1")
	b.world.own = &own
	b.turn(t)
	b.world.own = gone("a")
	wantWrites(t, "scenario 4: the Service is missing", []string{"delete *v1.EndpointSlice", "status *v1beta1.ServiceImport"}, b.turn(t))
	b.clock.SetTime(time.Unix(1009, 0))
	wantWrites(t, "scenario 4: it is missing for nine seconds", nil, b.turn(t))
	b.world.own = &own
	wantWrites(t, "scenario 4: it is back", []string{"create *v1.EndpointSlice", "status *v1beta1.ServiceImport"}, b.turn(t))
	b.world.own = gone("a")
	b.turn(t)
	b.clock.SetTime(time.Unix(1020, 0))
	wantWrites(t, "scenario 3: it stays away", []string{"delete *v1.Service", "delete *v1beta1.ServiceImport"}, b.turn(t))
}

func TestServiceThatStaysAwayWhileTheHubIsAwayTakesItsImportAlong(t *testing.T) {
	b := newBench(t)
	own := export("a", 1, "10.1.0.1")
	b.world.own, b.world.unsynced = &own, true
	b.turn(t)
	b.world.own = gone("a")
	wantWrites(t, "scenario 4: the Service is missing", []string{"delete *v1.EndpointSlice"}, b.turn(t))
	b.clock.SetTime(time.Unix(1011, 0))
	wantWrites(t, "scenario 13: it stays away", []string{"delete *v1.Service", "delete *v1beta1.ServiceImport"}, b.turn(t))
}
