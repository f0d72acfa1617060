package hub

import (
	"slices"
	"time"
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
	h.announceClocks(before, after)
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

// announceClocks logs of which members the clock has come to differ, or to agree. Who made an export first is judged by the hub's clock
// then, so that nothing is lost; but it is somebody's to mend.
func (h *Hub) announceClocks(before, after *roster) {
	for _, member := range after.others {
		ahead, differs := after.apart[member.ID]
		switch _, differed := before.apart[member.ID]; {
		case differs && !differed:
			h.log.Info("Member's clock differs from this cluster's", "cluster", member.ID, "ahead", ahead.Round(time.Second).String())
		case differed && !differs:
			h.log.Info("Member's clock agrees with this cluster's again", "cluster", member.ID)
		}
	}
}
