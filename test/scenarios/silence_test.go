package scenarios

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/utils/ptr"

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
	s.everywhere("forgotten, its endpoints are gone", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "shared", plain("a")), s.has(ctx, m, "shared", g.id))
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
