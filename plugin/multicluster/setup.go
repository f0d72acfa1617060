package multicluster

import (
	"net"
	"net/netip"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
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
	run, err := newRunning(m, o, config)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	first := false
	c.OnFirstStartup(func() error { first = true; return nil })
	c.OnStartup(func() error {
		addresses, err := listenAddresses(dnsserver.GetConfig(c).ListenHosts, net.InterfaceAddrs)
		if err != nil {
			return plugin.Error(pluginName, err)
		}
		m.serveAt(addresses)
		run.start(first)
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
