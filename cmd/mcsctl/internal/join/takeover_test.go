package join_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// place is the member's namespace on the hub.
func place() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: membership.HubNamespace(id)}}
}

// An id goes from one cluster to another, and the one that lost it, or is gone, is cleared away without harm to the one that has it.
func TestAnIDIsTakenOverFromAnotherCluster(t *testing.T) {
	s := newStage(t)
	const joins = "join --context west --hub hub --cluster-id " + id + " --wait 0"
	takes := "join --context hub --hub hub --cluster-id " + id + " --wait 0 --hub-server " + s.servers["hub"]
	west, hub := uid(t, s.west), uid(t, s.hub)
	s.must("hub init --context hub")
	s.must(joins, "5 created", "blue is registered: 1 created")
	s.lives(west, 0)

	// A new credential, and nothing else.
	before := s.credential()
	s.must(joins+" --rotate", "1 created, 4 unchanged", "1 changed (Secret mcs-hub)")
	if after := s.credential(); after == before || after != s.given() || after == "" {
		t.Error("after --rotate the member does not have a new credential that the hub knows")
	}
	s.must(joins+" --replace", "nothing has changed") // it is its own already

	// A cluster that is alive keeps its id, unless --replace says so.
	s.refused(1, takes, `"blue" is held by another cluster: its kube-system UID is `+west, "add --replace", "nothing was written")
	before = s.credential()
	s.must(takes+" --replace", "taken over from the cluster with kube-system UID "+west)
	if s.holds() != hub {
		t.Errorf("%s holds the id, want %s", s.holds(), hub)
	}
	if s.credential() == before {
		t.Error("the cluster that lost the id still has a credential for it")
	}

	// The one that lost it takes nothing from the one that has it.
	s.refused(1, "leave --context west --hub hub", `"blue" on hub "hub" is another cluster, with kube-system UID `+hub, "mcsctl leave --context west --force")
	if !s.there(s.hub, place()) {
		t.Fatal("the leave of a cluster that had lost its id took the other's place")
	}
	s.must("leave --context west --force --wait 0", "blue leaves: context west, hub -", "left      on the hub")
	for name, object := range our() {
		if s.there(s.west, object) {
			t.Errorf("the %s is there after leaving by force", name)
		}
	}

	s.lives(hub, 0)
	// What the hub has of a cluster goes when the cluster is gone, and not before.
	s.refused(1, "leave --cluster-id blue --gone --hub hub", `"blue" is not gone: it gave a sign of life`, "mcsctl leave --context hub")
	s.lives(hub, time.Hour)
	s.must("leave --cluster-id blue --gone --hub hub --wait 0", "blue is no longer registered", "left      in the cluster")
	if s.there(s.hub, place()) || s.credential() != "" {
		t.Error("the hub still has the member that is gone")
	}
	s.must("leave --cluster-id blue --gone --hub hub --wait 0", "blue is not registered on hub hub")
	s.must("leave --context hub --cluster-id blue --force --wait 0")
}

// A leave is refused before anything is removed, or gets to its end: whatever is still being deleted, and whoever is down.
func TestNobodyWhoIsDownHoldsALeaveUp(t *testing.T) {
	s := newStage(t)
	const joins = "join --context west --hub hub --cluster-id " + id + " --wait 0"
	s.must("hub init --context hub")
	s.must(joins)
	s.must("leave --context west --hub hub --wait 0", "done")
	s.must(joins, "blue is registered: 1 created") // although its namespaces were going
	s.must(joins, "nothing has changed")

	s.refused(64, "leave --gone --force --cluster-id blue", "there would be nothing left to remove")
	s.refused(64, "leave --context west --hub hub --cluster-id green", `context "west" is the member "blue" and --cluster-id is "green"`)
	s.faults.set(shut)
	s.refused(1, "leave --context west --hub hub", "if the hub is gone for good, add --force")
	s.faults.set(none)
	if s.given() == "" || s.given() != s.credential() {
		t.Error("a leave that was refused removed something")
	}

	// A member that does not drop the endpoints of the one that leaves is named, and waited for no longer than the user says: one look at least.
	s.must("join --context hub --hub hub --wait 0 --hub-server " + s.servers["hub"])
	stale := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "stale", Labels: map[string]string{
			mcsv1beta1.LabelSourceCluster: id, discoveryv1.LabelManagedBy: mcs.ManagedBy,
		}},
		AddressType: discoveryv1.AddressTypeIPv4,
	}
	s.create(s.hub, stale)
	s.must("leave --context west --hub hub --wait 0", `member "hub" still has 1 EndpointSlices of "blue"`, "done")
	if s.credential() != "" || s.given() != "" {
		t.Error("the member that leaves is still there")
	}
	s.must("leave --context hub --hub hub --wait 0")
	if s.there(s.hub, stale) {
		t.Error("what its controller had made is left in the member that left last")
	}
}
