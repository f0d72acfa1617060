package hub

import (
	"maps"
	"slices"
	"sync"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// absences are which namespaces each other member has said it lacks, as it was last told to subscribers.
type absences struct {
	mu   sync.Mutex
	last map[mcs.ClusterID][]string
}

// change takes in what members say now, and returns the namespaces of which one says something else than before.
func (m *absences) change(now map[mcs.ClusterID][]string) map[string]struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := map[string]struct{}{}
	for _, id := range slices.Concat(slices.Collect(maps.Keys(now)), slices.Collect(maps.Keys(m.last))) {
		for _, pair := range [][2][]string{{now[id], m.last[id]}, {m.last[id], now[id]}} {
			for _, namespace := range pair[0] {
				if _, same := slices.BinarySearch(pair[1], namespace); !same {
					changed[namespace] = struct{}{}
				}
			}
		}
	}
	m.last = now
	return changed
}

// Missing returns the other members that have said they do not have a namespace, sorted.
func (h *Hub) Missing(namespace string) []mcs.ClusterID {
	var without []mcs.ClusterID
	for _, member := range h.rosters.current().others {
		e, _ := h.leases.get(leaseIn(member.Namespace))
		if _, found := slices.BinarySearch(e.record.missing, namespace); found {
			without = append(without, member.ID)
		}
	}
	return without
}

// tellMissing tells of the own exports whose namespace a member has come to lack, or to have.
func (h *Hub) tellMissing(members *roster) {
	now := map[mcs.ClusterID][]string{}
	for _, member := range members.others {
		if e, found := h.leases.get(leaseIn(member.Namespace)); found && len(e.record.missing) > 0 {
			now[member.ID] = e.record.missing
		}
	}
	changed := h.absences.change(now)
	if len(changed) == 0 {
		return
	}
	for _, key := range h.Owned() {
		if _, concerned := changed[key.Namespace]; concerned {
			h.changed(key)
		}
	}
}
