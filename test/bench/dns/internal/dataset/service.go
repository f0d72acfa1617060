package dataset

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// Zone is the zone of the clusterset.
const Zone = "clusterset.local."

// The one port of every service.
const (
	portName = "http"
	port     = 80
)

// Clusters are the ids of the clusters that export.
var Clusters = [...]string{"east", "north", "west"}

const (
	perNamespace = 100 // services
	perSlice     = 100 // endpoints at most, as the control plane cuts them
)

// Service is one imported service.
type Service struct {
	// Namespace and Name are those of its ServiceImport.
	Namespace, Name string
	// IP is the clusterset IP; not valid for a headless service.
	IP netip.Addr
	// Slices are its EndpointSlices.
	Slices []Slice
}

// Slice is one EndpointSlice of one source cluster.
type Slice struct {
	Name, Cluster string
	Endpoints     []Endpoint
}

// Endpoint is one ready endpoint. An empty Hostname means that its address names it.
type Endpoint struct {
	Address  netip.Addr
	Hostname string
}

// New makes the services of a shape. Kinds and addresses are spread by the seed; the same seed gives the same services.
func New(shape Shape, seed uint64) []Service {
	endpoints := make([]int, 0, shape.Services()) // of a headless service, 0 for ClusterSetIP
	for _, kind := range []struct{ endpoints, count int }{
		{0, shape.ClusterSetIP}, {9, shape.Nine}, {100, shape.Hundred}, {1000, shape.Thousand},
	} {
		for range kind.count {
			endpoints = append(endpoints, kind.endpoints)
		}
	}
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(endpoints), func(i, j int) {
		endpoints[i], endpoints[j] = endpoints[j], endpoints[i]
	})
	pool := newPool(seed)
	services := make([]Service, len(endpoints))
	for i, n := range endpoints {
		services[i] = Service{Namespace: fmt.Sprintf("ns-%03d", i/perNamespace), Name: fmt.Sprintf("svc-%05d", i)}
		switch n {
		case 0:
			services[i].IP = pool.service()
			services[i].fill(pool, len(Clusters))
		case 9: // as a StatefulSet has it
			services[i].fill(pool, n)
			services[i].nameHosts()
		default: // as a Deployment has it
			services[i].fill(pool, n)
		}
	}
	return services
}

// Large is one headless service of that many endpoints, in the first namespace and beside all others.
func Large(endpoints int, seed uint64) Service {
	s := Service{Namespace: "ns-000", Name: "large"}
	pool := newPool(seed)
	pool.skip(1 << 19) // beyond those of every shape
	s.fill(pool, endpoints)
	return s
}

// fill gives the service n endpoints, spread evenly over the clusters.
func (s *Service) fill(pool *pool, n int) {
	for c, cluster := range Clusters {
		mine := n / len(Clusters)
		if c < n%len(Clusters) {
			mine++
		}
		for part := 0; mine > 0; part++ {
			slice := Slice{Name: fmt.Sprintf("%s-%s-%d", s.Name, cluster, part), Cluster: cluster}
			for range min(mine, perSlice) {
				slice.Endpoints = append(slice.Endpoints, Endpoint{Address: pool.pod(c)})
			}
			mine -= len(slice.Endpoints)
			s.Slices = append(s.Slices, slice)
		}
	}
}

// nameHosts gives every endpoint the host name of a StatefulSet's pod.
func (s *Service) nameHosts() {
	for i := range s.Slices {
		for j := range s.Slices[i].Endpoints {
			s.Slices[i].Endpoints[j].Hostname = fmt.Sprintf("%s-%d", s.Name, j)
		}
	}
}

// Headless is whether the service has no IP of its own.
func (s Service) Headless() bool { return !s.IP.IsValid() }

// Endpoints is the number of its endpoints.
func (s Service) Endpoints() int {
	n := 0
	for _, slice := range s.Slices {
		n += len(slice.Endpoints)
	}
	return n
}

// Addresses are what an A query for its name is answered with, in no order.
func (s Service) Addresses() []netip.Addr {
	if !s.Headless() {
		return []netip.Addr{s.IP}
	}
	all := make([]netip.Addr, 0, s.Endpoints())
	for _, slice := range s.Slices {
		for _, e := range slice.Endpoints {
			all = append(all, e.Address)
		}
	}
	return all
}

// FQDN is its name in the zone.
func (s Service) FQDN() string { return s.Name + "." + s.Namespace + ".svc." + Zone }

// HostFQDN is the name of one of its endpoints.
func (s Service) HostFQDN(cluster string, e Endpoint) string {
	host := e.Hostname
	if host == "" {
		host = strings.ReplaceAll(e.Address.String(), ".", "-")
	}
	return host + "." + cluster + "." + s.FQDN()
}
