package unseen

import (
	"reflect"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// patience is for how long a write is waited for. The caches follow within milliseconds; an object that somebody else deletes before
// it is ever looked at is never seen, and must not be waited for for long.
const patience = time.Second

// Writes are this process' own writes that the caches may not show yet, each by the turn that made it: the namespace and name a
// controller works on. It holds a turn's writes until the next look at that turn. The zero value has none. It may be used
// concurrently.
type Writes struct {
	mu sync.Mutex
	of map[types.NamespacedName]map[object]write
}

// object names an object within a turn's namespace.
type object struct {
	kind reflect.Type
	name string
}

// write is what an object became.
type write struct {
	uid     types.UID
	version string
	gone    bool
	at      time.Time
}

// Wrote takes in that o was created or changed and is now as given.
func (w *Writes) Wrote(turn types.NamespacedName, o client.Object, now clock.PassiveClock) {
	w.note(turn, o, write{uid: o.GetUID(), version: o.GetResourceVersion(), at: now.Now()})
}

// Deleted takes in that the object which was o is gone, or about to go.
func (w *Writes) Deleted(turn types.NamespacedName, o client.Object, now clock.PassiveClock) {
	w.note(turn, o, write{uid: o.GetUID(), gone: true, at: now.Now()})
}

func (w *Writes) note(turn types.NamespacedName, o client.Object, made write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = make(map[types.NamespacedName]map[object]write)
	}
	if w.of[turn] == nil {
		w.of[turn] = make(map[object]write)
	}
	w.of[turn][objectOf(o)] = made
}

// Left is how much longer to wait for the caches to show what was written in a turn, given what they show of it; zero when they are
// at least as new, or when they have been waited for for long enough.
//
//	written   in the caches                          then
//	there     as old as the write, or newer          seen
//	there     older, or not there                    not seen
//	gone      not there, or another of the name      seen
//	gone      there, and not on its way out          not seen
func (w *Writes) Left(turn types.NamespacedName, shown []client.Object, now clock.PassiveClock) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.of[turn]) == 0 {
		return 0
	}
	there := make(map[object]client.Object, len(shown))
	for _, o := range shown {
		there[objectOf(o)] = o
	}
	var left time.Duration
	for name, made := range w.of[turn] {
		if !made.seen(there[name]) {
			left = max(left, patience-now.Since(made.at))
		}
	}
	if left <= 0 {
		delete(w.of, turn)
		return 0
	}
	return left
}

// seen says whether what is there, nil for nothing, is not older than the write.
func (made write) seen(there client.Object) bool {
	switch {
	case made.gone:
		return there == nil || there.GetUID() != made.uid || there.GetDeletionTimestamp() != nil
	case there == nil:
		return false
	}
	order, err := resourceversion.CompareResourceVersion(there.GetResourceVersion(), made.version)
	return err != nil || order >= 0 // Versions that cannot be compared are not waited for.
}

func objectOf(o client.Object) object { return object{kind: reflect.TypeOf(o), name: o.GetName()} }
