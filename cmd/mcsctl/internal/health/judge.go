package health

import (
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Judge returns the state of a member by its Lease, at the time now on the hub's clock, and for how long it has been silent.
// Importers judge by the renewals that they see themselves and never by a remote clock. Who looks once has only the time that the
// member wrote; a Lease that was seen to move is alive whatever its member's clock says.
//
//	Lease            seen to move  last renewed          state
//	missing          -             -                     unheard
//	there            yes           any                   up
//	there            no            < stale time ago      up
//	there            no            in the future         up: its clock is ahead
//	there            no            >= stale time ago     stale, then forgotten
func Judge(lease LeaseFacts, now time.Time, thresholds membership.Thresholds) (State, time.Duration) {
	if lease.Renewed.IsZero() {
		return Unheard, 0
	}
	silence := max(0, now.Sub(lease.Renewed))
	switch {
	case lease.Moved:
		return Up, min(silence, lease.Watched)
	case silence < thresholds.Stale:
		return Up, silence
	case silence < thresholds.Forget:
		return Stale, silence
	default:
		return Forgotten, silence
	}
}

// Doubtful says whether a Lease that was read once is worth watching: by its clock alone its member would count as silent.
func Doubtful(lease LeaseFacts, now time.Time, thresholds membership.Thresholds) bool {
	state, _ := Judge(lease, now, thresholds)
	return lease.Watched == 0 && (state == Stale || state == Forgotten)
}
