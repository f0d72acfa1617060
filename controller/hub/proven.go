package hub

import (
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// proven returns those of members whose mark proves something on the hub.
//
// A mark that a process finds at its start may be that of a backup to which the hub was restored a moment ago, before its member has
// noticed: it proves something from its next renewal on, unless it was renewed just now. That delays the withdrawal of what was
// withdrawn while this cluster did not look, and nothing else.
func (r *rosters) proven(members []membership.Member, hub string, read func(namespace string) lease, now time.Time) []mcs.ClusterID {
	var proven []mcs.ClusterID
	for _, member := range members {
		l := read(member.Namespace)
		if l.mark == (membership.Mark{}) {
			continue
		}
		if _, met := r.floor[member.ID]; !met {
			r.floor[member.ID] = 0
			if member.ID != r.config.Self && now.Sub(l.renewed).Abs() > 2*r.config.RenewInterval {
				r.floor[member.ID] = l.mark.Sequence
			}
		}
		if r.believes(hub, member.ID, l.mark) {
			proven = append(proven, member.ID)
		}
	}
	return proven
}

// distrust lets the marks that members have set so far prove nothing.
func (r *rosters) distrust(marks map[mcs.ClusterID]membership.Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, mark := range marks {
		r.floor[id] = max(r.floor[id], mark.Sequence)
	}
}

// trusts reports whether a member's mark proves something on the hub.
func (r *rosters) trusts(hub string, id mcs.ClusterID, mark membership.Mark) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.believes(hub, id, mark)
}

// believes is trusts under the lock.
func (r *rosters) believes(hub string, id mcs.ClusterID, mark membership.Mark) bool {
	floor, met := r.floor[id]
	return met && mark.Hub == hub && mark.Sequence > floor
}
