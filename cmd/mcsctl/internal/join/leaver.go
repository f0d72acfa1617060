package join

import (
	"context"
	"fmt"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// identify finds out under which id the cluster is a member, and refuses an id that is another cluster's.
func (l *leaving) identify(ctx context.Context) error {
	if l.member == nil {
		return l.mustBeGone(time.Now())
	}
	if err := l.find(ctx); err != nil {
		return err
	}
	if _, err := mcs.ParseClusterID(l.id); err != nil {
		return exit.Usage("%w: name the id it joined under with --cluster-id", err)
	}
	return l.mustBeItsOwn(ctx)
}

// mustBeGone refuses to take away what a cluster lives by that still gives signs of life.
func (l *leaving) mustBeGone(now time.Time) error {
	member, registered := l.set.Member(mcs.ClusterID(l.id))
	switch {
	case !registered:
		l.screen.Note("%s is not registered on hub %s: what is left of it is removed", l.id, l.set.Hub.Context)
	case member.Lease != nil && now.Sub(membership.Renewed(member.Lease)) < membership.DefaultThresholds.Stale:
		context := "CONTEXT"
		if member.Cluster != nil {
			context = member.Cluster.Context
		}
		return exit.Problem(fmt.Errorf("%q is not gone: it gave a sign of life on hub %q %s ago; take it out with mcsctl leave --context %s, or end its controller first",
			l.id, l.set.Hub.Context, now.Sub(membership.Renewed(member.Lease)).Round(time.Second), context))
	}
	return nil
}

// find takes the id from what the hub knows of the context, then from the command line, then from the cluster itself.
func (l *leaving) find(ctx context.Context) error {
	if l.set != nil {
		if member, found := l.set.ByContext(l.member.Context); found {
			if l.id != "" && l.id != string(member.ID) {
				return exit.Usage("context %q is the member %q and --cluster-id is %q", l.member.Context, member.ID, l.id)
			}
			l.id = string(member.ID)
			return nil
		}
	}
	if l.id != "" {
		return nil
	}
	statement, err := membership.ReadStatement(ctx, l.member, membership.PropertyClusterID)
	if err != nil {
		return fmt.Errorf("reading the cluster id of context %q: %w", l.member.Context, err)
	}
	if l.id = statement.Value; l.id == "" {
		// Nothing is known of it on either side: what a join that failed early has left has the context's name.
		l.id = l.member.Context
	}
	return nil
}

// mustBeItsOwn refuses an id that another cluster holds on the hub: by its name, or by what it states of itself since it lost the id.
func (l *leaving) mustBeItsOwn(ctx context.Context) error {
	if l.set == nil {
		return nil
	}
	member, registered := l.set.Member(mcs.ClusterID(l.id))
	if !registered || member.Lease == nil || membership.Holder(member.Lease) == "" {
		return nil
	}
	uid, err := membership.ReadKubeSystemUID(ctx, l.member)
	if err != nil {
		return fmt.Errorf("reading which cluster context %q leads to: %w", l.member.Context, err)
	}
	if membership.Holder(member.Lease) == uid {
		return nil
	}
	return exit.Problem(fmt.Errorf("%q on hub %q is another cluster, with kube-system UID %s, and context %q has %s: name the id that this one joined under with --cluster-id, or remove what is left in it with mcsctl leave --context %s --force",
		l.id, l.set.Hub.Context, membership.Holder(member.Lease), l.member.Context, uid, l.member.Context))
}
