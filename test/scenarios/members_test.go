package scenarios

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

var members = []scenario{
	{
		name: "a cluster whose clock is behind is judged alike by every cluster", clause: `KEP-1645 "Constraints and Conflict Resolution"; ours: no clock is believed by more than minutes`,
		play: clockBehind,
	},
	{
		name: "a cluster whose clock is ahead wins nothing by it", clause: `KEP-1645 "Constraints and Conflict Resolution"`,
		play: clockAhead,
	},
	{
		name: "an age that was claimed once cannot be made older", clause: `ours: a forged record wins nothing`,
		play: claimOnlyGrows,
	},
	{
		name: "a record that is named after something else is left out and counted", clause: `ours: a forged record wins nothing`,
		play: misnamedRecord,
	},
	{
		name: "no member writes another one's records, Lease or registration", clause: `ours: a cluster's identity is where it may write`,
		play: othersPlaces,
	},
	{
		name: "nothing is imported into a system namespace, whatever a record says", clause: `KEP-1645 "Restricting Exports"`,
		play: recordForSystem,
	},
	{
		name: "the hub refuses addresses that mean another host elsewhere", clause: `ours: a bad address never costs a slice`,
		play: hubRefusesAddresses,
	},
	{
		name: "an internal traffic policy that is unset agrees with its default", clause: `KEP-1645 "Internal Traffic Policy"`,
		play: unsetPolicy,
	},
	{
		name: "reserved keys among exported labels and annotations change nothing", clause: `KEP-1645 "Labels and annotations"`,
		play: reservedKeys,
	},
	{
		name: "a member that is removed from the registry is imported from no more", clause: `ours: a deleted ClusterProfile is a departure`,
		play: registrationRemoved,
	},
	{
		name: "records that are missing withdraw nothing until their member has said that it published everything", clause: `ours: absence needs proof`,
		play: absenceNeedsProof,
	},
	{
		name: "endpoints that are missing on the hub stay as well until their member has said that it published everything", clause: `ours: absence needs proof`,
		play: absenceOfSlicesNeedsProof,
	},
	{
		name: "a silent member steps back where another can serve, is forgotten in the end, and returns with all it had", clause: `KEP-1645 "Endpoint TTL"`,
		play: silentMember,
	},
	{
		name: "an invalid record keeps its place and contributes nothing", clause: `KEP-1645 "Constraints and Conflict Resolution"`,
		play: invalidRecord,
	},
}

func claimed(at time.Time) func(*hubv1alpha1.ExportedServiceSpec) {
	return func(spec *hubv1alpha1.ExportedServiceSpec) { spec.Claimed = metav1.NewTime(at.Truncate(time.Second)) }
}

func recordPort(name string, number int32) func(*hubv1alpha1.ExportedServiceSpec) {
	return func(spec *hubv1alpha1.ExportedServiceSpec) {
		spec.Ports = []hubv1alpha1.ExportedPort{{Name: name, Protocol: corev1.ProtocolTCP, Port: number}}
	}
}

// The ghost's record is minutes old at most on the hub, and so is a's: its claim counts as far as it is believed.
func clockBehind(s *stage) {
	g := s.ghost()
	s.offer(a(), "web", ports("http 8080"))
	s.publish(g, "web", claimed(time.Now().Add(-time.Hour)))
	want := plain("a", g.id)
	want.Backends["a"] = []string{"none"}
	s.everywhere("the same export wins", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", want) })
	s.eventually("and the loser hears of it", func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "web", "Conflict=True/PortConflict")
	})
	s.fence("later")
	s.everywhere("and stays", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", want) })
}

func clockAhead(s *stage) {
	g := s.ghost()
	s.publish(g, "web", claimed(time.Now().Add(time.Hour)))
	s.everywhere("alone it is imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain(g.id)) })
	s.offer(a(), "web", ports("http 8080"))
	want := plain("a", g.id)
	want.Ports = []string{"http 8080/TCP"}
	want.Backends = map[string][]string{"a": {"http 8080"}, g.id: {"none"}}
	s.everywhere("the export that was made later by the hub's clock wins", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", want)
	})
}

func claimOnlyGrows(s *stage) {
	g := s.ghost()
	record := s.publish(g, "web", claimed(time.Now()))
	claimed(time.Now().Add(-time.Hour))(&record.Spec)
	if err := g.client.Update(s.Context(), record); !apierrors.IsInvalid(err) {
		s.Errorf("an older claim ends with %v, want it refused", err)
	}
	record.Spec.Name, record.Spec.Claimed = "other", metav1.Now()
	if err := g.client.Update(s.Context(), record); !apierrors.IsInvalid(err) {
		s.Errorf("another name ends with %v, want it refused", err)
	}
}

func misnamedRecord(s *stage) {
	s.needs(noMetrics())
	before, err := metric(s.Context(), b(), "mcs_records_rejected_total", "reason", "name")
	if err != nil {
		s.Fatal(err)
	}
	g := s.ghost()
	s.offer(a(), "web", ports("http 8080"))
	want := plain("a")
	want.Ports, want.Backends["a"] = []string{"http 8080/TCP"}, []string{"http 8080"}
	forged := g.record(s.key("web"))
	forged.Name = "an-older-one"
	claimed(time.Unix(0, 0))(&forged.Spec)
	if err := g.client.Create(s.Context(), forged); err != nil {
		s.Fatal(err)
	}
	s.eventually("it is counted", func(ctx context.Context) error {
		now, err := metric(ctx, b(), "mcs_records_rejected_total", "reason", "name")
		if err == nil && now <= before {
			err = fmt.Errorf("%v records were rejected, before it were %v", now, before)
		}
		return err
	})
	s.everywhere("nothing comes of it", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", want) })
}

func othersPlaces(s *stage) {
	g := s.ghost()
	registration, err := manifests.Member("a", clusterset.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	theirs := g.record(s.key("web"))
	theirs.Namespace = registration.Namespace
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: registration.Namespace, Name: membership.LeaseName}}
	if err := g.client.Get(s.Context(), client.ObjectKeyFromObject(lease), lease); err != nil {
		s.Fatalf("reading another member's Lease: %v", err)
	}
	profile := g.profile.DeepCopy()
	profile.SetName("mine-too")
	profile.SetResourceVersion("")
	profile.SetUID("")
	for what, err := range map[string]error{
		"writing another member's record":     g.client.Create(s.Context(), theirs),
		"renewing another member's Lease":     g.client.Update(s.Context(), lease),
		"registering a member":                g.client.Create(s.Context(), profile),
		"leaving the clusterset for itself":   g.client.Delete(s.Context(), g.profile.DeepCopy()),
		"reading a Secret of the hub":         g.client.Get(s.Context(), types.NamespacedName{Namespace: "default", Name: "any"}, &corev1.Secret{}),
		"listing the Services of the hub":     g.client.List(s.Context(), &corev1.ServiceList{}),
		"listing the namespaces of the hub":   g.client.List(s.Context(), &corev1.NamespaceList{}),
		"making a ServiceAccount for another": g.client.Create(s.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: clusterset.Namespace, Name: "x"}}),
	} {
		if !apierrors.IsForbidden(err) {
			s.Errorf("%s ends with %v, want it forbidden", what, err)
		}
	}
}

func recordForSystem(s *stage) {
	g := s.ghost()
	key := types.NamespacedName{Namespace: "kube-public", Name: s.ns}
	if err := g.client.Create(s.Context(), g.record(key)); err != nil {
		s.Fatal(err)
	}
	s.publish(g, "later")
	s.everywhere("what it wrote later is imported", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "later", plain(g.id))
	})
	for _, m := range set.Members {
		s.now("nothing is in the system namespace", func(ctx context.Context) error {
			return s.absent(ctx, m, &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}})
		})
	}
}

func hubRefusesAddresses(s *stage) {
	g := s.ghost()
	for _, address := range []string{"127.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:10.0.0.1", "010.0.0.1", "web.example.org", ""} {
		if err := g.client.Create(s.Context(), g.sliceRecord(s.key("web"), address)); !apierrors.IsInvalid(err) {
			s.Errorf("an endpoint at %q ends with %v, want it refused", address, err)
		}
	}
}

func unsetPolicy(s *stage) {
	g := s.ghost()
	s.publish(g, "web")
	s.offer(a(), "web", internalPolicy(corev1.ServiceInternalTrafficPolicyCluster))
	s.everywhere("both are imported", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", plain("a", g.id))
	})
	s.eventually("there is no conflict", func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "web", "Conflict=False/NoConflicts")
	})
}

func reservedKeys(s *stage) {
	g := s.ghost()
	s.publish(g, "web", func(spec *hubv1alpha1.ExportedServiceSpec) {
		spec.Labels = map[string]string{"x": "1", "app.kubernetes.io/managed-by": "somebody", "multicluster.kubernetes.io/service-name": "other"}
		spec.Annotations = map[string]string{"y": "2", "multicluster.kubernetes.io/derived-service": "kubernetes"}
	})
	want := plain(g.id)
	want.Labels, want.Annotations = map[string]string{"x": "1"}, map[string]string{"y": "2"}
	s.everywhere("only the others are imported", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", want)
	})
}

func registrationRemoved(s *stage) {
	g := s.ghost()
	s.publish(g, "alone")
	s.publish(g, "shared")
	s.offer(a(), "shared")
	s.everywhere("its exports are imported", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "shared", plain("a", g.id)); err != nil {
			return err
		}
		return s.shows(ctx, m, "alone", plain(g.id))
	})
	if err := set.Hub.Client.Delete(s.Context(), g.profile.DeepCopy()); err != nil {
		s.Fatal(err)
	}
	s.everywhere("they are not any more, though its records are still there", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "shared", plain("a")); err != nil {
			return err
		}
		return s.notImported(ctx, m, "alone")
	})
}

func absenceNeedsProof(s *stage) {
	g := s.ghost()
	s.publish(g, "web")
	imported := func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain(g.id)) }
	s.everywhere("imported", imported)
	if err := g.client.Delete(s.Context(), g.record(s.key("web"))); err != nil {
		s.Fatal(err)
	}
	s.fence("without-a-lease")
	s.everywhere("without a Lease its import stays", imported)
	s.renew(g, "")
	s.fence("without-a-mark")
	s.everywhere("without a mark it stays", imported)
	s.renew(g, "the-uid-of-another-hub")
	s.fence("another-hubs-mark")
	s.everywhere("with the mark of another hub it stays", imported)
	s.renew(g, s.hubUID())
	s.everywhere("with the mark of this hub it goes", func(ctx context.Context, m *clusterset.Member) error {
		return s.notImported(ctx, m, "web")
	})
}

func absenceOfSlicesNeedsProof(s *stage) {
	g := s.ghost()
	s.publish(g, "web")
	imported := func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain(g.id)) }
	s.everywhere("imported", imported)
	if err := g.client.Delete(s.Context(), g.sliceRecord(s.key("web"), "")); err != nil {
		s.Fatal(err)
	}
	s.fence("without-a-lease")
	for _, m := range set.Members {
		s.now("without a mark its endpoints stay", func(ctx context.Context) error { return imported(ctx, m) })
	}
	s.renew(g, s.hubUID())
	s.everywhere("with the mark of this hub they go", func(ctx context.Context, m *clusterset.Member) error {
		return s.has(ctx, m, "web", g.id)
	})
}

func invalidRecord(s *stage) {
	g := s.ghost()
	record := s.publish(g, "web", recordPort("http", 8080), claimed(time.Now().Add(-time.Minute)))
	s.offer(a(), "web")
	both := plain("a", g.id)
	both.Ports = []string{"http 8080/TCP"}
	both.Backends["a"] = []string{"none"} // the ghost's pods listen on 80 behind its port 8080
	wins := func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", both) }
	s.everywhere("the older record wins", wins)
	invalid := record.DeepCopy()
	invalid.Spec = hubv1alpha1.ExportedServiceSpec{Namespace: s.ns, Name: "web", Claimed: record.Spec.Claimed, Invalid: "NoService"}
	if err := g.client.Update(s.Context(), invalid); err != nil {
		s.Fatal(err)
	}
	s.everywhere("without its Service the other's is imported alone", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", plain("a"))
	})
	valid := invalid.DeepCopy()
	valid.Spec = record.Spec
	if err := g.client.Update(s.Context(), valid); err != nil {
		s.Fatal(err)
	}
	s.everywhere("with it the older record wins again", wins)
}
