package multicluster

import (
	"strings"
	"sync/atomic"
)

// view is a service as one zone shows it. Its records are built when somebody
// first asks for their kind. Two askers may build at once; one result is kept,
// so that its rotation is shared.
type view struct {
	zone    *zone
	service *service
	name    string // of the service, in lower case
	next    *view  // of the same service in another zone

	addresses atomic.Pointer[node]
	names     atomic.Pointer[names]
}

// names is what stands at and below the name of a service, apart from its addresses.
type names struct {
	srv   *rrset          // at the name itself
	below map[string]node // by what stands before the service's name
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

// at returns what stands at the name of the service for A and AAAA.
func (v *view) at() *node {
	if n := v.addresses.Load(); n != nil {
		return n
	}
	return v.buildAddresses()
}

// under returns everything else of the service.
func (v *view) under() *names {
	if n := v.names.Load(); n != nil {
		return n
	}
	return v.buildNames()
}

func (v *view) buildAddresses() *node {
	built := new(node)
	addresses := v.service.imp.addresses
	if v.service.imp.headless {
		addresses = answerable(v.service, v.zone.limit)
	}
	built.a, built.aaaa = addressSets(v.name, addresses, v.zone.ttl)
	if v.addresses.CompareAndSwap(nil, built) {
		return built
	}
	return v.addresses.Load()
}

func (v *view) buildNames() *names {
	var built *names
	if v.service.imp.headless {
		built = v.headlessNames()
	} else {
		built = v.clusterSetIPNames()
	}
	if v.names.CompareAndSwap(nil, built) {
		return built
	}
	return v.names.Load()
}

// addParents adds the names between a name below the service and the service, so
// that they exist; none of them gets a record.
func (n *names) addParents(name string) {
	for {
		_, parent, found := strings.Cut(name, ".")
		if !found {
			return
		}
		if _, ok := n.below[parent]; !ok {
			n.below[parent] = node{}
		}
		name = parent
	}
}
