package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"sync"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/door"
)

// doorway is all that passes between outside and inside.
type doorway struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
}

// openDoors opens each cluster's doors and writes the kubeconfig for outside.
func (l *Lab) openDoors() error {
	ctx, cancel := context.WithCancel(context.Background())
	l.doors.cancel = cancel
	for _, c := range l.clusters {
		if err := c.openDoors(ctx); err != nil {
			return fmt.Errorf("opening doors to cluster %q: %w", c.Name(), err)
		}
	}
	if _, err := l.home.path(filepath.Base(l.OutsideKubeconfig())); err != nil {
		return err
	}
	all := *clientcmdapi.NewConfig()
	for _, c := range l.clusters {
		addContext(&all, c.server(c.api), c.admin())
	}
	all.CurrentContext = l.clusters[0].Name()
	return writeKubeconfig(all, l.OutsideKubeconfig())
}

func (c *Cluster) openDoors(ctx context.Context) error {
	if !c.lab.isolation.Namespaces() {
		c.api, c.dns = c.layout.apiserver(), c.DNS() // inside is outside
		return nil
	}
	var err error
	c.api, err = c.openTCP(ctx, c.layout.apiserver())
	if err != nil {
		return err
	}
	c.dns, err = c.openDNS(ctx)
	return err
}

// OpenDoor opens a door on the machine's own 127.0.0.1 to a TCP address in the cluster, and returns where it is. It stays open until
// ctx ends, which must be before the lab stops. Where the lab has no namespaces the address itself is returned, for inside is outside.
// It is an error if Config.Outside was not set.
func (c *Cluster) OpenDoor(ctx context.Context, to netip.AddrPort) (netip.AddrPort, error) {
	switch {
	case !c.api.IsValid():
		return netip.AddrPort{}, errNoDoors
	case !c.lab.isolation.Namespaces():
		return to, nil
	}
	at, err := c.openTCP(ctx, to)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("opening a door to %v in cluster %q: %w", to, c.Name(), err)
	}
	return at, nil
}

// openTCP opens a door that leads to an address in the cluster.
func (c *Cluster) openTCP(ctx context.Context, to netip.AddrPort) (netip.AddrPort, error) {
	listener, err := c.lab.isolation.doors.TCP()
	if err != nil {
		return netip.AddrPort{}, err
	}
	c.lab.doors.group.Go(func() { door.ForwardTCP(ctx, listener, c.dialer("tcp", to)) })
	return netip.ParseAddrPort(listener.Addr().String())
}

// openDNS opens a pair of doors with one number, since a DNS client that got a truncated answer comes again by TCP.
func (c *Cluster) openDNS(ctx context.Context) (netip.AddrPort, error) {
	listener, packets, err := c.lab.isolation.doors.Pair()
	if err != nil {
		return netip.AddrPort{}, err
	}
	c.lab.doors.group.Go(func() { door.ForwardTCP(ctx, listener, c.dialer("tcp", c.DNS())) })
	c.lab.doors.group.Go(func() { door.ForwardUDP(ctx, packets, c.dialer("udp", c.DNS())) })
	return netip.ParseAddrPort(listener.Addr().String())
}

func (c *Cluster) dialer(network string, to netip.AddrPort) door.Dial {
	return func(ctx context.Context) (net.Conn, error) { return c.space.DialContext(ctx, network, to.String()) }
}

func (d *doorway) close() {
	if d.cancel == nil {
		return
	}
	d.cancel()
	d.group.Wait()
}
