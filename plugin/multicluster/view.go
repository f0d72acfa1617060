package multicluster

import (
	"net/netip"
	"sync"
	"sync/atomic"
)

// view is a service as one zone shows it, with the sets of records that are
// shared by all answers. Each is built when somebody first asks for it. What
// stands at a host name, or an address that is alone at its name, is no such
// set: it is cheaper to look up than to keep (host.go, reply.go).
type view struct {
	zone    *zone
	service *service
	name    string // of the service, in lower case
	next    *view  // of the same service in another zone

	addresses once[node]
	ports     once[ports]
	chosen    once[map[netip.Addr]bool] // what a limit leaves of the addresses

	crowded atomic.Bool // there is something in hosts
	hosts   sync.Map    // of *once[node], by name below the service: hosts with several addresses of a family
}

func newView(s *service, z *zone) *view {
	return &view{zone: z, service: s, name: s.key + z.suffix}
}

// view returns s as z shows it.
func (s *service) view(z *zone) *view {
	for {
		head := s.views.Load()
		for v := head; v != nil; v = v.next {
			if v.zone == z {
				return v
			}
		}
		v := newView(s, z)
		v.next = head
		if s.views.CompareAndSwap(head, v) {
			return v
		}
	}
}

// at returns the A and AAAA sets at the name of the service.
func (v *view) at() *node { return v.addresses.get(v.buildAddresses) }

func (v *view) buildAddresses() *node {
	addresses := v.service.imp.addresses
	if v.service.imp.headless {
		addresses = v.answerable()
	}
	built := new(node)
	built.a, built.aaaa = addressSets(v.name, addresses, v.zone.ttl)
	return built
}

// shows reports whether a limit leaves the address in the answers.
func (v *view) shows(a netip.Addr) bool {
	return v.zone.limit == 0 || (*v.chosen.get(v.choose))[a]
}

func (v *view) choose() *map[netip.Addr]bool {
	addresses := subset(v.service, v.zone.limit)
	chosen := make(map[netip.Addr]bool, len(addresses))
	for _, a := range addresses {
		chosen[a] = true
	}
	return &chosen
}

// keptHost returns the addresses of a host that has several of a family and was
// asked for before, or nil.
func (s *service) keptHost(z *zone, below string) *node {
	for v := s.views.Load(); v != nil; v = v.next {
		if v.zone != z || !v.crowded.Load() {
			continue
		}
		kept, _ := v.hosts.Load(below)
		if host, ok := kept.(*once[node]); ok {
			return host.made.Load()
		}
	}
	return nil
}

// keepHost makes the sets of a host from its addresses, which are sorted, and
// keeps them.
func (v *view) keepHost(below string, addresses []netip.Addr) *node {
	host := new(once[node])
	kept, _ := v.hosts.LoadOrStore(below, host)
	if first, ok := kept.(*once[node]); ok {
		host = first
	}
	v.crowded.Store(true)
	return host.get(func() *node {
		n := new(node)
		n.a, n.aaaa = addressSets(below+"."+v.name, addresses, v.zone.ttl)
		return n
	})
}
