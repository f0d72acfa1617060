package membership

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// AnnotationSilent is set on a member's Lease to the [Silences] that its cluster has witnessed, for the controller that comes after:
// without them a restart would take silent members for new ones, and trust their endpoints again.
const AnnotationSilent = mcs.Domain + "/silent"

// Silences are the silences of other members, by id.
type Silences map[mcs.ClusterID]Silence

// Silence is how long a Lease has stood still, and where.
type Silence struct {
	// Stamp is what the Lease says: one that says something else now has moved since.
	Stamp string `json:"stamp"`
	// Seconds is how long it had been watched standing still.
	Seconds int64 `json:"seconds"`
}

// maxSilences bounds the annotation. When so many members are silent, the ones that have been for longest matter.
const maxSilences = 200

// String returns the annotation's value, "" for none.
func (s Silences) String() string {
	if len(s) == 0 {
		return ""
	}
	if len(s) > maxSilences {
		longest := slices.SortedFunc(maps.Keys(s), func(a, b mcs.ClusterID) int {
			return cmp.Or(cmp.Compare(s[b].Seconds, s[a].Seconds), cmp.Compare(a, b))
		})
		kept := make(Silences, maxSilences)
		for _, id := range longest[:maxSilences] {
			kept[id] = s[id]
		}
		s = kept
	}
	value, err := json.Marshal(s)
	if err != nil {
		return "" // Strings and numbers can always be written.
	}
	return string(value)
}

// ParseSilences reads the annotation's value. An empty value is none and no error.
func ParseSilences(value string) (Silences, error) {
	if value == "" {
		return nil, nil
	}
	var s Silences
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return nil, fmt.Errorf("parsing silences %q: %w", value[:min(len(value), 100)], err)
	}
	for id, silence := range s {
		if silence.Seconds < 0 || silence.Seconds > int64(365*24*time.Hour/time.Second) {
			return nil, fmt.Errorf("parsing silences: that of %q is of %d seconds", id, silence.Seconds)
		}
	}
	return s, nil
}

// Silences returns the silences that a controller which takes over must know of: those of members that have missed a renewal or
// more, but for the frozen ones, of whom nothing is concluded.
func (w *Watchdog) Silences() Silences {
	silences := Silences{}
	for id, seen := range w.members {
		if silence := w.watched - seen.last; silence > w.longest && !w.frozen[id] {
			silences[id] = Silence{Stamp: seen.stamp, Seconds: int64(silence / time.Second)}
		}
	}
	return silences
}

// Recall takes in the silences that an earlier Watchdog of this cluster had witnessed. A member whose Lease stands where it stood has
// been silent for that time already; one that has moved since begins anew.
func (w *Watchdog) Recall(silences Silences) {
	w.recalled = silences
	for id, seen := range w.members {
		if !seen.moved {
			seen.last -= w.remembered(id, seen.stamp)
		}
	}
}

// remembered is how long a Lease is known to have stood still at a stamp before this Watchdog first saw it.
func (w *Watchdog) remembered(id mcs.ClusterID, stamp string) time.Duration {
	silence, found := w.recalled[id]
	if !found || silence.Stamp != stamp {
		return 0
	}
	return time.Duration(silence.Seconds) * time.Second
}
