package importer

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// grace measures for how long imports have been waiting for something, by this process' own clock. It holds one entry for each
// import that waits.
type grace struct {
	mu    sync.Mutex
	since map[types.NamespacedName]time.Time
}

// left returns how much of the allowance an import has left that waits now, zero when it is used up. An import that does not wait
// is forgotten.
func (g *grace) left(key types.NamespacedName, waiting bool, allowance time.Duration, now clock.PassiveClock) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !waiting {
		delete(g.since, key)
		return 0
	}
	if g.since == nil {
		g.since = make(map[types.NamespacedName]time.Time)
	}
	begun, found := g.since[key]
	if !found {
		begun = now.Now()
		g.since[key] = begun
	}
	return max(0, allowance-now.Since(begun))
}
