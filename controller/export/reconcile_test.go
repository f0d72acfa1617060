package export

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func contextDeadline() error { return context.DeadlineExceeded }

// board is a hub in memory.
type board struct {
	mu       sync.Mutex
	records  map[types.NamespacedName]mcs.Export
	others   []mcs.Export
	err      error
	missing  []mcs.ClusterID
	unsynced bool
	marked   chan struct{}
	state    []func()
}

func (b *board) Publish(_ context.Context, e mcs.Export) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.records[e.Key] = e
	}
	return b.err
}

func (b *board) Withdraw(_ context.Context, key types.NamespacedName) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		delete(b.records, key)
	}
	return b.err
}

func (b *board) MarkPublished(context.Context) error {
	close(b.marked)
	return nil
}

func (b *board) Owned() []types.NamespacedName {
	b.mu.Lock()
	defer b.mu.Unlock()
	var keys []types.NamespacedName
	for key := range b.records {
		keys = append(keys, key)
	}
	return keys
}

func (b *board) Recorded(key types.NamespacedName) (time.Time, time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, found := b.records[key]
	return e.Claimed, recorded, found
}
func (b *board) Missing(string) []mcs.ClusterID { return b.missing }

func (b *board) Exports(types.NamespacedName) []mcs.Export { return b.others }
func (b *board) Synced() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.unsynced
}
func (b *board) Connected() bool                      { return b.err == nil }
func (b *board) Departed() bool                       { return false }
func (b *board) Subscribe(func(types.NamespacedName)) {}
func (b *board) SubscribeState(notify func())         { b.state = append(b.state, notify) }

// change changes the board and tells who subscribed.
func (b *board) change(f func()) {
	b.mu.Lock()
	f()
	b.mu.Unlock()
	for _, notify := range b.state {
		notify()
	}
}

func newReconciler(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) (*Reconciler, *board, *events.FakeRecorder) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), discoveryv1.AddToScheme(scheme), mcsv1beta1.Install(scheme)); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&mcsv1beta1.ServiceExport{}).
		WithIndex(&discoveryv1.EndpointSlice{}, SliceIndex, IndexSlice).WithInterceptorFuncs(funcs).Build()
	hub := &board{records: map[types.NamespacedName]mcs.Export{}, marked: make(chan struct{})}
	recorder := events.NewFakeRecorder(100)
	s := ownSource()
	s.Reader, s.Recorded = c, hub.Recorded
	r := &Reconciler{Source: s, Client: c, Hub: hub, Events: recorder, Metrics: NewMetrics(c), Clock: clock.RealClock{},
		Unreachable: func(err error) bool { return errors.Is(err, errAway) }}
	r.first.wake = make(chan struct{}, 1)
	return r, hub, recorder
}

func turn(t *testing.T, r *Reconciler) ctrl.Result {
	t.Helper()
	result, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: web})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func conditionsOf(t *testing.T, r *Reconciler) map[string]string {
	t.Helper()
	var e mcsv1beta1.ServiceExport
	if err := r.Client.Get(t.Context(), web, &e); err != nil {
		t.Fatal(err)
	}
	return told(e.Status.Conditions)
}

func TestTurnPublishesAndReports(t *testing.T) {
	writes := 0
	s := endpointSlice("web-1", "10.1.0.1", "127.0.0.1")
	r, hub, recorder := newReconciler(t, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			writes++
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	}, serviceExport(), service(), &s)
	turn(t, r)
	turn(t, r)
	if writes != 1 {
		t.Errorf("decision 7: %d status writes in two turns, want 1", writes)
	}
	want := map[string]string{"Valid": "True/Valid@2", "Ready": "True/Exported@2", "Conflict": "False/NoConflicts@2"}
	if diff := cmp.Diff(want, conditionsOf(t, r)); diff != "" {
		t.Errorf("scenario 1: conditions (-want +got):\n%s", diff)
	}
	if got := len(hub.records[web].Slices[0].Endpoints); got != 1 {
		t.Errorf("scenario 59: %d endpoints were published, want 1", got)
	}
	if got := testutil.ToFloat64(r.Metrics.dropped.WithLabelValues(mcs.RejectedAddress)); got != 1 {
		t.Errorf("scenario 59: %v addresses counted in two turns, want 1", got)
	}
	if got := len(recorder.Events); got != 2 {
		t.Errorf("rules: %d Events, want one on the Service and one on the ServiceExport", got)
	}
}

func TestTurnWithoutExportWithdraws(t *testing.T) {
	r, hub, _ := newReconciler(t, interceptor.Funcs{}, service())
	hub.records[web] = mcs.Export{Key: web}
	turn(t, r)
	if len(hub.records) != 0 {
		t.Errorf("scenario 13: records are %v", hub.records)
	}
}

func TestHubThatIsAwayIsReportedAndTriedAgain(t *testing.T) {
	r, hub, _ := newReconciler(t, interceptor.Funcs{}, serviceExport(), service())
	hub.err = errAway
	if result := turn(t, r); result.RequeueAfter != retryAway {
		t.Errorf("scenario 52: got %v, want another try after %v", result, retryAway)
	}
	if got := conditionsOf(t, r)["Ready"]; got != "False/Pending@2" {
		t.Errorf("scenario 52: Ready is %s", got)
	}
	hub.err = nil
	turn(t, r)
	if got := conditionsOf(t, r)["Ready"]; got != "True/Exported@2" {
		t.Errorf("scenario 52, when it is back: Ready is %s", got)
	}
}

func TestReadThatFailsWithdrawsNothing(t *testing.T) {
	broken := errors.New("no route")
	for _, kind := range []runtime.Object{&mcsv1beta1.ServiceExport{}, &corev1.Service{}, &discoveryv1.EndpointSliceList{}} {
		fails := func(o runtime.Object) error {
			if fmt.Sprintf("%T", o) == fmt.Sprintf("%T", kind) {
				return broken
			}
			return nil
		}
		r, hub, _ := newReconciler(t, interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				return errors.Join(fails(o), c.Get(ctx, key, o, opts...))
			},
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				return errors.Join(fails(list), c.List(ctx, list, opts...))
			},
		}, serviceExport(), service())
		before := mcs.Export{Key: web, Labels: map[string]string{"as": "before"}}
		hub.records[web] = before
		if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: web}); !errors.Is(err, broken) {
			t.Errorf("reading %T fails: got %v, want %v", kind, err, broken)
		}
		if diff := cmp.Diff(before, hub.records[web]); diff != "" {
			t.Errorf("decision 6, reading %T fails: the record (-want +got):\n%s", kind, diff)
		}
	}
}

func TestHubIsMarkedOnceEverythingIsPublished(t *testing.T) {
	r, hub, _ := newReconciler(t, interceptor.Funcs{}, serviceExport(), service())
	orphan := types.NamespacedName{Namespace: "shop", Name: "orphan"}
	hub.records[orphan], hub.unsynced = mcs.Export{Key: orphan}, true
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer func() { cancel(); queue.ShutDown(); running.Wait() }()
	if err := r.watchHub(ctx, queue); err != nil {
		t.Fatal(err)
	}
	running.Go(func() {
		if err := r.markWhenPublished(ctx); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		for {
			request, shutdown := queue.Get()
			if shutdown {
				return
			}
			if _, err := r.Reconcile(ctx, request); err != nil {
				t.Error(err)
			}
			queue.Done(request)
		}
	})
	hub.change(func() { hub.unsynced = false })
	select {
	case <-hub.marked:
	case <-time.After(2 * time.Minute):
		t.Fatal("decision 6: the hub is not marked")
	}
	if diff := cmp.Diff([]types.NamespacedName{web}, hub.Owned()); diff != "" {
		t.Errorf("scenario 13: records when marked (-want +got):\n%s", diff)
	}
}

func TestFirstPublishWaitsForEveryName(t *testing.T) {
	other := types.NamespacedName{Namespace: "shop", Name: "other"}
	p := firstPublish{wake: make(chan struct{}, 1)}
	p.begin([]types.NamespacedName{web, other})
	p.settled(web)
	if p.complete() {
		t.Error("decision 6: complete with one name left")
	}
	p.settled(web)
	p.settled(other)
	if !p.complete() {
		t.Error("decision 6: not complete with no name left")
	}
	p.begin(nil)
	if !p.complete() {
		t.Error("decision 6: a cluster without exports never publishes in full")
	}
}

func TestMetricsAreClean(t *testing.T) {
	e := serviceExport()
	e.Status.Conditions = conditions(nil, 2, report{own: mcs.Export{Key: web}, merged: &mcs.Import{Conflicts: []mcs.Conflict{{Reason: "PortConflict"}, {Reason: "TypeConflict"}, {Reason: "Invented"}}}})
	r, _, _ := newReconciler(t, interceptor.Funcs{}, e)
	problems, err := testutil.CollectAndLint(r.Metrics)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	if got := testutil.CollectAndCount(r.Metrics, "mcs_export_conflicts"); got != 2 {
		t.Errorf("%d conflict reasons, want 2", got)
	}
}
