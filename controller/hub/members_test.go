package hub_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// lease returns a member's Lease as the API server has it.
func (c *clusterset) lease(t *testing.T, r string) *coordinationv1.Lease {
	t.Helper()
	lease := &coordinationv1.Lease{}
	if err := c.server.admin.Get(t.Context(), types.NamespacedName{Namespace: r, Name: membership.LeaseName}, lease); err != nil {
		t.Fatal(err)
	}
	return lease
}

// unregister deletes a member's profile.
func (c *clusterset) unregister(t *testing.T, m *member) {
	t.Helper()
	profile := &membership.ClusterProfile{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: string(m.id)}}
	if err := c.server.admin.Delete(t.Context(), profile); err != nil {
		t.Fatal(err)
	}
}

// state returns the state in which m sees a.
func (m *member) state(a *member) membership.State {
	for _, other := range m.Members() {
		if other.ID == a.id {
			return other.State
		}
	}
	return membership.Unknown
}

// marks has a member say that it has published in full, which it may once it follows every change of the hub.
func (m *member) marks(t *testing.T) {
	t.Helper()
	eventually(t, string(m.id)+" marks", func() error { return m.MarkPublished(t.Context()) })
}

func TestAbsenceCountsOnceAMemberHasPublishedInFull(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	holds(t, "b sees a live", func() bool { return b.state(a) == membership.Fresh })
	if b.Published(a.id) {
		t.Fatal("a counts as published before it said so")
	}
	// Who has asked b asks again when it is told to, as a work queue does, and at no other time.
	told, answer := make(chan struct{}, 1), false
	b.SubscribeState(func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	knows := func() bool {
		select {
		case <-told:
			answer = b.Published(a.id)
		default:
		}
		return answer
	}
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	a.marks(t)
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })
	holds(t, "who asked b before is told", knows)
	holds(t, "a knows that its mark is on the hub", func() bool { return a.Published(a.id) })

	// Records that vanish without a's doing take the mark with them, until they are back.
	record := &hubv1alpha1.ExportedService{ObjectMeta: metav1.ObjectMeta{Namespace: a.registration.Namespace, Name: mcs.RecordName(shopWeb)}}
	if err := set.server.admin.Delete(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	holds(t, "a takes its mark back", func() bool { return !b.Published(a.id) })
	holds(t, "of that, too", func() bool { return !knows() })
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	holds(t, "a marks again by itself", func() bool { return b.Published(a.id) })

	// A mark stays over a restart: what the run before published is still there.
	a.stop()
	again := set.start(t, a.registration, options{})
	holds(t, "the second run holds the Lease", func() bool { return again.Published(a.id) })
	if !b.Published(a.id) {
		t.Error("the mark was lost over a restart")
	}
}

func TestNobodySaysThatEverythingIsPublishedBeforeTheHubSaysIt(t *testing.T) {
	set := newClusterset(t, shared)
	r := set.register(t, "a")
	deaf := newRoad(t, set.server)
	deaf.deaf.Store(true)
	a := set.start(t, r, options{road: deaf})
	holds(t, "a has read the hub and follows nothing of it yet", a.Synced)
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	if err := a.MarkPublished(t.Context()); !errors.Is(err, hub.ErrUnreachable) {
		t.Errorf("marking while what is published could be lost unseen: %v, want %v", err, hub.ErrUnreachable)
	}
	deaf.deaf.Store(false)
	a.marks(t)
	if set.lease(t, r.Namespace).Annotations[membership.AnnotationPublished] == "" {
		t.Error("a said that it was published, and the hub does not")
	}
}

func TestAMemberThatLeavesIsNoMemberAnyMore(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b", "c")
	a, b, c := members[0], members[1], members[2]
	for _, m := range []*member{a, c} {
		if err := m.Publish(t.Context(), web(shopWeb)); err != nil {
			t.Fatal(err)
		}
	}
	b.reads(t, a, web(shopWeb))
	b.reads(t, c, web(shopWeb))

	set.unregister(t, a)
	holds(t, "b has no export of a, and knows that none is to stay", func() bool {
		exports := b.Exports(shopWeb)
		return len(exports) == 1 && exports[0].Cluster == c.id && b.Published(a.id) && !b.Published(c.id)
	})
	holds(t, "a knows that it has departed", func() bool { return a.Departed() && a.Synced() && len(a.Members()) == 0 })
	if err := a.Publish(t.Context(), web(shopWeb)); !errors.Is(err, hub.ErrRefused) || !strings.Contains(err.Error(), "departed") {
		t.Errorf("publishing after the departure: %v", err)
	}
}

func TestARegistryThatIsDeletedAsAWholeFreezes(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b", "c")
	a, b := members[0], members[1]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	b.reads(t, a, web(shopWeb))
	if err := set.server.admin.DeleteAllOf(t.Context(), &membership.ClusterProfile{}, client.InNamespace(set.namespace)); err != nil {
		t.Fatal(err)
	}
	holds(t, "b sees the accident", func() bool { _, vanished := b.Frozen(); return vanished })
	b.reads(t, a, web(shopWeb))
	if b.Departed() || b.Published(a.id) || !b.Synced() {
		t.Errorf("departed %v, a published %v, synced %v: want b to keep what it has", b.Departed(), b.Published(a.id), b.Synced())
	}
}

func TestAClusterThatIsNotRegisteredWaits(t *testing.T) {
	set := newClusterset(t, shared)
	r, err := newRegistration(set, "a")
	if err != nil {
		t.Fatal(err)
	}
	profile := r.Objects[len(r.Objects)-1]
	set.server.apply(t, r.Objects[:len(r.Objects)-1]...)
	a := set.start(t, r, options{})
	holds(t, "a knows that it is not registered", func() bool {
		standing, _ := a.Standing()
		return standing == membership.Unregistered
	})
	if a.Synced() {
		t.Error("a cluster that is no member counts as synced")
	}
	if err := a.Publish(t.Context(), web(shopWeb)); !errors.Is(err, hub.ErrRefused) || !strings.Contains(err.Error(), "no ClusterProfile") {
		t.Errorf("publishing without registration: %v", err)
	}
	set.server.apply(t, profile)
	holds(t, "a is a member", a.Synced)
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Error(err)
	}
}

func TestTwoClustersWithOneID(t *testing.T) {
	set := newClusterset(t, shared)
	first := set.synced(t, "a")[0]
	holds(t, "the first holds the id", func() bool {
		return first.Publish(t.Context(), web(shopWeb)) == nil
	})
	second := set.start(t, first.registration, options{uid: "another"})
	holds(t, "the second has read the hub", second.Synced)
	before := set.versions(t, first)
	err := second.Publish(t.Context(), web(types.NamespacedName{Namespace: "shop", Name: "other"}))
	if !errors.Is(err, hub.ErrRefused) || !strings.Contains(err.Error(), `"another"`) || !strings.Contains(err.Error(), `"uid-of-`+string(first.id)+`"`) {
		t.Errorf("the second publishes with %v, want a refusal that names both clusters", err)
	}
	if err := second.Withdraw(t.Context(), shopWeb); !errors.Is(err, hub.ErrRefused) {
		t.Errorf("the second withdraws with %v, want a refusal", err)
	}
	if err := second.MarkPublished(t.Context()); !errors.Is(err, hub.ErrRefused) {
		t.Errorf("the second marks with %v, want a refusal", err)
	}
	if diff := cmp.Diff(before, set.versions(t, first)); diff != "" {
		t.Errorf("the second has written (-want +got):\n%s", diff)
	}

	// Only now may silence be short: on a busy machine a cluster that is alive may be silent for longer.
	first.stop()
	second.stop()
	second = set.start(t, first.registration, options{uid: "another", config: func(c *hub.Config) {
		c.RenewInterval, c.Thresholds = time.Second, membership.Thresholds{Stale: 3 * time.Second, Forget: 4 * time.Second}
	}})
	holds(t, "the second takes over once the first is silent", func() bool {
		return *set.lease(t, first.registration.Namespace).Spec.HolderIdentity == "another"
	})
	eventually(t, "the second publishes", func() error { return second.Publish(t.Context(), web(shopWeb)) })

	third := set.start(t, first.registration, options{})
	holds(t, "the first is back and reads", third.Synced)
	if err := third.Publish(t.Context(), web(shopWeb)); !errors.Is(err, hub.ErrRefused) {
		t.Errorf("the first publishes after the takeover with %v, want a refusal", err)
	}
}

func TestStatesOfMembers(t *testing.T) {
	set := newClusterset(t, shared)
	short := options{config: func(c *hub.Config) { // and long enough for who is alive not to look silent on a busy machine
		c.RenewInterval, c.Thresholds = 500*time.Millisecond, membership.Thresholds{Stale: 5 * time.Second, Forget: 10 * time.Second}
	}}
	a, b, c := set.start(t, set.register(t, "a"), short), set.start(t, set.register(t, "b"), short), set.start(t, set.register(t, "c"), short)
	told := make(chan struct{}, 1)
	b.SubscribeState(func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	holds(t, "b sees both live", func() bool { return b.state(a) == membership.Fresh && b.state(c) == membership.Fresh })
	a.stop()
	var seen []membership.State
	for len(seen) == 0 || seen[len(seen)-1] != membership.Forgotten {
		select {
		case <-told:
		case <-time.After(patience):
			t.Fatalf("b was told of no more than %v", seen)
		}
		if state := b.state(a); len(seen) == 0 || seen[len(seen)-1] != state {
			seen = append(seen, state)
		}
	}
	if len(seen) > 1 && seen[0] == membership.Fresh {
		seen = seen[1:]
	}
	if diff := cmp.Diff([]membership.State{membership.Stale, membership.Forgotten}, seen); diff != "" {
		t.Errorf("states differ (-want +got):\n%s", diff)
	}
	holds(t, "b sees c live", func() bool { return b.state(c) == membership.Fresh })
	set.start(t, a.registration, short)
	holds(t, "b sees a return", func() bool { return b.state(a) == membership.Fresh })
}

func TestForgedRecordsWinNothing(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	asA := set.client(t, a.registration)
	home := a.registration.Namespace

	before := b.rejected(t, "name") // The server is other clustersets' hub, too.

	// A record under a name of another service's.
	forged := goodService(home)
	forged.GenerateName, forged.Name = "", mcs.RecordName(types.NamespacedName{Namespace: "bank", Name: "vault"})
	// A slice that was created as another's.
	slice := goodSlice(home)
	slice.GenerateName, slice.Name = "", mcs.RecordSliceName(shopWeb, "web-other")
	// A service whose slice has an address that the schema lets through and the importer does not.
	good := goodService(home)
	good.GenerateName, good.Name = "", mcs.RecordName(shopWeb)
	for _, object := range []client.Object{forged, slice, good} {
		if err := asA.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	want := mcs.Export{Cluster: a.id, Key: shopWeb}
	holds(t, "b reads the good record", func() bool { return len(b.Exports(shopWeb)) == 1 })
	holds(t, "b has read and counted the others", func() bool { return b.rejected(t, "name") == before+2 })
	got := b.Exports(shopWeb)[0]
	if diff := cmp.Diff(want, mcs.Export{Cluster: got.Cluster, Key: got.Key, Slices: got.Slices}, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("exports differ (-want +got):\n%s", diff)
	}
	if exports := b.Exports(types.NamespacedName{Namespace: "bank", Name: "vault"}); len(exports) != 0 {
		t.Errorf("the forged record is read: %v", exports)
	}
	if len(b.Keys()) != 1 {
		t.Errorf("keys of others are %v", b.Keys())
	}
	b.Exports(shopWeb)
	if n := b.rejected(t, "name"); n != before+2 {
		t.Errorf("reading again counts again: %v", n)
	}
}

// rejected returns how many parts of records were left out for a reason.
func (m *member) rejected(t *testing.T, reason string) float64 {
	t.Helper()
	families, err := m.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "mcs_records_rejected_total" && metric.GetLabel()[0].GetValue() == reason {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}
