package hub

import (
	"fmt"
	"slices"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Members returns the other members of the clusterset, sorted by id, each with its state.
func (h *Hub) Members() []membership.Member { return slices.Clone(h.rosters.current().others) }

// Excluded returns the ClusterProfiles that register no member, and why.
func (h *Hub) Excluded() []membership.Excluded { return slices.Clone(h.rosters.current().excluded) }

// Standing returns this cluster's own place in the registry, and its registration as it was last.
func (h *Hub) Standing() (membership.Standing, membership.Member) {
	roster := h.rosters.current()
	return roster.standing, roster.own
}

// Departed reports whether this cluster itself is known to be no member any more: its registration was deleted while others' stayed.
func (h *Hub) Departed() bool { return h.rosters.current().standing == membership.Departed }

// Unregistered reports whether this cluster is no member, as far as it knows: the registry was read and does not have it, which has not
// been seen to depart; or the hub answers and is about to say. It is false while the hub cannot be reached: then it may be one.
func (h *Hub) Unregistered() bool {
	roster := h.rosters.current()
	return roster.standing == membership.Unregistered || roster.undecided
}

// Frozen returns the members that are kept as they are because too many fell silent together, and whether all others are
// because the registry lost them at once.
func (h *Hub) Frozen() (silent []mcs.ClusterID, vanished bool) {
	roster := h.rosters.current()
	return slices.Clone(roster.silent), roster.vanished
}

// Remember tells of members from which something is still imported. Those that turn out not to be registered any more are
// then seen to have vanished, and are treated by the rules for that, rather than never having been there. It is called before Run.
func (h *Hub) Remember(ids ...mcs.ClusterID) { h.rosters.remember(ids) }

// Published reports whether the absence of a record of a cluster says that it exports nothing under the name: the member has
// stated on this hub, as it is now, that it has published everything; or the cluster is known to be no member.
func (h *Hub) Published(id mcs.ClusterID) bool {
	hub, whole := h.provenance.current()
	if !whole {
		return false
	}
	roster := h.rosters.current()
	member, found := roster.member(id)
	if id == h.config.Self && roster.standing == membership.Registered {
		member, found = roster.own, true
	}
	if !found {
		return h.rosters.departed(id)
	}
	e, found := h.leases.get(leaseIn(member.Namespace))
	return found && h.rosters.trusts(hub, id, e.record.mark)
}

// ownNamespace returns this cluster's namespace on the hub.
func (h *Hub) ownNamespace() (string, error) {
	roster := h.rosters.current()
	switch roster.standing {
	case membership.Registered:
		return roster.own.Namespace, nil
	case membership.Unread:
		return "", fmt.Errorf("the registry is not read yet: %w", ErrUnreachable)
	}
	for _, excluded := range roster.excluded {
		if excluded.Profile == string(h.config.Self) {
			return "", fmt.Errorf("cluster %q is not a member, %s: %w", h.config.Self, excluded.Reason, ErrRefused)
		}
	}
	return "", fmt.Errorf("cluster %q is %s: no ClusterProfile in the hub's namespace %q registers it: %w",
		h.config.Self, roster.standing, h.config.ClustersetNamespace, ErrRefused)
}

// disputed returns the error of a cluster whose id another one holds.
func (h *Hub) disputed(rival string) error {
	return fmt.Errorf("cluster id %q is held by the cluster with kube-system UID %q, and this one has %q: %w",
		h.config.Self, rival, h.config.UID, ErrRefused)
}
