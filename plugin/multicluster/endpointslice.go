package multicluster

import (
	"iter"
	"net/netip"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// noHost stands in a slice's hosts for an endpoint whose host name is no label:
// its address counts, but there is no name for it.
const noHost = "-"

// slice is what DNS needs of one imported EndpointSlice: the addresses of its
// ready endpoints, packed. It is never changed.
type slice struct {
	namespace string
	name      string
	service   string // key of the service; empty: counted, and nothing of it is served
	cluster   string // in lower case; one label or two
	ports     []port
	packed    string   // 4 or 16 octets an address
	hosts     []string // beside the addresses: a label, noHost or "" (the address itself); nil: all ""
	ipv6      bool
}

// GetObjectMeta lets a reflector find the name of what it holds.
func (s *slice) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{Namespace: s.namespace, Name: s.name}
}

// equal reports whether s and o give the same answers.
func (s *slice) equal(o *slice) bool {
	return s.service == o.service && s.cluster == o.cluster && s.ipv6 == o.ipv6 && s.packed == o.packed &&
		slices.Equal(s.ports, o.ports) && slices.Equal(s.hosts, o.hosts)
}

// serviceName returns the name of the service that s belongs to.
func (s *slice) serviceName() string {
	name, _, _ := strings.Cut(s.service, ".")
	return name
}

// same reports whether s and o are the same object and give the same answers.
func (s *slice) same(o *slice) bool { return s.name == o.name && s.equal(o) }

// len returns how many addresses s holds.
func (s *slice) len() int { return len(s.packed) / s.width() }

func (s *slice) width() int {
	if s.ipv6 {
		return 16
	}
	return 4
}

// address returns the i-th address.
func (s *slice) address(i int) netip.Addr {
	a, _ := netip.AddrFromSlice([]byte(s.packed[i*s.width() : (i+1)*s.width()]))
	return a
}

// endpoints yields each address with its host label, which is empty for an
// endpoint that has no name.
func (s *slice) endpoints() iter.Seq2[netip.Addr, string] {
	return func(yield func(netip.Addr, string) bool) {
		for i := range s.len() {
			a, host := s.address(i), ""
			if s.hosts != nil {
				host = s.hosts[i]
			}
			switch host {
			case "":
				host = addressLabel(a)
			case noHost:
				host = ""
			}
			if !yield(a, host) {
				return
			}
		}
	}
}

// slice turns an EndpointSlice into its compact form, or returns false
// when object is something else.
func (c *compactor) slice(object any) (*slice, bool) {
	switch o := object.(type) {
	case *slice:
		return o, true
	case *discoveryv1.EndpointSlice:
		return c.newSlice(o), true
	}
	return nil, false
}

func (c *compactor) newSlice(o *discoveryv1.EndpointSlice) *slice {
	s := &slice{namespace: c.text(o.Namespace), name: strings.Clone(o.Name)}
	service := strings.ToLower(o.Labels[mcsv1beta1.LabelServiceName])
	if !isObjectName(service) || !isObjectName(o.Namespace) {
		c.reject(badImportName)
		return s
	}
	cluster := o.Labels[mcsv1beta1.LabelSourceCluster]
	if !isClusterID(cluster) {
		c.reject(badCluster)
		return s
	}
	switch o.AddressType {
	case discoveryv1.AddressTypeIPv4:
	case discoveryv1.AddressTypeIPv6:
		s.ipv6 = true
	default:
		c.reject(badAddressType)
		return s
	}
	s.service = serviceKey(service, o.Namespace)
	s.cluster = c.text(strings.ToLower(cluster))
	s.ports = c.ports(c.slicePorts(o.Ports))
	c.pack(s, o.Endpoints)
	return s
}

func (c *compactor) slicePorts(in []discoveryv1.EndpointPort) []port {
	raw := make([]rawPort, len(in))
	for i, p := range in {
		if p.Name != nil {
			raw[i].name = *p.Name
		}
		if p.Protocol != nil {
			raw[i].protocol = *p.Protocol
		}
		raw[i].number = p.Port
	}
	return c.parsePorts(raw)
}

// pack takes into s the addresses of the ready endpoints. An unset condition
// means ready (the EndpointSlice API says so).
func (c *compactor) pack(s *slice, endpoints []discoveryv1.Endpoint) {
	packed := make([]byte, 0, len(endpoints)*s.width())
	hosts := make([]string, 0, len(endpoints))
	named := false
	for i := range endpoints {
		e := &endpoints[i]
		if e.Conditions.Ready != nil && !*e.Conditions.Ready {
			continue
		}
		for _, text := range e.Addresses {
			a, ok := parseAddress(text)
			if !ok || a.Is6() != s.ipv6 {
				c.reject(badAddress)
				continue
			}
			host := c.host(e.Hostname, a, s)
			named = named || host != ""
			packed = append(packed, a.AsSlice()...)
			hosts = append(hosts, host)
		}
	}
	s.packed = string(packed)
	if named {
		s.hosts = slices.Clip(hosts)
	}
}

// host returns what stands in a slice's hosts for an endpoint: the host name it
// has, nothing when its address names it, or noHost.
func (c *compactor) host(name *string, a netip.Addr, s *slice) string {
	if name == nil || *name == "" {
		if !c.fits(len(addressLabel(a)), s.cluster, s.service) {
			return noHost
		}
		return ""
	}
	host := strings.ToLower(*name)
	switch {
	case !isLabel(host):
		c.reject(badHostname)
		return noHost
	case !c.fits(len(host), s.cluster, s.service):
		return noHost
	}
	return c.text(host)
}
