package kube

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// ErrNoHub is returned where no context of the kubeconfig leads to a cluster that holds a registry.
var ErrNoHub = errors.New("no context leads to a hub")

// Clusterset is what the contexts of one kubeconfig show of a clusterset.
type Clusterset struct {
	// Hub is the cluster that holds the registry.
	Hub *Cluster
	// Namespace is the registry's namespace on the hub.
	Namespace string
	// Members are those registered, sorted by id.
	Members []Member
	// Excluded are the profiles that register no member, sorted by name.
	Excluded []membership.Excluded
	// Unreachable are the contexts whose cluster did not answer, and why.
	Unreachable map[string]error
}

// Member is one registered member.
type Member struct {
	// ID is the member's cluster id.
	ID mcs.ClusterID
	// Namespace is the member's own on the hub.
	Namespace string
	// Profile is its registration.
	Profile membership.ClusterProfile
	// Lease is its sign of life; nil while it never gave one.
	Lease *coordinationv1.Lease
	// Cluster is the member itself; nil if no context of the kubeconfig is known to lead to it.
	Cluster *Cluster
}

// Member returns the member of this id.
func (s *Clusterset) Member(id mcs.ClusterID) (Member, bool) {
	return s.find(func(m Member) bool { return m.ID == id })
}

// ByContext returns the member that a context leads to.
func (s *Clusterset) ByContext(name string) (Member, bool) {
	return s.find(func(m Member) bool { return m.Cluster != nil && m.Cluster.Context == name })
}

func (s *Clusterset) find(is func(Member) bool) (Member, bool) {
	if i := slices.IndexFunc(s.Members, is); i >= 0 {
		return s.Members[i], true
	}
	return Member{}, false
}

// seen is what one context showed.
type seen struct {
	cluster  *Cluster
	uid      string // of its kube-system namespace
	stated   string // the id it states of itself; "" for none
	profiles []membership.ClusterProfile
	vacant   bool  // it holds a registry in which nobody is registered
	registry error // why profiles could not be listed
	err      error
}

// Clusterset looks through every context at once. The hub is the one --hub names, or else the one cluster that holds a registry;
// it is ErrNoHub if there is none, and an error that names them if there are several. A registry without members counts where
// none has any and every context answers. A member's context is one whose cluster has
// the UID that holds the member's Lease, or else one that states the member's id of itself. A cluster that does not answer is no
// error, unless it is the hub.
func (c *Config) Clusterset(ctx context.Context) (*Clusterset, error) {
	looked := c.lookAround(ctx)
	hub, err := c.chooseHub(looked)
	if err != nil {
		return nil, err
	}
	set := &Clusterset{Hub: hub.cluster, Namespace: c.namespace, Unreachable: map[string]error{}}
	for name, s := range looked {
		if s.err != nil {
			set.Unreachable[name] = s.err
		}
	}
	members, excluded := membership.Clusterset(hub.profiles, "")
	set.Excluded = excluded
	for _, registered := range members {
		member := Member{ID: registered.ID, Namespace: registered.Namespace}
		for _, profile := range hub.profiles {
			if profile.Labels[membership.LabelHubNamespace] == registered.Namespace {
				member.Profile = profile
			}
		}
		if member.Lease, err = readLease(ctx, hub.cluster, registered.Namespace); err != nil {
			return nil, fmt.Errorf("reading the sign of life of member %q on hub %q: %w", registered.ID, hub.cluster.Context, err)
		}
		member.Cluster = leadsTo(looked, member)
		set.Members = append(set.Members, member)
	}
	return set, nil
}

// lookAround asks the cluster of every context who it is and whether it holds a registry.
func (c *Config) lookAround(ctx context.Context) map[string]seen {
	names := c.Contexts()
	found := make([]seen, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { found[i] = c.look(ctx, name) })
	}
	wg.Wait()
	looked := make(map[string]seen, len(names))
	for i, name := range names {
		looked[name] = found[i]
	}
	return looked
}

func (c *Config) look(ctx context.Context, name string) seen {
	cluster, err := c.Cluster(name)
	if err != nil {
		return seen{err: err}
	}
	s := seen{cluster: cluster}
	if s.uid, s.err = membership.ReadKubeSystemUID(ctx, cluster); s.err != nil {
		return s
	}
	if statement, err := membership.ReadStatement(ctx, cluster, membership.PropertyClusterID); err == nil {
		s.stated = statement.Value
	}
	var profiles membership.ClusterProfileList
	switch err := cluster.List(ctx, &profiles, client.InNamespace(c.namespace)); {
	case err == nil:
		s.profiles = profiles.Items
		s.vacant = len(s.profiles) == 0 && c.hasRegistry(ctx, cluster)
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err), apierrors.IsForbidden(err):
		s.registry = err // it holds none, or none for us to see
	default:
		s.err = fmt.Errorf("reading the registry: %w", err)
	}
	return s
}

// hasRegistry says whether a cluster that serves ClusterProfiles, as those of other inventories do too, has the registry's namespace. One
// that does not let us know is none.
func (c *Config) hasRegistry(ctx context.Context, cluster *Cluster) bool {
	return cluster.Get(ctx, client.ObjectKey{Name: c.namespace}, &corev1.Namespace{}) == nil
}

func (c *Config) chooseHub(looked map[string]seen) (seen, error) {
	if c.hub != "" {
		hub, found := looked[c.hub]
		switch {
		case !found:
			return seen{}, fmt.Errorf("there is no context %q for the hub: choose from %s", c.hub, quoted(c.Contexts()))
		case hub.err != nil:
			return seen{}, fmt.Errorf("hub %q does not answer: %s", c.hub, Because(hub.err))
		case apierrors.IsForbidden(hub.registry):
			return seen{}, fmt.Errorf("hub %q does not show its registry: %s", c.hub, Because(hub.registry))
		case hub.registry != nil:
			return seen{}, fmt.Errorf("%w: that of --hub %q knows no ClusterProfiles; make it one with mcsctl hub init --context %s", ErrNoHub, c.hub, shell.Word(c.hub))
		}
		return hub, nil
	}
	holders := clustersThat(looked, func(s seen) bool { return len(s.profiles) > 0 })
	// A hub that nobody has joined yet, or that everybody has left, is taken only where no other can be the one that is meant.
	if len(holders) == 0 && len(silent(looked)) == 0 {
		holders = clustersThat(looked, func(s seen) bool { return s.vacant })
	}
	switch len(holders) {
	case 1:
		return looked[holders[0]], nil
	case 0:
		return seen{}, c.noHub(looked)
	default:
		return seen{}, fmt.Errorf("several contexts lead to a hub: choose one of %s with --hub", quoted(holders))
	}
}

// clustersThat returns the first context of each cluster that is such, sorted: several contexts may lead to one.
func clustersThat(looked map[string]seen, are func(seen) bool) []string {
	var names []string
	uids := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(looked)) {
		if are(looked[name]) && !uids[looked[name].uid] {
			uids[looked[name].uid] = true
			names = append(names, name)
		}
	}
	return names
}

// noHub says where a registry was looked for. One may be where nobody answered.
func (c *Config) noHub(looked map[string]seen) error {
	away := silent(looked)
	if len(away) == 0 {
		return fmt.Errorf("%w: none of %s holds ClusterProfiles in namespace %q; make one of them a hub with mcsctl hub init --context CONTEXT", ErrNoHub, quoted(c.Contexts()), c.namespace)
	}
	return fmt.Errorf("%w: none that answers holds ClusterProfiles in namespace %q, and %s", ErrNoHub, c.namespace, strings.Join(away, "; "))
}

// silent says of each context that does not answer why, sorted.
func silent(looked map[string]seen) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(looked)) {
		if err := looked[name].err; err != nil {
			found = append(found, fmt.Sprintf("context %q does not answer: %s", name, Because(err)))
		}
	}
	return found
}

func readLease(ctx context.Context, hub *Cluster, namespace string) (*coordinationv1.Lease, error) {
	lease := &coordinationv1.Lease{}
	switch err := hub.Get(ctx, client.ObjectKey{Namespace: namespace, Name: membership.LeaseName}, lease); {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return lease, nil
}

// leadsTo returns the cluster that is the member, by what cannot be mistaken first.
func leadsTo(looked map[string]seen, member Member) *Cluster {
	names := slices.Sorted(maps.Keys(looked))
	holder := membership.Holder(member.Lease)
	for _, name := range names {
		if looked[name].uid != "" && looked[name].uid == holder {
			return looked[name].cluster
		}
	}
	for _, name := range names {
		if looked[name].stated == string(member.ID) {
			return looked[name].cluster
		}
	}
	return nil
}
