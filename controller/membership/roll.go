package membership

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Standing is this cluster's own place in the registry.
type Standing int

// The standings of this cluster. The zero value is Unread.
const (
	// Unread is the standing before the registry was read.
	Unread Standing = iota
	// Unregistered is a cluster that the registry did not have since this controller began to read it.
	Unregistered
	// Registered is a member.
	Registered
	// Departed is a cluster that was seen registered, or was a member before the start, and whose registration was then deleted, while
	// others' stayed.
	Departed
)

// String returns the standing in lower case.
func (s Standing) String() string {
	switch s {
	case Unregistered:
		return "unregistered"
	case Registered:
		return "registered"
	case Departed:
		return "departed"
	}
	return "unread"
}

// The times that a registration is kept which is not there.
const (
	// departureGrace passes after the last of a row of vanishing registrations before any of them is a departure: a registry
	// that is deleted as a whole vanishes one by one.
	departureGrace = 2 * time.Second
	// returnGrace passes instead where a registry may be filling again that was restored: after a freeze, and before a cluster that was
	// a member before the start, by what it has imported, and is not registered has departed.
	returnGrace = time.Minute
)

// Roll follows the registry through time and says who counts as a member.
//
//	own      others   vanished   what it is
//	stays    some     any        they departed, once the row of vanishing has ended
//	stays    none     one        it departed: the clusterset had two members
//	stays    none     several    an accident: they are kept, frozen, until one of them is back
//	gone     some     any        this cluster departed
//	gone     none     any        an accident
//	never    any      any        not a member: nothing is concluded, unless something was imported from one of the others before
//	                             the start: then this cluster was a member, and departed while nobody watched
//
// A Roll reads no clock: the time is an argument. It is not safe for concurrent use.
type Roll struct {
	self       mcs.ClusterID
	standing   Standing
	registered bool                     // the registry has this cluster now
	own        Member                   // as last registered
	present    map[mcs.ClusterID]Member // the others, as the registry has them now
	vanished   map[mcs.ClusterID]Member // the others that it had, kept for now
	frozen     bool
	due        time.Time // when what vanished departs

	imported map[mcs.ClusterID]bool // those from which something was imported before the start
	missed   time.Time              // when this cluster was first found to be no member that was one before the start; zero if it was not
}

// NewRoll returns the Roll of the cluster self, which has not read the registry yet.
func NewRoll(self mcs.ClusterID) *Roll {
	return &Roll{
		self: self, present: map[mcs.ClusterID]Member{}, vanished: map[mcs.ClusterID]Member{}, imported: map[mcs.ClusterID]bool{},
	}
}

// Remember adds members known from before the start by what was imported from them. Those that the registry turns out not to
// have vanished then.
func (r *Roll) Remember(ids []mcs.ClusterID, now time.Time) {
	for _, id := range ids {
		if id == r.self {
			continue
		}
		r.imported[id] = true
		if _, stays := r.present[id]; stays {
			continue
		}
		if _, kept := r.vanished[id]; !kept {
			r.vanished[id] = Member{ID: id}
			r.due = later(r.due, now.Add(departureGrace))
		}
	}
	r.Settle(now)
}

// Update takes in what the registry says at the time now.
func (r *Roll) Update(members []Member, now time.Time) {
	present, registered := map[mcs.ClusterID]Member{}, false
	for _, member := range members {
		if member.ID == r.self {
			r.own, registered = member, true
			continue
		}
		present[member.ID] = member
		delete(r.vanished, member.ID)
	}
	lost := r.registered != registered || r.standing == Unread
	for id, member := range r.present {
		if _, stays := present[id]; !stays {
			r.vanished[id], lost = member, true
		}
	}
	r.present, r.registered = present, registered
	if lost {
		r.due = later(r.due, now.Add(departureGrace))
	}
	switch {
	case registered:
		r.standing = Registered
	case r.standing == Unread:
		r.standing = Unregistered
	}
	r.Settle(now)
}

// Settle lets those depart whose time has come. It is called again and again as time passes.
func (r *Roll) Settle(now time.Time) {
	if r.standing == Unregistered && r.leftUnseen(now) {
		r.standing = Departed
		clear(r.vanished)
	}
	if r.standing != Registered {
		return
	}
	alone := len(r.present) == 0
	accident := alone && (len(r.vanished) > 1 || !r.registered)
	if r.frozen && !accident {
		r.due = now.Add(returnGrace)
	}
	r.frozen = accident
	if accident || now.Before(r.due) {
		return
	}
	if !r.registered {
		r.standing = Departed
	}
	clear(r.vanished)
}

// leftUnseen reports whether this cluster, which is not registered, was a member before the start and has been missing from the
// registry for long enough. A registry without any of the members it knew is another one's, and says nothing.
func (r *Roll) leftUnseen(now time.Time) bool {
	known := false
	for id := range r.present {
		known = known || r.imported[id]
	}
	switch {
	case !known:
		r.missed = time.Time{}
	case r.missed.IsZero():
		r.missed = now
	}
	return known && !now.Before(r.missed.Add(returnGrace))
}

// Standing returns this cluster's own place, and its registration as it was last.
func (r *Roll) Standing() (Standing, Member) { return r.standing, r.own }

// Frozen reports whether the registry looks like an accident.
func (r *Roll) Frozen() bool { return r.frozen }

// Others returns the members but this cluster that count now, those that are kept included, sorted by id. There are none for
// a cluster that has departed.
func (r *Roll) Others() []Member {
	if r.standing == Departed {
		return nil
	}
	others := slices.Collect(maps.Values(r.present))
	for _, member := range r.vanished {
		if member.Namespace != "" {
			others = append(others, member)
		}
	}
	slices.SortFunc(others, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	return others
}

// Departed reports whether the cluster id is known to be no member: nothing of it is to stay.
func (r *Roll) Departed(id mcs.ClusterID) bool {
	switch r.standing {
	case Departed:
		return true
	case Registered:
		_, present := r.present[id]
		_, kept := r.vanished[id]
		return !present && !kept && id != r.self
	}
	return false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
