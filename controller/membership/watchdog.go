package membership

import (
	"maps"
	"slices"
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Thresholds are the two lengths of silence that matter.
type Thresholds struct {
	// Stale is how long a Lease may stand still before its member counts as stale.
	Stale time.Duration
	// Forget is how long until it counts as forgotten. It is longer than Stale.
	Forget time.Duration
}

// DefaultThresholds are four missed renewals, and a quarter of an hour.
var DefaultThresholds = Thresholds{Stale: 60 * time.Second, Forget: 15 * time.Minute}

// Watchdog judges which members are alive by the changes of their Leases that this cluster sees itself.
//
// Silence is measured in watched time, a clock that advances only from one return of this cluster's own renewals to the next.
// While the hub or the way to it is down nothing comes back, watched time stands still, and nobody grows silent.
//
// A Watchdog reads no clock: the time is an argument. It is not safe for concurrent use.
type Watchdog struct {
	thresholds Thresholds
	longest    time.Duration // between two returns; a longer gap is an outage and does not count as watched

	watched  time.Duration
	returned time.Time // when the own Lease was last seen to move
	own      string
	members  map[mcs.ClusterID]*observation
	frozen   map[mcs.ClusterID]bool
	recalled Silences // of a Watchdog before this one
}

// observation is what was seen of one member's Lease.
type observation struct {
	stamp string        // what the Lease said last
	last  time.Duration // the watched time of its last move, or of its first sight
	moved bool          // it was seen to move
}

// Verdict is what a [Watchdog] concludes.
type Verdict struct {
	// States has the state of each member whose Lease exists; a member not in it is [Unknown].
	States map[mcs.ClusterID]State
	// Frozen are members that fell silent together while none is left fresh. This cluster is then more likely to be the
	// one that is cut off, and they keep their state. They are sorted.
	Frozen []mcs.ClusterID
}

// NewWatchdog returns a Watchdog for a clusterset whose members renew their Leases every renew.
func NewWatchdog(thresholds Thresholds, renew time.Duration) *Watchdog {
	return &Watchdog{
		thresholds: thresholds,
		longest:    2*renew + renew/2, // one renewal may fail
		members:    map[mcs.ClusterID]*observation{},
		frozen:     map[mcs.ClusterID]bool{},
	}
}

// SeeOwn records what this cluster's own Lease says, as it comes back through the watch.
func (w *Watchdog) SeeOwn(stamp string, now time.Time) {
	if stamp == w.own || stamp == "" {
		return
	}
	if gap := now.Sub(w.returned); w.own != "" && gap > 0 && gap <= w.longest {
		w.watched += gap
	}
	w.own, w.returned = stamp, now
}

// See records what a member's Lease says; any change of it is a sign of life. An empty stamp says that there is no Lease,
// which proves neither life nor silence.
func (w *Watchdog) See(id mcs.ClusterID, stamp string, now time.Time) {
	seen := w.members[id]
	switch {
	case stamp == "":
		delete(w.members, id)
		delete(w.frozen, id)
	case seen == nil:
		w.members[id] = &observation{stamp: stamp, last: w.position(now) - w.remembered(id, stamp)}
	case stamp != seen.stamp:
		*seen = observation{stamp: stamp, last: w.position(now), moved: true}
	}
}

// position is where now lies in watched time if the gap it lies in turns out to be watched.
func (w *Watchdog) position(now time.Time) time.Duration {
	if w.own == "" {
		return w.watched
	}
	return w.watched + min(max(now.Sub(w.returned), 0), w.longest)
}

// Judge returns the state of every member by what was seen so far.
//
//	silence    others                                        state
//	< Stale    any                                           Fresh once seen to move, else Unknown
//	>= Stale   one is fresh, or no other fell silent within  Stale, then Forgotten
//	           one stale time of the last that did
//	>= Stale   none is fresh, two or more fell silent        frozen: as before, until one of them moves
//	           within one stale time
//
// That none is fresh means something only after everybody has had the time to renew; until then recalled silences stand.
// Members that thaw without having moved are given the stale time once more.
func (w *Watchdog) Judge() Verdict {
	silent, anyFresh := w.silent()
	frozen := map[mcs.ClusterID]bool{}
	if together := w.together(silent); !anyFresh && len(together) > 1 && w.watched >= w.longest {
		frozen = together
	}
	for id := range w.frozen {
		if seen := w.members[id]; !frozen[id] && seen != nil {
			seen.last = max(seen.last, w.watched)
		}
	}
	w.frozen = frozen

	verdict := Verdict{States: make(map[mcs.ClusterID]State, len(w.members)), Frozen: slices.Sorted(maps.Keys(frozen))}
	for id, seen := range w.members {
		verdict.States[id] = w.state(seen, frozen[id])
	}
	return verdict
}

// silent returns the members that have been silent for the stale time, and whether any other has been seen to move since.
func (w *Watchdog) silent() (silent []mcs.ClusterID, anyFresh bool) {
	for id, seen := range w.members {
		switch {
		case w.watched-seen.last >= w.thresholds.Stale:
			silent = append(silent, id)
		case seen.moved:
			anyFresh = true
		}
	}
	return silent, anyFresh
}

// together returns those of the silent that fell silent within one stale time of the last that did.
func (w *Watchdog) together(silent []mcs.ClusterID) map[mcs.ClusterID]bool {
	var latest time.Duration
	for _, id := range silent {
		latest = max(latest, w.members[id].last)
	}
	group := map[mcs.ClusterID]bool{}
	for _, id := range silent {
		if latest-w.members[id].last <= w.thresholds.Stale {
			group[id] = true
		}
	}
	return group
}

func (w *Watchdog) state(seen *observation, frozen bool) State {
	silence := w.watched - seen.last
	switch {
	case !frozen && silence >= w.thresholds.Forget:
		return Forgotten
	case !frozen && silence >= w.thresholds.Stale:
		return Stale
	case seen.moved:
		return Fresh
	}
	return Unknown
}
