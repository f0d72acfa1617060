package observe

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Options say what to read. The zero value is everything that is read quickly.
type Options struct {
	// Contexts limits reading to these; empty is every context that leads to a member.
	Contexts []string
	// Namespace limits exports, imports and slices to one; empty is all.
	Namespace string
	// Doubt is for how long to watch the Leases of members that seem silent by their own clock; zero does not.
	Doubt time.Duration
	// Running also looks at what runs in the members: deployments, credentials, DNS servers.
	Running bool
	// Grounds also looks at what they stand on: definitions, permissions, the cluster's own statement of its id.
	Grounds bool
}

// Read reads the clusterset that config leads to. It is an error if the hub cannot be found or read, unless Contexts names where to
// look: what is in them is then read alone, and the reason is one of the facts. It is always an error if one of Contexts
// does not exist.
func Read(ctx context.Context, config *kube.Config, o Options) (health.Facts, error) {
	for _, name := range o.Contexts {
		if _, err := config.Cluster(name); err != nil {
			return health.Facts{}, err
		}
	}
	set, err := config.Clusterset(ctx)
	if err != nil {
		if len(o.Contexts) == 0 || ctx.Err() != nil {
			return health.Facts{}, err
		}
		return alone(ctx, config, o, err)
	}
	return ReadSet(ctx, set, o), nil
}

// ReadSet reads a clusterset whose members are known.
func ReadSet(ctx context.Context, set *kube.Clusterset, o Options) health.Facts {
	facts := health.Facts{
		Hub: set.Hub.Context, Namespace: set.Namespace, Registered: len(set.Members), Excluded: set.Excluded,
		Unreachable: map[string]string{}, Now: time.Now(),
	}
	for name, err := range set.Unreachable {
		facts.Unreachable[name] = kube.Because(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { facts.Now = hubTime(ctx, set.Hub) })
	wg.Go(func() {
		// Without it one comparison is left out: whose hub a member's mark is of.
		facts.HubUID, _ = membership.ReadKubeSystemUID(ctx, set.Hub)
	})
	facts.Members = make([]health.MemberFacts, len(set.Members))
	for i, m := range set.Members {
		wg.Go(func() { facts.Members[i] = readMember(ctx, m, o) })
	}
	wg.Wait()
	if o.Doubt > 0 {
		listen(ctx, set, &facts, o.Doubt)
	}
	return facts
}

// alone reads contexts whose clusterset is not known.
func alone(ctx context.Context, config *kube.Config, o Options, reason error) (health.Facts, error) {
	facts := health.Facts{Now: time.Now(), Unreachable: map[string]string{}}
	for _, name := range o.Contexts {
		cluster, err := config.Cluster(name)
		if err != nil {
			return facts, err
		}
		member := kube.Member{ID: mcs.ClusterID(name), Cluster: cluster}
		if statement, err := membership.ReadStatement(ctx, cluster, membership.PropertyClusterID); err == nil && statement.Value != "" {
			member.ID = mcs.ClusterID(statement.Value)
		}
		read := readMember(ctx, member, o)
		if errors.Is(ctx.Err(), context.Canceled) {
			return facts, ctx.Err()
		}
		facts.Members = append(facts.Members, read)
	}
	if !errors.Is(reason, kube.ErrNoHub) {
		facts.HubErr = kube.Because(reason)
	}
	return facts, nil
}

// wanted says whether the options ask for a member.
func (o Options) wanted(m kube.Member) bool {
	if m.Cluster == nil {
		return false
	}
	for _, name := range o.Contexts {
		if name == m.Cluster.Context {
			return true
		}
	}
	return len(o.Contexts) == 0
}

// leaseFacts is what the member's Lease says.
func leaseFacts(m kube.Member) health.LeaseFacts {
	if m.Lease == nil {
		return health.LeaseFacts{}
	}
	f := health.LeaseFacts{Holder: membership.Holder(m.Lease), Renewed: membership.Renewed(m.Lease)}
	// A mark that cannot be read is none: nothing is concluded from it, as importers do.
	f.Mark, _ = membership.ParseMark(m.Lease.Annotations[membership.AnnotationPublished])
	return f
}
