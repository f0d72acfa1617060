package multicluster

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	saveEvery    = 10 * time.Second // at most how often a change is written
	refreshEvery = 5 * time.Minute  // how often the file is told that nothing changed
)

// keeper keeps the snapshot file: it reads it at the start and writes it while
// the plugin runs.
type keeper struct {
	file   string
	server string
	maxAge time.Duration
	keep   func(savedObject) bool // whether the plugin serves such an object

	savedAt atomic.Int64 // when the state in the file was current, in nanoseconds since 1970; 0: no file
	written *snapshot    // what the file holds; one goroutine at a time uses it
	failing bool
}

// warm gives m the state in the file, unless it has a state by now, and reports
// whether it did. A file that cannot be used costs one log line.
func (k *keeper) warm(m *Multicluster, now time.Time) bool {
	st, at, err := loadFile(k.file, k.server, k.maxAge, now, k.keep)
	if err != nil {
		log.Warningf("Starting without the snapshot: %v", err)
		return false
	}
	if st == nil {
		return false
	}
	s := &snapshot{services: st.services, namespaces: st.namespaces, savedAt: at}
	s.setSerial(nextSerial(now), m.zones)
	if !m.current.CompareAndSwap(nil, s) {
		return false
	}
	k.savedAt.Store(at.UnixNano())
	log.Infof("Serving the snapshot of %s until the API server has told all", at.Format(time.RFC3339))
	return true
}

// run writes the file for every change of m, and now and then without one while
// the API server is in reach, until ctx ends; then once more.
func (k *keeper) run(ctx context.Context, m *Multicluster, reachable func() bool) {
	ticks := time.NewTicker(saveEvery)
	defer ticks.Stop()
	for {
		select {
		case now := <-ticks.C:
			k.save(m.current.Load(), now, reachable())
		case <-ctx.Done():
			k.save(m.current.Load(), time.Now(), false)
			return
		}
	}
}

// save writes s when the file does not hold it, or when it does and is still
// known to be current after a while.
func (k *keeper) save(s *snapshot, now time.Time, reachable bool) {
	if s == nil || s.stale() {
		return
	}
	refresh := reachable && now.UnixNano()-k.savedAt.Load() >= int64(min(refreshEvery, k.maxAge/4))
	if s == k.written && !refresh {
		return
	}
	if err := saveFile(k.file, s, k.server, now); err != nil {
		if !k.failing {
			log.Warningf("Going on without a current snapshot: %v", err)
		}
		k.failing = true
		return
	}
	if k.failing {
		log.Infof("Snapshot %q is written again", k.file)
	}
	k.failing = false
	k.written = s
	k.savedAt.Store(now.UnixNano())
}
