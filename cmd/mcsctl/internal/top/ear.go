package top

import (
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// ear hears members' Leases move. Who looks for longer than one renewal judges as importers do: by what was seen here and by no
// other machine's clock. The zero value has heard nothing.
type ear struct {
	said  map[mcs.ClusterID]time.Time // what the Lease said last
	moved map[mcs.ClusterID]time.Time // when it was seen to change, by this machine's clock
}

// hear notes what the Leases say, read at a time of this machine's clock, and puts in the place of members' own times those at which
// they were heard.
func (e *ear) hear(facts *health.Facts, now time.Time) {
	if e.said == nil {
		e.said, e.moved = map[mcs.ClusterID]time.Time{}, map[mcs.ClusterID]time.Time{}
	}
	for i := range facts.Members {
		m := &facts.Members[i]
		said, found := e.said[m.ID]
		e.said[m.ID] = m.Lease.Renewed
		if found && !said.Equal(m.Lease.Renewed) {
			e.moved[m.ID] = now
		}
		if at, heard := e.moved[m.ID]; heard {
			m.Lease.Renewed = facts.Now.Add(-now.Sub(at))
		}
	}
}
