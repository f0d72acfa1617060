package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/await"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// unregister removes a member from the registry, and returns what registers it again, which may be called twice.
func (s *stage) unregister(m *clusterset.Member) func() {
	s.Helper()
	registration, err := manifests.Member(m.ID, clusterset.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	profile := registration.Objects[len(registration.Objects)-1]
	if err := set.Hub.Client.Delete(s.Context(), profile.DeepCopy()); err != nil {
		s.Fatal(err)
	}
	return func() {
		s.Helper()
		var objects []*unstructured.Unstructured
		for _, object := range registration.Objects {
			objects = append(objects, object.DeepCopy())
		}
		if err := manifests.Apply(context.Background(), set.Hub.Client, objects...); err != nil {
			s.Error(err)
		}
	}
}

func leaves(s *stage) {
	s.offer(a(), "web")
	s.offer(c(), "web")
	s.offer(c(), "alone")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a", "c.reg1")), s.shows(ctx, m, "alone", plain("c.reg1")))
	})
	register := s.unregister(c())
	defer register()
	for _, m := range []*clusterset.Member{a(), b()} {
		s.eventually("its endpoints are gone from "+m.ID, func(ctx context.Context) error {
			return errors.Join(s.shows(ctx, m, "web", plain("a")), s.notImported(ctx, m, "alone"))
		})
	}
	s.eventually("it imports nothing any more", func(ctx context.Context) error {
		return errors.Join(s.notImported(ctx, c(), "web"), s.notImported(ctx, c(), "alone"))
	})
	s.eventually("its exports say that it is no member", func(ctx context.Context) error {
		return s.exportSays(ctx, c(), "alone", "Valid=True/Valid", "Ready=Unknown/Pending", "Conflict=absent")
	})
	register()
	s.everywhere("registered again it is as before", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a", "c.reg1")), s.shows(ctx, m, "alone", plain("c.reg1")))
	})
	s.eventually("its exports say so", func(ctx context.Context) error {
		return s.exportSays(ctx, c(), "alone", "Ready=True/Exported", "Conflict=False/NoConflicts")
	})
}

// leavesUnseen removes a member from the registry while its controller does not run.
func leavesUnseen(s *stage) {
	s.offer(a(), "web")
	s.offer(c(), "web")
	s.offer(c(), "alone")
	whole := func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a", "c.reg1")), s.shows(ctx, m, "alone", plain("c.reg1")))
	}
	s.everywhere("imported", whole)
	s.stop(c())
	register := s.unregister(c())
	defer register()
	s.eventually("the others have seen it leave", func(ctx context.Context) error {
		return errors.Join(s.shows(ctx, a(), "web", plain("a")), s.notImported(ctx, a(), "alone"))
	})
	s.restart(c())
	gone := func(ctx context.Context) error {
		return errors.Join(s.notImported(ctx, c(), "web"), s.notImported(ctx, c(), "alone"))
	}
	// For a minute it may be that the registry is being filled again.
	await.Holds(s.T, 2*patience, 100*time.Millisecond, "it imports nothing any more", gone)
	s.eventually("its exports say that it is no member", func(ctx context.Context) error {
		return s.exportSays(ctx, c(), "alone", "Valid=True/Valid", "Ready=Unknown/Pending", "Conflict=absent")
	})
	s.stop(c())
	s.restart(c())
	s.offer(c(), "later")
	s.eventually("its controller, started once more, says that it is no member", func(ctx context.Context) error {
		return s.exportSays(ctx, c(), "later", "Ready=False/Failed")
	})
	s.now("and imports nothing, its own exports neither", func(ctx context.Context) error {
		return errors.Join(gone(ctx), s.notImported(ctx, c(), "later"))
	})
	register()
	s.everywhere("registered again it is as before", whole)
}

// anotherID gives a cluster another id: its administrator registers that, removes the one before, and starts the controller anew.
func anotherID(s *stage) {
	s.offer(a(), "shared")
	s.offer(c(), "shared")
	s.offer(c(), "alone")
	under := func(id string) func(context.Context, *clusterset.Member) error {
		return func(ctx context.Context, m *clusterset.Member) error {
			return errors.Join(s.shows(ctx, m, "shared", plain("a", id)), s.shows(ctx, m, "alone", plain(id)))
		}
	}
	s.everywhere("imported", under(c().ID))
	const id = "renamed"
	registration, err := manifests.Member(id, clusterset.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	if err := manifests.Apply(s.Context(), set.Hub.Client, registration.Objects...); err != nil {
		s.Fatal(err)
	}
	credentials := filepath.Join(c().Cluster.Dir(), "renamed.kubeconfig")
	account := registration.ServiceAccount
	if err := set.Hub.Cluster.ServiceAccountKubeconfig(s.Context(), account.Namespace, account.Name, credentials); err != nil {
		s.Fatal(err)
	}
	s.stop(c())
	register := s.unregister(c())
	process := s.controllerAs(c(), id, credentials, "--service-grace="+serviceGrace.String())
	defer func() {
		if err := process.Stop(context.Background()); err != nil {
			s.Error(err)
		}
		profile := registration.Objects[len(registration.Objects)-1].DeepCopy()
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: registration.Namespace}}
		if err := errors.Join(set.Hub.Client.Delete(context.Background(), profile), set.Hub.Client.Delete(context.Background(), namespace)); err != nil {
			s.Error(err)
		}
		register()
		s.restart(c())
		s.everywhere("under its id of before it is as before", under(c().ID))
	}()
	s.everywhere("it is imported under its new id", under(id))
}

// newWhileAway exports under one name from two clusters, differently, while the hub is away.
func newWhileAway(s *stage) {
	changed := s.offer(a(), "changed")
	s.offer(b(), "changed")
	agree := func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "changed", "Ready=True/Exported", "Conflict=False/NoConflicts")
	}
	s.eventually("two exports agree", agree)
	back := s.stopHub()
	s.offer(a(), "new")
	s.offer(b(), "new", ports("http 8080"))
	for _, m := range []*clusterset.Member{a(), b()} {
		s.eventually("what is awaited is said in "+m.ID, func(ctx context.Context) error {
			return s.exportSays(ctx, m, "new", "Valid=True/Valid", "Ready=False/Pending", "Conflict=absent")
		})
	}
	s.patch(a(), changed.service.DeepCopy(), `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":8080}]}}`)
	s.eventually("a change waits", func(ctx context.Context) error { return s.exportSays(ctx, a(), "changed", "Ready=False/Pending") })
	s.now("of which the others know nothing", func(ctx context.Context) error {
		return errors.Join(
			s.exportSays(ctx, a(), "changed", "Conflict=False/NoConflicts"),
			s.exportSays(ctx, b(), "changed", "Ready=True/Exported", "Conflict=False/NoConflicts"),
		)
	})
	back()
	for _, name := range []string{"new", "changed"} {
		s.eventually("with the hub back both clusters say the same of "+name, func(ctx context.Context) error {
			return s.sameConflict(ctx, name, "PortConflict", a(), b())
		})
	}
}

// sameConflict is nil when the exports of the members are in conflict for a reason, in the same words.
func (s *stage) sameConflict(ctx context.Context, name, reason string, members ...*clusterset.Member) error {
	var said string
	for i, m := range members {
		export := &mcsv1beta1.ServiceExport{}
		if err := m.Client.Get(ctx, s.key(name), export); err != nil {
			return err
		}
		if err := condition(export.Status.Conditions, "Conflict", "True/"+reason, ""); err != nil {
			return fmt.Errorf("export %q in %q: %w", name, m.ID, err)
		}
		words := meta.FindStatusCondition(export.Status.Conditions, "Conflict").Message
		if i > 0 && words != said {
			return fmt.Errorf("export %q is said to be %q in %q and %q elsewhere", name, words, m.ID, said)
		}
		said = words
	}
	return nil
}
