package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/test/await"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// ready is nil when all imported endpoints of a name from a source are ready, or none is, as wanted.
func (s *stage) ready(ctx context.Context, m *clusterset.Member, name, source string, want bool) error {
	list, err := s.endpointsOf(ctx, m, name, source)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("%q has no endpoint of %q in %q", name, source, m.ID)
	}
	for _, e := range list {
		if got := ptr.Deref(e.Conditions.Ready, true); got != want {
			return fmt.Errorf("endpoint %v of %q from %q in %q is ready=%t", e.Addresses, name, source, m.ID, got)
		}
	}
	return nil
}

// The ghost's Lease is seen to move, and then no more. All waits are for what the members' own watchdogs conclude.
func silentMember(s *stage) {
	g := s.ghost()
	s.publish(g, "alone")
	s.publish(g, "shared")
	s.offer(a(), "shared")
	uid := s.hubUID()
	whole := func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(
			s.shows(ctx, m, "alone", plain(g.id)), s.ready(ctx, m, "alone", g.id, true),
			s.shows(ctx, m, "shared", plain("a", g.id)), s.ready(ctx, m, "shared", g.id, true),
		)
	}
	s.renew(g, uid)
	s.everywhere("imported", whole)
	s.renew(g, uid)
	before := s.allUIDs("alone", "shared")
	s.everywhere("stale, its endpoints step back where another can serve, and nowhere else", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(
			s.shows(ctx, m, "shared", plain("a", g.id)),
			s.ready(ctx, m, "shared", g.id, false), s.ready(ctx, m, "shared", "a", true), s.ready(ctx, m, "alone", g.id, true),
		)
	})
	s.everywhere("and an Event says so", func(ctx context.Context, m *clusterset.Member) error {
		return s.event(ctx, m, "shared", "MemberStale", g.id)
	})
	s.everywhere("forgotten, its endpoints are gone", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "shared", plain("a")), s.has(ctx, m, "shared", g.id))
	})
	s.everywhere("and an Event says that, too", func(ctx context.Context, m *clusterset.Member) error {
		return s.event(ctx, m, "shared", "MemberForgotten", g.id)
	})
	s.renew(g, uid)
	s.everywhere("back, it has all it had", whole)
	for _, m := range set.Members {
		after, err := s.uids(s.Context(), m, "alone", "shared")
		if err != nil {
			s.Fatal(err)
		}
		if got, want := after["import shared"], before[m.ID]["import shared"]; got != want {
			s.Errorf("the shared import in %s was %s and is %s", m.ID, want, got)
		}
	}
}

// renewed is when a member last renewed its Lease, by its own clock: all members' clocks are this machine's.
func renewed(ctx context.Context, m *clusterset.Member) (time.Time, error) {
	var lease coordinationv1.Lease
	name := types.NamespacedName{Namespace: membership.HubNamespace(mcs.ClusterID(m.ID)), Name: membership.LeaseName}
	if err := set.Hub.Client.Get(ctx, name, &lease); err != nil {
		return time.Time{}, err
	}
	return membership.Renewed(&lease), nil
}

// allSilent ends the controllers of all members but one, which cannot tell that from being cut off itself.
func allSilent(s *stage) {
	s.offer(a(), "shared")
	s.offer(b(), "shared")
	s.offer(c(), "alone")
	whole := func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(
			s.shows(ctx, m, "shared", plain("a", "b")), s.ready(ctx, m, "shared", "b", true),
			s.shows(ctx, m, "alone", plain("c.reg1")), s.ready(ctx, m, "alone", "c.reg1", true),
		)
	}
	s.everywhere("imported", whole)
	before := s.allUIDs("shared", "alone")
	s.stop(b())
	defer s.restart(b())
	s.stop(c())
	defer s.restart(c())
	silent, err := renewed(s.Context(), c())
	if err != nil {
		s.Fatal(err)
	}
	await.Holds(s.T, 2*patience, time.Second, "the only member left has renewed for longer than others are forgotten after", func(ctx context.Context) error {
		last, err := renewed(ctx, a())
		if lasted := last.Sub(silent); err == nil && lasted < forgetAfter+2*membership.RenewInterval {
			err = fmt.Errorf("they are silent for %v", lasted)
		}
		return errors.Join(err, whole(ctx, a()))
	})
	s.now("nothing was deleted and made again", func(ctx context.Context) error {
		after, err := s.uids(ctx, a(), "shared", "alone")
		if diff := cmp.Diff(before["a"], after); err == nil && diff != "" {
			err = fmt.Errorf("objects (-before +after):\n%s", diff)
		}
		return err
	})
}
