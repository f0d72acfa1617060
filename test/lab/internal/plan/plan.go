package plan

import (
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation"
)

// MaxClusters is how many clusters one plan has room for: the second octet of an IPv4 pod range is the cluster's
// number, and 10.95 and above belong to the nodes and the Services.
const MaxClusters = 64

const (
	nodeOctet    = 95 // 10.95.0.0/24: the network all nodes share
	serviceOctet = 95 // 10.(95+n).0.0/16: the Services of cluster n, so that the first one has the familiar 10.96
)

// Cluster is what one cluster is given. Slices hold the IPv4 range first and, in a dual-stack plan, the IPv6 range
// second.
type Cluster struct {
	// Name is the cluster's name as given, a DNS-1123 subdomain.
	Name string
	// Number counts from 1 in the order of the names.
	Number int
	// Nodes are the addresses of the cluster's one node, reachable from every other cluster.
	Nodes []netip.Addr
	// Pods are the ranges that pod addresses come from, routed between the clusters.
	Pods []netip.Prefix
	// Services are the ranges that ClusterIPs come from; they mean nothing outside their own cluster.
	Services []netip.Prefix
}

// Families says which address families a plan covers.
type Families int

const (
	// IPv4 plans IPv4 addresses only.
	IPv4 Families = iota
	// DualStack plans IPv4 first and IPv6 second.
	DualStack
)

// Gateways are the addresses of the network that joins the nodes, on the lab's own side: where a default route points.
func Gateways(f Families) []netip.Prefix {
	gateways := []netip.Prefix{netip.PrefixFrom(nodeIPv4(0), 24)}
	if f == DualStack {
		gateways = append(gateways, netip.PrefixFrom(nodeIPv6(0), 64))
	}
	return gateways
}

// NodeNetworks are the prefixes of the network that joins the nodes.
func NodeNetworks(f Families) []netip.Prefix {
	networks := Gateways(f)
	for i := range networks {
		networks[i] = networks[i].Masked()
	}
	return networks
}

// Clusters plans the addresses of the named clusters. It refuses no names, too many, repeated ones and names that are
// not DNS-1123 subdomains, because a name becomes a node's name, a directory and a kubeconfig context.
func Clusters(names []string, f Families) ([]Cluster, error) {
	if len(names) == 0 || len(names) > MaxClusters {
		return nil, fmt.Errorf("planning %d clusters: between 1 and %d fit", len(names), MaxClusters)
	}
	seen := make(map[string]bool, len(names))
	clusters := make([]Cluster, 0, len(names))
	for i, name := range names {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			return nil, fmt.Errorf("planning cluster %q: %s", name, problems[0])
		}
		if seen[name] {
			return nil, fmt.Errorf("planning cluster %q: the name is there twice", name)
		}
		seen[name] = true
		clusters = append(clusters, cluster(name, i+1, f))
	}
	return clusters, nil
}

func cluster(name string, number int, f Families) Cluster {
	c := Cluster{
		Name:     name,
		Number:   number,
		Nodes:    []netip.Addr{nodeIPv4(number)},
		Pods:     []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(number)}), 16)},
		Services: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(serviceOctet + number)}), 16)},
	}
	if f == DualStack {
		c.Nodes = append(c.Nodes, nodeIPv6(number))
		c.Pods = append(c.Pods, netip.PrefixFrom(ipv6(number, 0), 64))
		c.Services = append(c.Services, netip.PrefixFrom(ipv6(serviceOctet+number, 0), 112))
	}
	return c
}

// nodeIPv4 leaves .1 to the gateway, which is number 0.
func nodeIPv4(number int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, nodeOctet, 0, byte(number + 1)})
}

func nodeIPv6(number int) netip.Addr {
	return ipv6(nodeOctet, byte(number+1))
}

// ipv6 is fd10:<number>::<last>, the number written so that it reads in hexadecimal as it does in decimal: cluster 12
// has fd10:12::, next to 10.12.0.0.
func ipv6(number int, last byte) netip.Addr {
	decimal := number/100<<8 | number/10%10<<4 | number%10
	return netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x10, 2: byte(decimal >> 8), 3: byte(decimal), 15: last})
}
