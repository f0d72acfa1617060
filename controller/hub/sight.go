package hub

import (
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// sight is what was last seen of a member's Lease.
type sight struct {
	stamp string
	moved time.Time     // when it was seen to move last, zero if it never was
	ahead time.Duration // by how much the member's clock was ahead of this cluster's then, as far as that can be told
}

// next is what is seen of a Lease now. What it says of the time is compared with the own clock only where it moved before, no longer
// than recent ago: a Lease that is seen after a break may have been renewed long before.
func (s sight) next(l lease, now time.Time, recent time.Duration) sight {
	if l.stamp != s.stamp && s.stamp != "" && l.stamp != "" {
		if !s.moved.IsZero() && now.Sub(s.moved) <= recent && !l.renewed.IsZero() {
			s.ahead = l.renewed.Sub(now)
		}
		s.moved = now
	}
	s.stamp = l.stamp
	return s
}

// apart returns the members whose clocks are further from this cluster's than exports are believed, and by how much each is ahead.
func apart(seen map[mcs.ClusterID]sight) map[mcs.ClusterID]time.Duration {
	far := map[mcs.ClusterID]time.Duration{}
	for id, s := range seen {
		if s.ahead.Abs() > mcs.ClockAllowance {
			far[id] = s.ahead
		}
	}
	return far
}
