package hub

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// roster is who is in the clusterset and who is alive, at one moment. It is immutable.
type roster struct {
	standing membership.Standing
	own      membership.Member   // as registered, also when the registration is gone
	others   []membership.Member // sorted by id
	excluded []membership.Excluded
	// vanished says that the registry looks like an accident, and silent who looks lost together with too many others: what is
	// known of them is kept.
	vanished bool
	silent   []mcs.ClusterID
	// undecided says that it is not known yet whether this cluster is a member, and will be soon: the hub is being read for the first
	// time.
	undecided bool
	// published are the members, this one too, whose mark says on the hub as it is now that all they export is there.
	published []mcs.ClusterID
	// apart has the members whose clocks are too far from this cluster's to be believed, and by how much each is ahead.
	apart map[mcs.ClusterID]time.Duration
}

// member returns another member.
func (r *roster) member(id mcs.ClusterID) (membership.Member, bool) {
	i, found := slices.BinarySearchFunc(r.others, id, func(m membership.Member, id mcs.ClusterID) int {
		return compareIDs(m.ID, id)
	})
	if !found {
		return membership.Member{}, false
	}
	return r.others[i], true
}

// sameMembers reports whether two rosters have the same members in the same states.
func (r *roster) sameMembers(s *roster) bool {
	return r.standing == s.standing && r.own == s.own && r.vanished == s.vanished && r.undecided == s.undecided &&
		slices.Equal(r.others, s.others) && slices.Equal(r.silent, s.silent)
}

// rosters makes rosters out of what is read of profiles and Leases as time passes.
type rosters struct {
	config Config
	clock  clock.WithTicker
	away   func() bool // whether the hub was asked last in vain

	mu       sync.Mutex
	began    time.Time // when a roster was judged first
	roll     *membership.Roll
	watchdog *membership.Watchdog
	recalled bool // the watchdog knows what the one before it saw
	seen     map[mcs.ClusterID]sight
	floor    map[mcs.ClusterID]int64 // marks up to this sequence prove nothing, nor do those of who is not in it

	latest atomic.Pointer[roster]
}

// firstRead is for how long a hub that answers is waited for to say whether this cluster is a member.
const firstRead = 10 * time.Second

func newRosters(config Config, clock clock.WithTicker, away func() bool) *rosters {
	r := &rosters{
		config:   config,
		clock:    clock,
		away:     away,
		roll:     membership.NewRoll(config.Self),
		watchdog: membership.NewWatchdog(config.Thresholds, config.RenewInterval),
		seen:     map[mcs.ClusterID]sight{},
		floor:    map[mcs.ClusterID]int64{},
	}
	r.latest.Store(&roster{undecided: true})
	return r
}

// current returns the latest roster.
func (r *rosters) current() *roster { return r.latest.Load() }

// judge makes a roster of the profiles, nil if they were not read, and of what the Lease in each namespace of the hub says, and
// returns it with the one before. The hub is told by its UID.
func (r *rosters) judge(hub string, profiles []membership.ClusterProfile, read func(namespace string) lease) (before, after *roster) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if r.began.IsZero() {
		r.began = now
	}
	before = r.latest.Load()
	after = &roster{excluded: before.excluded}
	if profiles != nil {
		var members []membership.Member
		members, after.excluded = membership.Clusterset(profiles, r.config.Clusterset)
		r.roll.Update(members, now)
	} else {
		r.roll.Settle(now)
	}
	after.standing, after.own = r.roll.Standing()
	after.undecided = after.standing == membership.Unread && !r.away() && now.Sub(r.began) < firstRead
	after.vanished = r.roll.Frozen()
	after.others = r.roll.Others()
	verdict := r.observe(after, read, now)
	after.silent = verdict.Frozen
	for i := range after.others {
		after.others[i].State = verdict.States[after.others[i].ID]
	}
	after.published = r.proven(append(slices.Clone(after.others), after.own), hub, read, now)
	after.apart = apart(r.seen)
	r.latest.Store(after)
	return before, after
}

// observe shows the members' Leases to the watchdog.
func (r *rosters) observe(roster *roster, read func(namespace string) lease, now time.Time) membership.Verdict {
	// A rival's renewals in the own namespace do not show that this cluster's come back.
	if own := read(roster.own.Namespace); own.holder == r.config.UID {
		r.recall(own.silent)
		r.watchdog.SeeOwn(own.stamp, now)
	}
	seen := map[mcs.ClusterID]sight{}
	for _, member := range roster.others {
		l := read(member.Namespace)
		seen[member.ID] = r.seen[member.ID].next(l, now, r.config.Thresholds.Stale)
		r.watchdog.See(member.ID, l.stamp, now)
	}
	for id := range r.seen {
		if _, stays := seen[id]; !stays {
			r.watchdog.See(id, "", now)
		}
	}
	r.seen = seen
	return r.watchdog.Judge()
}

// heard returns when each member was last heard, of those that were.
func (r *rosters) heard() map[mcs.ClusterID]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := make(map[mcs.ClusterID]time.Time, len(r.seen))
	for id, seen := range r.seen {
		if !seen.moved.IsZero() {
			at[id] = seen.moved
		}
	}
	return at
}

// recall takes in, once, what the own Lease says of members that were silent before the start. What cannot be read says nothing.
func (r *rosters) recall(written string) {
	if r.recalled {
		return
	}
	r.recalled = true
	if silences, err := membership.ParseSilences(written); err == nil {
		r.watchdog.Recall(silences)
	}
}

// silences returns what a controller that takes over must know of silent members, and whether this one knows it itself.
func (r *rosters) silences() (membership.Silences, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watchdog.Silences(), r.recalled
}

// remember takes in members known from before the start.
func (r *rosters) remember(ids []mcs.ClusterID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roll.Remember(ids, r.clock.Now())
}

// departed reports whether a cluster is known to be no member.
func (r *rosters) departed(id mcs.ClusterID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.roll.Departed(id)
}

// runRoster judges the roster after changes and as time passes, until ctx ends.
func (h *Hub) runRoster(ctx context.Context) {
	ticker := h.clock.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.judge:
		case <-ticker.C():
		}
		h.judgeRoster()
	}
}

// rejudge has the roster judged soon.
func (h *Hub) rejudge() {
	select {
	case h.judge <- struct{}{}:
	default:
	}
}

// judgeRoster judges the roster now and tells of what changed.
func (h *Hub) judgeRoster() {
	uid, _ := h.provenance.current()
	before, after := h.rosters.judge(uid, h.readProfiles(), func(namespace string) lease {
		e, _ := h.leases.get(leaseIn(namespace))
		return e.record
	})
	h.announce(before, after)
	same := before.sameMembers(after)
	if !same {
		h.assembled.forgetAll()
		h.metrics.members(after)
	}
	if !same || !slices.Equal(before.published, after.published) {
		h.changedAll()
	}
	h.metrics.heard(h.rosters.heard())
	h.tellMissing(after)
}

// readProfiles returns the profiles, nil as long as they are not read from the hub as it is now.
func (h *Hub) readProfiles() []membership.ClusterProfile {
	if !h.provenance.has(profileResource) {
		return nil
	}
	profiles := []membership.ClusterProfile{}
	h.profiles.each(func(_ types.NamespacedName, e entry[membership.ClusterProfile]) bool {
		profiles = append(profiles, e.record)
		return true
	})
	return profiles
}

// marks returns the marks of all members as they were last read.
func (h *Hub) marks() map[mcs.ClusterID]membership.Mark {
	marks := map[mcs.ClusterID]membership.Mark{}
	roster := h.rosters.current()
	for _, member := range append(slices.Clone(roster.others), roster.own) {
		if e, found := h.leases.get(leaseIn(member.Namespace)); found {
			marks[member.ID] = e.record.mark
		}
	}
	return marks
}
