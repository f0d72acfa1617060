package hub_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-logr/logr/funcr"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// lines is a log that remembers its messages.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) config(c *hub.Config) {
	c.Log = funcr.New(func(_, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.text = append(l.text, args)
	}, funcr.Options{})
}

// with returns the lines that contain all parts.
func (l *lines) with(parts ...string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
next:
	for _, line := range l.text {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue next
			}
		}
		found = append(found, line)
	}
	return found
}

// watcher remembers that something was seen that must never be.
type watcher struct{ happened atomic.Bool }

func (w *watcher) set()       { w.happened.Store(true) }
func (w *watcher) seen() bool { return w.happened.Load() }

func TestWhileTheHubIsAwayEverythingStays(t *testing.T) {
	set := newClusterset(t, shared)
	a := set.synced(t, "a")[0]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	a.marks(t)
	log := &lines{}
	b := set.start(t, set.register(t, "b"), options{config: log.config})
	holds(t, "b is up to date", func() bool { return b.Synced() && b.Connected() && b.Published(a.id) })
	b.reads(t, a, web(shopWeb))

	b.road.block()
	holds(t, "b notices", func() bool { return !b.Connected() })
	if err := b.Publish(t.Context(), web(shopWeb)); !errors.Is(err, hub.ErrUnreachable) {
		t.Errorf("publishing while the hub is away: %v", err)
	}
	other := types.NamespacedName{Namespace: "shop", Name: "other"}
	if err := a.Withdraw(t.Context(), shopWeb); err != nil {
		t.Fatal(err)
	}
	if err := a.Publish(t.Context(), web(other)); err != nil {
		t.Fatal(err)
	}
	b.reads(t, a, web(shopWeb))
	if !b.Synced() || !b.Published(a.id) {
		t.Errorf("synced %v, a published %v: what was read stays true until more is", b.Synced(), b.Published(a.id))
	}

	b.road.open()
	b.readsNone(t, shopWeb)
	b.reads(t, a, web(other))
	holds(t, "b is back", b.Connected)
	if away, back := log.with("Hub is unreachable"), log.with("reachable again"); len(away) != 1 || len(back) != 1 {
		t.Errorf("logged %q and %q, want one line each", away, back)
	}
}

// A hub that was rebuilt from nothing is another hub: it has no records, and that says nothing.
func TestAHubThatWasRebuiltWithdrawsNothing(t *testing.T) {
	old, rebuilt := newClusterset(t, shared), newClusterset(t, ownServer(t))
	rebuilt.namespace = old.namespace // the administrator makes everything as it was
	objects, err := manifests.Hub(old.namespace)
	if err != nil {
		t.Fatal(err)
	}
	rebuilt.server.apply(t, objects...)

	members := old.synced(t, "a", "b")
	a, b := members[0], members[1]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	a.marks(t)
	b.reads(t, a, web(shopWeb))
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })

	rebuilt.register(t, "a")
	rebuilt.register(t, "b")
	b.writeKubeconfig(t, rebuilt.server.token(t, b.registration))
	b.road.lead(t, rebuilt.server)
	b.road.block()
	b.road.open()
	// b reads the new hub, finds nothing of a there, and knows that this proves nothing.
	b.readsNone(t, shopWeb)
	holds(t, "b has read the new hub", b.Synced)
	if b.Published(a.id) {
		t.Error("a counts as published on a hub it has not seen")
	}
	if err := b.Publish(t.Context(), web(types.NamespacedName{Namespace: "shop", Name: "of-b"})); err != nil {
		t.Errorf("b publishes to the new hub: %v", err)
	}

	// a finds its records gone. Once it has published again, and only then, it marks again by itself.
	a.writeKubeconfig(t, rebuilt.server.token(t, a.registration))
	a.road.lead(t, rebuilt.server)
	a.road.block()
	a.road.open()
	holds(t, "a has no records on the new hub", func() bool { return a.Synced() && len(a.Owned()) == 0 })
	if a.Published(a.id) {
		t.Error("a marked a hub that has none of its records")
	}
	eventually(t, "a publishes to the new hub", func() error { return a.Publish(t.Context(), web(shopWeb)) })
	b.reads(t, a, web(shopWeb))
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })
}

func TestCRDsThatAppearLate(t *testing.T) {
	server := ownServer(t)
	set := &clusterset{server: server, namespace: "late"}
	objects, err := manifests.Hub(set.namespace)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if object.GetKind() != "CustomResourceDefinition" {
			server.apply(t, object)
		}
	}
	r, err := manifests.Member("a", set.namespace)
	if err != nil {
		t.Fatal(err)
	}
	server.apply(t, r.Objects[:len(r.Objects)-1]...)
	server.granted(t, set.namespace, r)
	log := &lines{}
	a := set.start(t, r, options{config: log.config})
	resources := []string{"exportedservices", "exportedendpointslices", "clusterprofiles"}
	holds(t, "each missing resource is logged", func() bool {
		for _, resource := range resources {
			if len(log.with("cannot be read", `"resource"="`+resource+`"`, "missing")) == 0 {
				return false
			}
		}
		return true
	})
	if a.Synced() || !a.Connected() {
		t.Errorf("synced %v, connected %v: want a hub that answers and has not everything", a.Synced(), a.Connected())
	}
	server.apply(t, objects...)
	server.apply(t, r.Objects[len(r.Objects)-1])
	holds(t, "everything is read", a.Synced)
	for _, resource := range resources {
		if lines := log.with("cannot be read", `"resource"="`+resource+`"`); len(lines) != 1 {
			t.Errorf("%d lines say that %s are missing, want one: %q", len(lines), resource, lines)
		}
	}
	eventually(t, "a publishes", func() error { return a.Publish(t.Context(), web(shopWeb)) })
}

// Deleting a CRD deletes every record, and withdraws nothing.
func TestACRDThatIsDeletedWithdrawsNothing(t *testing.T) {
	server := ownServer(t)
	set := newClusterset(t, server)
	members := set.synced(t, "a", "b")
	a, b := members[0], members[1]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	a.marks(t)
	b.reads(t, a, web(shopWeb))
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })
	var withdrawn watcher
	check := func() {
		if b.Synced() && b.Published(a.id) && len(b.Exports(shopWeb)) == 0 {
			withdrawn.set()
		}
	}
	b.Subscribe(func(types.NamespacedName) { check() })
	b.SubscribeState(check)

	const name = "exportedservices.multicluster-dns.github.io"
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := server.admin.Delete(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	holds(t, "the CRD is gone", func() bool {
		return apierrors.IsNotFound(server.admin.Get(t.Context(), client.ObjectKeyFromObject(crd), crd))
	})
	b.reads(t, a, web(shopWeb))

	objects, err := manifests.HubCRDs()
	if err != nil {
		t.Fatal(err)
	}
	server.apply(t, objects...)
	holds(t, "b has read that there are none now", func() bool { return b.Synced() && len(b.Exports(shopWeb)) == 0 })
	if b.Published(a.id) {
		t.Error("a still counts as published, though its records were lost")
	}
	holds(t, "a knows that its record is lost", func() bool { _, _, found := a.Recorded(shopWeb); return a.Synced() && !found })
	eventually(t, "a publishes again", func() error { return a.Publish(t.Context(), web(shopWeb)) })
	b.reads(t, a, web(shopWeb))
	holds(t, "b knows that a has published", func() bool { return b.Published(a.id) })
	if withdrawn.seen() {
		t.Error("for a moment b took the deletion of the CRD for a withdrawal")
	}
}

func TestCredentialsThatAreReplaced(t *testing.T) {
	set := newClusterset(t, shared)
	a := set.synced(t, "a")[0]
	if err := a.Publish(t.Context(), web(shopWeb)); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	b := set.start(t, set.register(t, "b"), options{config: log.config})
	b.reads(t, a, web(shopWeb))

	b.writeKubeconfig(t, "not-a-token")
	holds(t, "b notices that its credentials are refused", func() bool { return !b.Connected() })
	b.reads(t, a, web(shopWeb))
	if lines := log.with("Hub is unreachable", "does not accept the credentials"); len(lines) != 1 {
		t.Errorf("logged %q, want one line on the credentials", lines)
	}
	b.writeKubeconfig(t, set.server.token(t, b.registration))
	holds(t, "b is back without a restart", func() bool { return b.Connected() && b.Synced() })
	eventually(t, "b publishes", func() error { return b.Publish(t.Context(), web(shopWeb)) })
}

func TestAForbiddenResourceIsNamedOnce(t *testing.T) {
	set := newClusterset(t, shared)
	stranger := set.register(t, "a")
	account := stranger
	account.ServiceAccount.Namespace = "default" // not in the group of all members
	account.ServiceAccount.Name = "stranger"
	object := stranger.Objects[1].DeepCopy()
	object.SetNamespace("default")
	object.SetName("stranger")
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "stranger"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"get"}},
	}}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "stranger"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "stranger"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "default", Name: "stranger"}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := set.server.admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	set.server.apply(t, object)
	set.server.allowed(t, account.ServiceAccount, authorizationv1.ResourceAttributes{
		Verb: "get", Resource: "namespaces", Name: metav1.NamespaceSystem,
	})
	log := &lines{}
	m := set.start(t, account, options{config: func(c *hub.Config) { log.config(c); c.Self = set.id("a") }})
	holds(t, "all are logged", func() bool { return len(log.with("cannot be read", "forbidden")) == 4 })
	for _, want := range []string{
		`cannot list resource \"exportedservices\"`, `cannot list resource \"exportedendpointslices\"`,
		`cannot list resource \"clusterprofiles\"`, `cannot list resource \"leases\"`,
	} {
		if lines := log.with(want); len(lines) != 1 {
			t.Errorf("%d lines name %s, want one: %q", len(lines), want, lines)
		}
	}
	if m.Synced() {
		t.Error("synced without having read anything")
	}
}
