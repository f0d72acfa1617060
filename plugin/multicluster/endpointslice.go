package multicluster

import (
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
// ready endpoints, packed. They are sorted by host and then by address, and each
// is there once, so that a host is found by binary search. It is never changed.
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

// host returns the label of the i-th endpoint, which is empty when it has no name.
// Made is where labels of addresses are made.
func (s *slice) host(i int, made *strings.Builder) string {
	if s.hosts != nil {
		switch s.hosts[i] {
		case noHost:
			return ""
		case "":
		default:
			return s.hosts[i]
		}
	}
	var buf [maxAddressLabel]byte
	from := made.Len()
	made.Write(appendAddressLabel(buf[:0], s.address(i)))
	return made.String()[from:]
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
	s, ok := c.beginSlice(o.Namespace, o.Name, o.Labels[mcsv1beta1.LabelServiceName], o.Labels[mcsv1beta1.LabelSourceCluster], o.AddressType)
	if !ok {
		return s
	}
	s.ports = c.ports(c.slicePorts(o.Ports))
	for i := range o.Endpoints {
		e := &o.Endpoints[i]
		if e.Conditions.Ready != nil && !*e.Conditions.Ready {
			continue // an unset condition means ready (the EndpointSlice API says so)
		}
		for _, text := range e.Addresses {
			host := ""
			if e.Hostname != nil {
				host = *e.Hostname
			}
			c.addEndpoint(s, text, host)
		}
	}
	c.endSlice(s)
	return s
}

// beginSlice makes a slice without ports and endpoints, or returns false with one
// that is counted, and of which nothing can be served.
func (c *compactor) beginSlice(namespace, name, service, cluster string, family discoveryv1.AddressType) (*slice, bool) {
	s := &slice{namespace: c.text(namespace), name: strings.Clone(name)}
	service = strings.ToLower(service)
	if !isObjectName(service) || !isObjectName(namespace) {
		c.reject(badImportName)
		return s, false
	}
	if !isClusterID(cluster) {
		c.reject(badCluster)
		return s, false
	}
	switch family {
	case discoveryv1.AddressTypeIPv4:
	case discoveryv1.AddressTypeIPv6:
		s.ipv6 = true
	default:
		c.reject(badAddressType)
		return s, false
	}
	s.service = serviceKey(service, namespace)
	s.cluster = c.text(strings.ToLower(cluster))
	return s, true
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

// addEndpoint adds a ready endpoint to the slice that has been begun.
func (c *compactor) addEndpoint(s *slice, address, host string) {
	a, ok := parseAddress(address)
	if !ok || a.Is6() != s.ipv6 {
		c.reject(badAddress)
		return
	}
	c.room = append(c.room, hosted{host: c.host(host, a, s), address: a})
}

// endSlice puts the endpoints that were added into s.
func (c *compactor) endSlice(s *slice) {
	slices.SortFunc(c.room, hosted.compare)
	all := slices.Compact(c.room)
	c.room = c.room[:0]
	packed := make([]byte, 0, len(all)*s.width())
	named := false
	for _, e := range all {
		if named = named || e.host != ""; s.ipv6 {
			octets := e.address.As16()
			packed = append(packed, octets[:]...)
			continue
		}
		octets := e.address.As4()
		packed = append(packed, octets[:]...)
	}
	s.packed = string(packed)
	if !named {
		return
	}
	s.hosts = make([]string, len(all))
	for i, e := range all {
		s.hosts[i] = e.host
	}
}

// hosted is an address with what stands beside it in a slice's hosts.
type hosted struct {
	host    string
	address netip.Addr
}

func (e hosted) compare(o hosted) int {
	if by := strings.Compare(e.host, o.host); by != 0 {
		return by
	}
	return e.address.Compare(o.address)
}

// host returns what stands in a slice's hosts for an endpoint: the host name it
// has, nothing when its address names it, or noHost.
func (c *compactor) host(name string, a netip.Addr, s *slice) string {
	if name == "" {
		var buf [maxAddressLabel]byte
		if !c.fits(len(appendAddressLabel(buf[:0], a)), s.cluster, s.service) {
			return noHost
		}
		return ""
	}
	host := strings.ToLower(name)
	switch {
	case !isLabel(host):
		c.reject(badHostname)
		return noHost
	case !c.fits(len(host), s.cluster, s.service):
		return noHost
	}
	return c.text(host)
}
