package multicluster

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// running is the watch side of one handler from start to stop.
type running struct {
	handler *Multicluster
	feed    *feed
	sources []*source
	keeper  *keeper // nil: no snapshot file
	timeout time.Duration

	cancel context.CancelFunc
	kept   sync.WaitGroup // the keeper
	ended  sync.WaitGroup // everything else
}

// newRunning prepares the watches of m. Nothing runs yet.
func newRunning(m *Multicluster, o *options, config *rest.Config) (*running, error) {
	clients, err := newClients(config)
	if err != nil {
		return nil, err
	}
	if o.noEndpoints {
		delete(clients, slicesResource)
	}
	namespaces := o.namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	counts := make(map[string]int, len(clients))
	for resource := range clients {
		counts[resource] = len(namespaces)
	}
	w := &running{handler: m, feed: newFeed(m.zones, &m.current, counts), timeout: o.startupTimeout}
	for resource, client := range clients {
		for _, ns := range namespaces {
			health := &health{what: resource}
			if ns != "" {
				health.what += " in namespace " + strconv.Quote(ns)
			}
			w.sources = append(w.sources, &source{
				resource: resource, namespace: ns, client: client, store: w.feed.store(resource, ns), health: health,
				plain: resource == importsResource,
			})
		}
	}
	if o.snapshotFile != "" {
		w.keeper = &keeper{file: o.snapshotFile, server: config.Host, maxAge: o.snapshotMaxAge, keep: o.keeps}
	}
	return w, nil
}

// start begins to watch. It waits for the first state, but never longer than the
// startup timeout, since other plugins wait as well; and not at all when a
// snapshot file has something to serve. On a reload it waits for the API server
// first: the instance that it takes over from still answers, and knows better
// than the file.
func (w *running) start(first bool) {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	instances.add(w)
	warm := first && w.warm()
	for _, s := range w.sources {
		w.ended.Go(func() { s.run(ctx) })
	}
	if w.keeper != nil {
		w.kept.Go(func() { w.keeper.run(ctx, w.handler, w.reachable) })
	}
	w.ended.Go(func() { w.announce(ctx) })
	if !warm && !w.wait() && (first || !w.warm()) {
		log.Warningf("Nothing is known after %v: SERVFAIL in the zones until the API server has told all", w.timeout)
	}
	w.handler.ready.reached.Store(true)
}

// wait waits for the first state and reports whether it came in time.
func (w *running) wait() bool {
	timeout := time.NewTimer(w.timeout)
	defer timeout.Stop()
	select {
	case <-w.feed.synced:
		return true
	case <-timeout.C:
		return false
	}
}

// announce tells the operator that the first state has come.
func (w *running) announce(ctx context.Context) {
	select {
	case <-w.feed.synced:
		c := census{endpoints: make(map[string]int)}
		c.add(w.handler.current.Load())
		log.Infof("Synced: %d ClusterSetIP and %d headless imports, endpoints of %d clusters",
			c.clusterSetIP, c.headless, len(c.endpoints))
	case <-ctx.Done():
	}
}

// stop ends the watches and leaves the last state in the snapshot file. Requests
// under way are abandoned, not waited for.
func (w *running) stop() {
	if w.cancel == nil {
		return
	}
	w.cancel()
	instances.remove(w)
	w.kept.Wait()
}

func (w *running) warm() bool {
	return w.keeper != nil && w.keeper.warm(w.handler, time.Now())
}

// reachable reports whether the API server answered everything asked last.
func (w *running) reachable() bool {
	return !slices.ContainsFunc(w.sources, func(s *source) bool { return !s.health.good() })
}

// saved returns when the state in the snapshot file was current, if there is one.
func (w *running) saved() time.Time {
	if w.keeper == nil || w.keeper.savedAt.Load() == 0 {
		return time.Time{}
	}
	return time.Unix(0, w.keeper.savedAt.Load())
}
