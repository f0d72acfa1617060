package hub_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var shopWeb = types.NamespacedName{Namespace: "shop", Name: "web"}

// web returns a full export of the given key.
func web(key types.NamespacedName) mcs.Export {
	return mcs.Export{
		Key:                   key,
		Claimed:               time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Type:                  mcsv1beta1.ClusterSetIP,
		Ports:                 []mcs.Port{{Name: "http", Protocol: corev1.ProtocolTCP, AppProtocol: ptr.To("kubernetes.io/h2c"), Port: 80}},
		IPFamilies:            []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol},
		SessionAffinity:       corev1.ServiceAffinityClientIP,
		AffinityTimeout:       ptr.To(int32(10)),
		InternalTrafficPolicy: ptr.To(corev1.ServiceInternalTrafficPolicyLocal),
		TrafficDistribution:   ptr.To("PreferClose"),
		Labels:                map[string]string{"team": "shop"},
		Annotations:           map[string]string{"example.org/note": "hello"},
		Slices: []mcs.Slice{
			{
				Name: "web-4", AddressType: discoveryv1.AddressTypeIPv4,
				Ports: []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: ptr.To(int32(8080))}},
				Endpoints: []mcs.Endpoint{
					{Addresses: []string{"10.1.0.10"}, Hostname: "web-0", Zone: "z1", Ready: ptr.To(true), Serving: ptr.To(true), Terminating: ptr.To(false)},
					{Addresses: []string{"10.1.0.11"}, Ready: ptr.To(false)},
				},
				Triggered: time.Date(2026, 1, 2, 3, 4, 6, 7000, time.UTC),
			},
			{
				Name: "web-6", AddressType: discoveryv1.AddressTypeIPv6,
				Ports:     []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: ptr.To(int32(8080))}},
				Endpoints: []mcs.Endpoint{{Addresses: []string{"fd10::1"}}},
			},
		},
	}
}

// synced starts the hubs of members that are registered with this, and waits until they have read everything.
func (c *clusterset) synced(t *testing.T, shorts ...string) []*member {
	t.Helper()
	var members []*member
	for _, short := range shorts {
		members = append(members, c.start(t, c.register(t, short), options{}))
	}
	for _, m := range members {
		holds(t, string(m.id)+" has read the hub", func() bool { return m.Synced() && len(m.Members()) == len(shorts)-1 })
	}
	return members
}

// reads waits until m reads an export by a that equals want, but for when it was recorded.
func (m *member) reads(t *testing.T, a *member, want mcs.Export) {
	t.Helper()
	want.Cluster = a.id
	eventually(t, string(m.id)+" reads the export", func() error {
		exports := m.Exports(want.Key)
		i := slices.IndexFunc(exports, func(e mcs.Export) bool { return e.Cluster == a.id })
		if i < 0 {
			return errors.New("there is none")
		}
		if diff := cmp.Diff(want, exports[i], cmpopts.EquateEmpty(), cmpopts.IgnoreFields(mcs.Export{}, "Recorded")); diff != "" {
			return errors.New("it differs (-want +got):\n" + diff)
		}
		return nil
	})
}

// readsNone waits until m reads no export of the key.
func (m *member) readsNone(t *testing.T, key types.NamespacedName) {
	t.Helper()
	holds(t, string(m.id)+" reads no export", func() bool { return len(m.Exports(key)) == 0 })
}

// writes returns the number of writes of records that a member has made.
func (m *member) writes(t *testing.T) int {
	t.Helper()
	families, err := m.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, family := range families {
		if family.GetName() == "mcs_hub_writes_total" {
			for _, metric := range family.GetMetric() {
				total += metric.GetCounter().GetValue()
			}
		}
	}
	return int(total)
}

// versions returns the resourceVersions of a member's records by name, as the API server has them.
func (c *clusterset) versions(t *testing.T, m *member) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, list := range []client.ObjectList{&hubv1alpha1.ExportedServiceList{}, &hubv1alpha1.ExportedEndpointSliceList{}} {
		if err := c.server.admin.List(t.Context(), list, client.InNamespace(m.registration.Namespace)); err != nil {
			t.Fatal(err)
		}
		switch list := list.(type) {
		case *hubv1alpha1.ExportedServiceList:
			for _, item := range list.Items {
				versions[item.Name] = item.ResourceVersion
			}
		case *hubv1alpha1.ExportedEndpointSliceList:
			for _, item := range list.Items {
				versions[item.Name] = item.ResourceVersion
			}
		}
	}
	return versions
}

func TestWhatOneMemberPublishesTheOtherReads(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	b.reads(t, a, web(shopWeb))

	_, recorded, ok := a.Recorded(shopWeb)
	if got := b.Exports(shopWeb)[0].Recorded; !ok || !got.Equal(recorded) || time.Since(got) > time.Hour {
		t.Errorf("b has the export recorded at %v and its owner at %v, %v", got, recorded, ok)
	}
	if exports := a.Exports(shopWeb); len(exports) != 0 {
		t.Errorf("a reads its own export as another's: %v", exports)
	}
	if diff := cmp.Diff([]types.NamespacedName{shopWeb}, b.Keys()); diff != "" {
		t.Errorf("keys of others differ (-want +got):\n%s", diff)
	}
	holds(t, "a owns the key", func() bool { return slices.Equal(a.Owned(), []types.NamespacedName{shopWeb}) })
	if len(a.Keys()) != 0 || len(b.Owned()) != 0 {
		t.Errorf("a knows keys of others %v, b owns %v: both should be none", a.Keys(), b.Owned())
	}

	if err := a.Withdraw(t.Context(), shopWeb); err != nil {
		t.Fatal(err)
	}
	b.readsNone(t, shopWeb)
	if left := set.versions(t, a); len(left) != 0 {
		t.Errorf("records are left behind: %v", left)
	}
	if err := a.Withdraw(t.Context(), shopWeb); err != nil {
		t.Errorf("withdrawing what is not there: %v", err)
	}
}

func TestPublishWritesOnlyWhatDiffers(t *testing.T) {
	set := newClusterset(t, shared)
	a := set.synced(t, "a")[0]
	export := func(edit func(*mcs.Export)) mcs.Export {
		e := web(shopWeb)
		edit(&e)
		return e
	}
	for _, step := range []struct {
		name   string
		export mcs.Export
		writes int
	}{
		{"a new export with two slices is three writes", web(shopWeb), 3},
		{"the same again is none", web(shopWeb), 0},
		{"a pod that becomes ready is one", export(func(e *mcs.Export) { e.Slices[0].Endpoints[1].Ready = ptr.To(true) }), 1},
		{"and back before that was seen is one", web(shopWeb), 1},
		{"the time of a change alone is none", export(func(e *mcs.Export) { e.Slices[0].Triggered = time.Now() }), 0},
		{"a port is one", export(func(e *mcs.Export) { e.Ports[0].Port = 81 }), 1},
		{"a slice that is no more is one, with the port back it is two", export(func(e *mcs.Export) { e.Slices = e.Slices[:1] }), 2},
		{"an export that became invalid loses its slice: two", export(func(e *mcs.Export) { e.Invalid = "NoService" }), 2},
		{"the same invalid export is none", export(func(e *mcs.Export) { e.Invalid = "NoService"; e.Type = "" }), 0},
		{"valid again, with both slices, is three", web(shopWeb), 3},
		{"a ServiceExport made anew is one", export(func(e *mcs.Export) { e.Claimed = e.Claimed.Add(time.Hour) }), 1},
		{"one that claims an earlier time replaces the record: two", web(shopWeb), 2},
	} {
		before := a.writes(t)
		if err := a.Publish(t.Context(), step.export); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := a.writes(t) - before; got != step.writes {
			t.Errorf("%s: got %d writes, want %d", step.name, got, step.writes)
		}
	}

	// A process that starts anew knows nothing but what it reads, and finds nothing to do.
	versions := set.versions(t, a)
	a.stop()
	again := set.start(t, a.registration, options{})
	holds(t, "the second run has read the hub", again.Synced)
	if err := again.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(versions, set.versions(t, a)); diff != "" {
		t.Errorf("resourceVersions differ after a restart (-want +got):\n%s", diff)
	}
}

func TestPublishRepairsWhatOthersDidToItsRecords(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	told := make(chan types.NamespacedName, 1000)
	a.Subscribe(func(key types.NamespacedName) { told <- key })
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	b.reads(t, a, web(shopWeb))

	record := &hubv1alpha1.ExportedService{}
	record.Namespace, record.Name = a.registration.Namespace, mcs.RecordName(shopWeb)
	if err := set.server.admin.Delete(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	// Publishing at once meets either the old knowledge or the new; in the end it holds.
	eventually(t, "publishing what was deleted", func() error {
		for {
			select {
			case key := <-told:
				if key != shopWeb {
					t.Errorf("told of %v", key)
				}
				continue
			default:
			}
			break
		}
		if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
			return err
		}
		return set.server.admin.Get(t.Context(), client.ObjectKeyFromObject(record), record)
	})

	record.Spec.Ports[0].Port = 9999
	if err := set.server.admin.Update(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	eventually(t, "publishing what was changed", func() error {
		if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
			return err
		}
		if err := set.server.admin.Get(t.Context(), client.ObjectKeyFromObject(record), record); err != nil {
			return err
		}
		if record.Spec.Ports[0].Port != 80 {
			return errors.New("the record is still changed")
		}
		return nil
	})
	b.reads(t, a, web(shopWeb))
}

func TestARecordTheSchemaRefusesIsAnErrorThatSaysSo(t *testing.T) {
	set := newClusterset(t, shared)
	a := set.synced(t, "a")[0]
	bad := web(shopWeb)
	bad.Slices[0].Endpoints[0].Addresses = []string{"127.0.0.1"}
	err := a.Publish(t.Context(), bad)
	if !errors.Is(err, hub.ErrRefused) || !strings.Contains(err.Error(), "global unicast") {
		t.Errorf("error %v, want a refusal that names the rule", err)
	}
}

func TestMetricsFollowTheNamingRules(t *testing.T) {
	set := newClusterset(t, shared)
	members := set.synced(t, "a", "b")
	if err := members[0].Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	problems, err := testutil.GatherAndLint(members[0].metrics)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	if got, err := testutil.GatherAndCount(members[0].metrics, "mcs_hub_connected", "mcs_peer_up", "mcs_peer_state", "mcs_hub_writes_total"); err != nil || got != 1+1+4+2 {
		t.Errorf("got %d series, %v", got, err)
	}
}
