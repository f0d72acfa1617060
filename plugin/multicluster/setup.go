package multicluster

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"k8s.io/client-go/rest"
)

func init() { plugin.Register(pluginName, setup) }

func setup(c *caddy.Controller) error {
	o, err := parse(c)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	config, err := o.access.config()
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	m := newMulticluster(o)
	run, err := newWatch(m, o, config)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	c.OnStartup(func() error {
		addresses, err := listenAddresses(dnsserver.GetConfig(c).ListenHosts, net.InterfaceAddrs)
		if err != nil {
			return plugin.Error(pluginName, err)
		}
		m.serveAt(addresses)
		run.start()
		return nil
	})
	c.OnShutdown(func() error { run.stop(); return nil })
	dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler {
		m.Next = next
		return m
	})
	return nil
}

// newMulticluster makes a handler that knows nothing yet.
func newMulticluster(o *options) *Multicluster {
	m := &Multicluster{fall: o.fall}
	for i, name := range o.zones {
		m.zones = append(m.zones, newZone(name, i, o.ttl, o.maxEndpoints))
	}
	return m
}

// serveAt tells the zones where their name server is.
func (m *Multicluster) serveAt(addresses []netip.Addr) {
	for _, z := range m.zones {
		z.serveAt(addresses)
	}
}

// running is the watch side of one handler from start to stop.
type running struct {
	handler *Multicluster
	feed    *feed
	sources []*source
	timeout time.Duration

	cancel context.CancelFunc
	ended  *sync.WaitGroup
}

// newWatch prepares the watches of m.
func newWatch(m *Multicluster, o *options, config *rest.Config) (*running, error) {
	imports, slices, err := newClients(config)
	if err != nil {
		return nil, err
	}
	namespaces := o.namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	count := 2 * len(namespaces)
	if o.noEndpoints {
		count = len(namespaces)
	}
	w := &running{handler: m, feed: newFeed(m.zones, &m.current, count), timeout: o.startupTimeout}
	importHealth, sliceHealth := &health{resource: importsResource}, &health{resource: slicesResource}
	for _, ns := range namespaces {
		w.sources = append(w.sources, &source{
			resource: importsResource, namespace: ns, client: imports, store: w.feed.importStore(ns), health: importHealth,
		})
		if o.noEndpoints {
			continue
		}
		w.sources = append(w.sources, &source{
			resource: slicesResource, namespace: ns, client: slices, store: w.feed.sliceStore(ns), health: sliceHealth,
		})
	}
	return w, nil
}

// start begins to watch and waits for the first state, but never longer than the
// startup timeout: other plugins wait as well.
func (w *running) start() {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.ended = runAll(ctx, w.sources)
	w.ended.Go(func() {
		select {
		case <-w.feed.synced:
			w.handler.ready.reached.Store(true)
			log.Info("Synced: every import and slice is known")
		case <-ctx.Done():
		}
	})
	select {
	case <-w.feed.synced:
	case <-time.After(w.timeout):
		log.Warningf("Not synced after %v: SERVFAIL in the zones until it is", w.timeout)
	}
	w.handler.ready.reached.Store(true)
}

// stop ends the watches. It does not wait for requests that are under way.
func (w *running) stop() {
	if w.cancel != nil {
		w.cancel()
	}
}
