package mcs

import (
	"cmp"
	"time"
)

// ClockAllowance is how much older than its record on the hub an export may claim to be. Clocks that are further apart than this
// are not believed, so that no cluster wins by stating an ancient creation time.
const ClockAllowance = 5 * time.Minute

// Precedence orders exports of one name from the oldest, which wins conflicts, to the youngest: it is negative if a comes first,
// positive if b does, and zero only for two exports of one cluster. The KEP judges by the ServiceExport's creationTimestamp
// (KEP-1645, "Constraints and Conflict Resolution"); since each cluster states its own, the order is that of
//
//  1. what was recorded on the hub before what never was,
//  2. the later of the claimed time and the recorded time less five minutes,
//  3. the claimed time,
//  4. the cluster id.
//
// The order is total over clusters and depends on nothing but the two exports, so every importer finds the same winner.
func Precedence(a, b Export) int {
	return cmp.Or(
		unrecordedLast(a.Recorded, b.Recorded),
		standing(a).Compare(standing(b)),
		a.Claimed.Compare(b.Claimed),
		cmp.Compare(a.Cluster, b.Cluster),
	)
}

// standing is the age that is believed of an export.
func standing(e Export) time.Time {
	if e.Recorded.IsZero() {
		return e.Claimed
	}
	if floor := e.Recorded.Add(-ClockAllowance); e.Claimed.Before(floor) {
		return floor
	}
	return e.Claimed
}

func unrecordedLast(a, b time.Time) int {
	switch {
	case a.IsZero() == b.IsZero():
		return 0
	case a.IsZero():
		return 1
	}
	return -1
}
