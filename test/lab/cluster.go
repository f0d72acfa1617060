package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

// Cluster is one control plane with its node and pods. Its methods are safe for concurrent use.
type Cluster struct {
	lab    *Lab
	layout layout
	keys   *credentials
	space  *netspace.Space
	cable  *netspace.Cable // nil without namespaces
	rest   *rest.Config
	client kubernetes.Interface

	mu         sync.Mutex
	components map[string]*Process
	processes  []*Process
	pods       *background    // nil while they do not run
	standIn    *background    // nil while it does not run
	api, dns   netip.AddrPort // the doors outside; not valid without
}

// Name is the cluster's name in Config.Clusters.
func (c *Cluster) Name() string { return c.layout.cluster.Name }

// Dir is the directory of all the cluster's files; logs are in its directory log.
func (c *Cluster) Dir() string { return c.layout.dir }

// Node is the address of the cluster's node: reachable from every cluster, and the source address of what runs in this
// one. Without namespaces it is 127.0.0.1.
func (c *Cluster) Node() netip.Addr { return c.layout.listen }

// NodeAddresses are the addresses of the node, one of each family the cluster has.
func (c *Cluster) NodeAddresses() []netip.Addr {
	if !c.lab.isolation.Namespaces() {
		return []netip.Addr{c.layout.listen}
	}
	return append([]netip.Addr(nil), c.layout.cluster.Nodes...)
}

// PodCIDRs are the ranges of pod addresses, one of each family.
func (c *Cluster) PodCIDRs() []netip.Prefix {
	return append([]netip.Prefix(nil), c.layout.cluster.Pods...)
}

// ServiceCIDRs are the ranges of ClusterIPs, one of each family.
func (c *Cluster) ServiceCIDRs() []netip.Prefix {
	return append([]netip.Prefix(nil), c.layout.cluster.Services...)
}

// DNS is where this cluster's DNS server is expected to listen, on UDP and TCP: what runs in the cluster finds it in
// /etc/resolv.conf. The lab starts none.
func (c *Cluster) DNS() netip.AddrPort {
	return netip.AddrPortFrom(c.layout.listen, c.layout.ports.dns)
}

// OutsideDNS is where [Cluster.DNS] is reached from outside the lab, on UDP and TCP at one port, and false when
// Config.Outside was not set.
func (c *Cluster) OutsideDNS() (netip.AddrPort, bool) { return c.dns, c.dns.IsValid() }

// AdminKubeconfig is the file with which a program in any cluster of this lab may do anything in this one.
func (c *Cluster) AdminKubeconfig() string { return c.layout.file("admin.kubeconfig") }

// OutsideKubeconfig is the same for programs outside the lab, and empty when Config.Outside was not set.
func (c *Cluster) OutsideKubeconfig() string {
	if !c.api.IsValid() {
		return ""
	}
	return c.layout.file("outside.kubeconfig")
}

// Config is for clients in this process: it may do anything, without a client-side rate limit, and also while the
// cluster is partitioned from the others.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.rest) }

// Client is a client made from [Cluster.Config].
func (c *Cluster) Client() kubernetes.Interface { return c.client }

// Do runs f in the cluster's network and returns its error. Sockets that f opens stay in that network; goroutines that f
// starts are not in it, so give addresses and not names to what f calls.
func (c *Cluster) Do(f func() error) error { return c.space.Do(f) }

// DialContext connects as a client in the cluster would. It takes a name in place of an address too, and asks the
// cluster's DNS server for it. Use it as http.Transport.DialContext.
func (c *Cluster) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(address); err == nil {
		return c.space.DialContext(ctx, network, address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialing %q in cluster %q: %w", address, c.Name(), err)
	}
	ips, err := c.resolver().LookupHost(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("dialing %q in cluster %q: %w", address, c.Name(), err)
	}
	var errs []error
	for _, ip := range ips {
		conn, err := c.space.DialContext(ctx, network, net.JoinHostPort(ip, port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("dialing %q in cluster %q: %w", address, c.Name(), errors.Join(errs...))
}

// resolver asks the cluster's own DNS server, whatever the machine is configured to ask.
func (c *Cluster) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return c.space.DialContext(ctx, network, c.DNS().String())
	}}
}

// Partition cuts the cluster off from all others, or joins it to them again. Cut off, packets vanish in both directions
// and nobody is told; what runs in the cluster goes on and reaches everything in it, and so do the doors outside.
func (c *Cluster) Partition(cut bool) error {
	if c.cable == nil {
		return fmt.Errorf("partitioning cluster %q: it has no network of its own: %s", c.Name(), c.lab.isolation.Why)
	}
	if cut {
		return c.cable.Disconnect()
	}
	return c.cable.Connect()
}

// openLog opens the log of something that goes on in this process on behalf of the cluster.
func (c *Cluster) openLog(name string) (*os.File, error) {
	if err := os.MkdirAll(c.layout.file("log"), 0o700); err != nil {
		return nil, fmt.Errorf("opening the log of cluster %q: %w", c.Name(), err)
	}
	file, err := os.OpenFile(c.layout.file("log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of cluster %q: %w", c.Name(), err)
	}
	return file, nil
}
