package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

var failures = []scenario{
	{
		name: "an IP that another Service took meanwhile is replaced, and the import and an Event say so", clause: `KEP-1645 "ClusterSetIP"; ours: an import keeps its IP`,
		play: takenIP,
	},
	{
		name: "a derived Service that was given a selector loses it again, and the slices that the cluster made for it", clause: `KEP-1645 "Importing Services"`,
		play: selectorOnDerived,
	},
	{
		name: "a member that is silent is not trusted again because a controller restarts", clause: `KEP-1645 "Endpoint TTL"`,
		play: silentOverRestart,
	},
	{
		name: "members that all fall silent together are kept as they are", clause: `KEP-1645 "Endpoint TTL"; ours: absence needs proof`,
		play: allSilent,
	},
	{
		name: "while the hub is away each cluster follows its own Services, and a restarted controller changes nothing else", clause: `ours: a failed read is never an empty read`,
		play: hubAway,
	},
	{
		name: "an export that is new while the hub is away says nothing of conflicts, and with the hub back all clusters say the same", clause: `ServiceExport API, "Conflict"; ours: a failed read is never an empty read`,
		play: newWhileAway,
	},
	{
		name: "a member whose hub credentials are refused goes on as if the hub were away, until they are replaced", clause: `ours: credentials are reloaded without a restart`,
		play: refusedCredentials,
	},
	{
		name: "a second cluster with the same id publishes nothing, and says whose the id is", clause: `KEP-2149 "Uniqueness"; ours: one cluster holds an id`,
		play: sameID,
	},
	{
		name: "a member that leaves imports nothing any more, and one that comes back has everything again", clause: `ours: a deleted ClusterProfile is a departure`,
		play: leaves,
	},
	{
		name: "a member whose controller does not run while it is removed from the registry finds out that it has left", clause: `ours: a deleted ClusterProfile is a departure`,
		play: leavesUnseen,
	},
	{
		name: "a cluster that is registered under another id is imported under that one alone, its own imports included", clause: `KEP-2149 "Uniqueness"; ours: a deleted ClusterProfile is a departure`,
		play: anotherID,
	},
	{
		name: "a replica takes over from a controller that is killed, and writes nothing that is right", clause: `ours: unchanged objects cost no writes`,
		play: takesOver,
	},
	{
		name: "a controller without the API's definitions waits for them, and what it exported stays exported", clause: `ours: a missing definition is never read as a departure`,
		play: lateDefinitions,
	},
	{
		name: "a hub that is rebuilt from nothing withdraws no import", clause: `ours: absence needs proof`,
		play: func(s *stage) { s.rebuiltHub("import ") },
	},
	{
		name: "a hub that is rebuilt from nothing withdraws no endpoint", clause: `ours: absence needs proof`,
		play: func(s *stage) { s.rebuiltHub("slice ") },
	},
}

// uids are those of everything that is imported in the stage's namespace of a member: what was deleted and made again has another.
func (s *stage) uids(ctx context.Context, m *clusterset.Member, names ...string) (map[string]types.UID, error) {
	found := map[string]types.UID{}
	for _, name := range names {
		si, err := s.serviceImport(ctx, m, name)
		if err != nil {
			return nil, err
		}
		found["import "+name] = si.UID
		list, err := s.imported(ctx, m, name, "")
		if err != nil {
			return nil, err
		}
		for _, slice := range list {
			found["slice "+slice.Name] = slice.UID
		}
	}
	return found, nil
}

// allUIDs are those of every member, by its id.
func (s *stage) allUIDs(names ...string) map[string]map[string]types.UID {
	s.Helper()
	all := map[string]map[string]types.UID{}
	for _, m := range set.Members {
		found, err := s.uids(s.Context(), m, names...)
		if err != nil {
			s.Fatal(err)
		}
		all[m.ID] = found
	}
	return all
}

func takenIP(s *stage) {
	s.offer(a(), "web")
	s.eventually("imported", func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) })
	before, err := s.serviceImport(s.Context(), b(), "web")
	if err != nil {
		s.Fatal(err)
	}
	s.stop(b())
	restarted := false
	defer func() {
		if !restarted {
			s.restart(b())
		}
	}()
	s.remove(b(), &corev1.Service{ObjectMeta: s.meta(mcs.DerivedServiceName(s.key("web")))})
	taker := func() *corev1.Service {
		return &corev1.Service{ObjectMeta: s.meta("taker"), Spec: corev1.ServiceSpec{ClusterIP: before.Spec.IPs[0], Ports: []corev1.ServicePort{port("http 80")}}}
	}
	s.eventually("another Service has its IP", func(ctx context.Context) error { return b().Client.Create(ctx, taker()) })
	restarted = true
	s.restart(b())
	s.eventually("the import has another one", func(ctx context.Context) error {
		if err := s.shows(ctx, b(), "web", plain("a")); err != nil {
			return err
		}
		after, err := s.serviceImport(ctx, b(), "web")
		if err == nil && slices.Equal(after.Spec.IPs, before.Spec.IPs) {
			err = fmt.Errorf("it still has %v", after.Spec.IPs)
		}
		return err
	})
	s.eventually("an Event says it", func(ctx context.Context) error {
		return s.event(ctx, b(), "web", "IPChanged", before.Spec.IPs[0])
	})
}

func hubAway(s *stage) {
	mine := s.offer(a(), "web")
	s.offer(b(), "web")
	scaled := s.offer(b(), "scaled")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a", "b")), s.shows(ctx, m, "scaled", plain("b")))
	})
	untouched, err := s.serviceImport(s.Context(), b(), "web")
	if err != nil {
		s.Fatal(err)
	}
	back := s.stopHub()

	before := map[string]float64{}
	for _, m := range []*clusterset.Member{a(), c()} {
		s.eventually("the metric says that the hub is away, in "+m.ID, func(ctx context.Context) error { return connected(ctx, m, 0) })
		if noMetrics() == "" {
			if before[m.ID], err = hubWrites(s.Context(), m); err != nil {
				s.Fatal(err)
			}
		}
	}
	s.remove(a(), mine.export)
	s.eventually("an export that ends is gone in its own cluster", func(ctx context.Context) error { return s.shows(ctx, a(), "web", plain("b")) })
	s.stop(b())
	if err := b().StartController(s.Context()); err != nil {
		s.Fatal(err)
	}
	slice := scaled.slices[0]
	slice.Endpoints = scaled.slice("", corev1.IPv4Protocol).Endpoints
	if err := b().Client.Update(s.Context(), slice); err != nil {
		s.Fatal(err)
	}
	s.eventually("endpoints of own Services are followed after a restart", func(ctx context.Context) error {
		return s.has(ctx, b(), "scaled", "b", scaled.addresses()...)
	})
	s.now("what was imported from others is as it was", func(ctx context.Context) error {
		si, err := s.serviceImport(ctx, b(), "web")
		if err == nil && si.ResourceVersion != untouched.ResourceVersion {
			err = fmt.Errorf("import (-before +now):\n%s", cmp.Diff(untouched, si))
		}
		return errors.Join(err, s.shows(ctx, b(), "web", plain("a", "b")), s.exportSays(ctx, b(), "web", "Ready=True/Exported"))
	})
	back()
	s.everywhere("with the hub back all of it is everywhere", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("b")), s.has(ctx, m, "scaled", "b", scaled.addresses()...), connected(ctx, m, 1))
	})
	s.now("nothing was written to the hub but what differs: a record and its slice, a slice, and nothing", func(ctx context.Context) error {
		return errors.Join(wroteToHub(ctx, a(), before["a"], 2), wroteToHub(ctx, b(), 0, 1), wroteToHub(ctx, c(), before["c.reg1"], 0))
	})
}

func refusedCredentials(s *stage) {
	s.offer(a(), "web")
	imported := func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) }
	s.eventually("imported", imported)
	path := hubKubeconfig(b())
	good, err := clientcmd.LoadFromFile(path)
	if err != nil {
		s.Fatal(err)
	}
	bad := good.DeepCopy()
	for _, user := range bad.AuthInfos {
		user.Token = "expired"
	}
	process := b().Controller
	if err := clientcmd.WriteToFile(*bad, path); err != nil {
		s.Fatal(err)
	}
	defer func() {
		if err := clientcmd.WriteToFile(*good, path); err != nil {
			s.Error(err)
		}
	}()
	// What is begun before the file is read again may still go through.
	refused := false
	for i, deadline := 0, time.Now().Add(patience); !refused && time.Now().Before(deadline); i++ {
		<-time.After(200 * time.Millisecond) // Between two tries, so that they are few.
		name := fmt.Sprintf("later-%d", i)
		s.offer(b(), name)
		s.eventually("its state is said", func(ctx context.Context) error {
			if s.exportSays(ctx, b(), name, "Ready=True/Exported") == nil {
				return nil
			}
			refused = s.exportSays(ctx, b(), name, "Ready=False/Pending") == nil || s.exportSays(ctx, b(), name, "Ready=False/Failed") == nil
			if !refused {
				return fmt.Errorf("it has no condition Ready")
			}
			return nil
		})
	}
	if !refused {
		s.Fatal("everything is published with the refused credentials")
	}
	s.now("the imports stay", imported)
	if err := clientcmd.WriteToFile(*good, path); err != nil {
		s.Fatal(err)
	}
	s.offer(b(), "with-good-ones")
	s.eventually("with the new credentials exports are published", func(ctx context.Context) error {
		return errors.Join(s.shows(ctx, c(), "with-good-ones", plain("b")), s.exportSays(ctx, b(), "with-good-ones", "Ready=True/Exported"))
	})
	select {
	case <-process.Done():
		s.Error("the controller ended meanwhile")
	default:
	}
}

func (s *stage) systemUID(m *clusterset.Member) string {
	s.Helper()
	var system corev1.Namespace
	if err := m.Client.Get(s.Context(), types.NamespacedName{Name: "kube-system"}, &system); err != nil {
		s.Fatal(err)
	}
	return string(system.UID)
}

func sameID(s *stage) {
	s.offer(b(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("b")) })
	s.stop(c())
	process := s.second(c(), b(), "--leader-elect=false")
	defer s.restart(c())
	defer process.Kill()
	s.offer(c(), "forged")
	s.eventually("the rival says whose the id is", func(ctx context.Context) error {
		export := &mcsv1beta1.ServiceExport{}
		if err := c().Client.Get(ctx, s.key("forged"), export); err != nil {
			return err
		}
		return errors.Join(
			condition(export.Status.Conditions, "Ready", "False/Failed", s.systemUID(b())),
			condition(export.Status.Conditions, "Ready", "False/Failed", s.systemUID(c())),
		)
	})
	s.offer(b(), "later")
	s.eventually("the holder goes on publishing", func(ctx context.Context) error { return s.shows(ctx, a(), "later", plain("b")) })
	s.now("what it published stays, and the rival published nothing", func(ctx context.Context) error {
		return errors.Join(s.shows(ctx, a(), "web", plain("b")), s.notImported(ctx, a(), "forged"))
	})
}

// rebuild gives the hub an empty store, and then what its administrator has in files: definitions, members, and new credentials.
func (s *stage) rebuild() {
	s.Helper()
	hub := set.Hub.Cluster
	parts := []string{lab.Etcd, lab.APIServer, lab.ControllerManager}
	for _, part := range slices.Backward(parts) {
		if err := hub.StopComponent(s.Context(), part); err != nil {
			s.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(hub.Dir(), "etcd")); err != nil {
		s.Fatal(err)
	}
	for _, part := range parts {
		if err := hub.StartComponent(context.Background(), part); err != nil {
			s.Fatal(err)
		}
	}
	objects, err := manifests.Hub(clusterset.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	s.eventually("the hub has its definitions", func(ctx context.Context) error { return manifests.Apply(ctx, set.Hub.Client, objects...) })
	for _, m := range set.Members {
		registration, err := manifests.Member(m.ID, clusterset.Namespace)
		if err != nil {
			s.Fatal(err)
		}
		s.eventually(m.ID+" is registered", func(ctx context.Context) error {
			return manifests.Apply(ctx, set.Hub.Client, registration.Objects...)
		})
		account := registration.ServiceAccount
		if err := hub.ServiceAccountKubeconfig(s.Context(), account.Namespace, account.Name, hubKubeconfig(m)); err != nil {
			s.Fatal(err)
		}
	}
}

// rebuiltHub proves that what is imported, of objects whose kind begins so, outlives a hub that is rebuilt.
func (s *stage) rebuiltHub(kind string) {
	s.offer(a(), "web")
	s.offer(b(), "web")
	s.offer(c(), "alone")
	whole := func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a", "b")), s.shows(ctx, m, "alone", plain("c.reg1")))
	}
	s.everywhere("imported", whole)
	before, uid := s.allUIDs("web", "alone"), s.hubUID()
	s.rebuild()
	if s.hubUID() == uid {
		s.Fatal("the hub is the one it was")
	}
	for _, m := range set.Members {
		name := "later-of-" + map[string]string{"a": "a", "b": "b", "c.reg1": "c"}[m.ID]
		s.offer(m, name)
		s.everywhere("what is exported afterwards by "+m.ID+" is imported", func(ctx context.Context, importer *clusterset.Member) error {
			return s.shows(ctx, importer, name, plain(m.ID))
		})
	}
	s.everywhere("all is as it was", whole)
	after := s.allUIDs("web", "alone")
	for id := range before {
		for _, found := range []map[string]types.UID{before[id], after[id]} {
			maps.DeleteFunc(found, func(name string, _ types.UID) bool { return !strings.HasPrefix(name, kind) })
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		s.Errorf("objects were deleted and made again (-before +after):\n%s", diff)
	}
}
