package hub

import (
	"slices"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// announce logs what is new in a roster, one line for each change.
func (h *Hub) announce(before, after *roster) {
	if before.standing != after.standing {
		h.log.Info("Own registration has changed", "cluster", h.config.Self, "standing", after.standing.String(), "hubNamespace", after.own.Namespace)
	}
	for _, member := range after.others {
		switch was, known := before.member(member.ID); {
		case !known:
			h.log.Info("Member is registered", "cluster", member.ID, "hubNamespace", member.Namespace)
		case was.Namespace != member.Namespace:
			h.log.Info("Member has another namespace on the hub", "cluster", member.ID, "hubNamespace", member.Namespace)
		case was.State != member.State:
			h.log.Info("Member's state has changed", "cluster", member.ID, "state", member.State.String(), "before", was.State.String())
		}
	}
	for _, member := range before.others {
		if _, stays := after.member(member.ID); !stays {
			h.log.Info("Member has departed", "cluster", member.ID)
		}
	}
	for _, excluded := range after.excluded {
		if !slices.Contains(before.excluded, excluded) {
			h.log.Info("ClusterProfile registers no member", "profile", excluded.Profile, "reason", excluded.Reason)
		}
	}
	switch {
	case after.vanished && !before.vanished:
		h.log.Info("Registry has lost all other members at once, which are kept until one is back")
	case before.vanished && !after.vanished:
		h.log.Info("Registry has members again")
	}
	switch {
	case len(after.silent) > 0 && len(before.silent) == 0:
		h.log.Info("Several members fell silent together and none is left, which are kept as they are", "clusters", after.silent)
	case len(before.silent) > 0 && len(after.silent) == 0:
		h.log.Info("Members are heard again", "clusters", before.silent)
	}
}

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
	return found && e.record.mark.Hub == hub && h.rosters.trusts(id, e.record.mark)
}
