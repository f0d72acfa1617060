package grace

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Periods measure for how long names have been waiting, by this process' own clock. They hold one entry for each name that waits. The
// zero value has none. They may be used concurrently.
type Periods struct {
	mu    sync.Mutex
	since map[types.NamespacedName]time.Time
}

// Left returns how much of the allowance a name has left that waits now, zero when it is used up. A name that does not wait is
// forgotten.
func (p *Periods) Left(key types.NamespacedName, waiting bool, allowance time.Duration, now clock.PassiveClock) time.Duration {
	if !waiting {
		p.Forget(key)
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since == nil {
		p.since = make(map[types.NamespacedName]time.Time)
	}
	begun, found := p.since[key]
	if !found {
		begun = now.Now()
		p.since[key] = begun
	}
	return max(0, allowance-now.Since(begun))
}

// Forget takes in that a name does not wait.
func (p *Periods) Forget(key types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.since, key)
}
