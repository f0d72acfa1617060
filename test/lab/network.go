package lab

import (
	"fmt"
	"net/netip"
	"os"

	"k8s.io/client-go/kubernetes"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// connect makes every cluster's place in the network, and the routes between them. It starts nothing.
func (l *Lab) connect(plans []plan.Cluster, families plan.Families) error {
	if l.isolation.Namespaces() {
		bridge, err := netspace.NewBridge(plan.Gateways(families))
		if err != nil {
			return err
		}
		l.bridge = bridge
	}
	for _, p := range plans {
		dir, err := l.home.path(p.Name)
		if err != nil {
			return err
		}
		c := &Cluster{lab: l, layout: layout{cluster: p, dir: dir}, components: map[string]*Process{}}
		l.clusters = append(l.clusters, c)
		if l.isolation.Namespaces() {
			err = c.settle(plans, families)
		} else {
			err = c.squat()
		}
		if err != nil {
			return fmt.Errorf("connecting cluster %q: %w", p.Name, err)
		}
		if err := c.introduce(); err != nil {
			return fmt.Errorf("connecting cluster %q: %w", p.Name, err)
		}
	}
	return nil
}

// settle gives the cluster a network of its own.
func (c *Cluster) settle(plans []plan.Cluster, families plan.Families) error {
	self := c.layout.cluster
	c.layout.ports = usualPorts
	c.layout.listen = self.Nodes[0]
	files, err := c.resolverFiles()
	if err != nil {
		return err
	}
	c.space, err = netspace.New(self.Name, files...)
	if err != nil {
		return err
	}
	networks, gateways := plan.NodeNetworks(families), plan.Gateways(families)
	addresses := make([]netip.Prefix, len(self.Nodes))
	for i, node := range self.Nodes {
		addresses[i] = netip.PrefixFrom(node, networks[i].Bits())
	}
	c.cable, err = c.lab.bridge.Plug(c.space, fmt.Sprintf("cluster%d", self.Number), addresses)
	if err != nil {
		return err
	}
	for i := range self.Nodes {
		// kube-proxy rewrites packets for ClusterIPs only after they have a route, any route.
		if err := c.space.Route(everywhere(gateways[i].Addr()), gateways[i].Addr()); err != nil {
			return err
		}
		if err := c.space.Refuse(self.Pods[i]); err != nil {
			return err
		}
		for _, other := range plans {
			if other.Name == self.Name {
				continue
			}
			if err := c.space.Route(other.Pods[i], other.Nodes[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func everywhere(family netip.Addr) netip.Prefix {
	if family.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// squat finds the cluster free ports on the machine's loopback.
func (c *Cluster) squat() error {
	c.layout.listen = loopback
	c.space = netspace.Host()
	free, err := FreePorts(4)
	if err != nil {
		return err
	}
	c.layout.ports = ports{etcd: free[0], etcdPeer: free[1], apiserver: free[2], dns: free[3]}
	return os.MkdirAll(c.layout.dir, 0o700)
}

// resolverFiles make programs in the cluster ask the cluster's DNS server, as pods do.
func (c *Cluster) resolverFiles() ([]netspace.File, error) {
	if err := os.MkdirAll(c.layout.dir, 0o700); err != nil {
		return nil, err
	}
	files := map[string]string{
		"resolv.conf": "nameserver " + c.layout.listen.String() + "\n" +
			"search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
		// Not systemd-resolved, mDNS or whatever else the machine asks before DNS.
		"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	}
	var covers []netspace.File
	for name, content := range files {
		source := c.layout.file(name)
		if err := os.WriteFile(source, []byte(content), 0o644); err != nil {
			return nil, err
		}
		covers = append(covers, netspace.File{Source: source, Target: "/etc/" + name})
	}
	return covers, nil
}

// introduce makes the cluster's keys and the client that everything else here uses.
func (c *Cluster) introduce() error {
	keys, err := issue(c.layout.cluster)
	if err != nil {
		return err
	}
	c.keys = keys
	c.rest = restConfig(c.server(c.layout.apiserver()), c.admin())
	c.rest.Dial = c.space.DialContext
	c.client, err = kubernetes.NewForConfig(c.rest)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return nil
}

func (c *Cluster) server(at netip.AddrPort) server {
	return server{cluster: c.Name(), address: at, ca: c.keys.ca}
}

func (c *Cluster) admin() user { return user{name: adminUser, pair: c.keys.admin} }
