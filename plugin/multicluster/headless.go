package multicluster

import (
	"encoding/binary"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// answerable returns the addresses at the name of a headless service: those of
// its ready endpoints, each once, or those that a limit leaves.
func (v *view) answerable() []netip.Addr {
	if v.zone.limit > 0 {
		return subset(v.service, v.zone.limit)
	}
	var v4 []uint32 // numbers sort several times as fast as addresses
	var v6 []netip.Addr
	for _, p := range v.service.slices {
		for i := range p.len() {
			if p.ipv6 {
				v6 = append(v6, p.address(i))
			} else {
				v4 = append(v4, binary.BigEndian.Uint32([]byte(p.packed[net.IPv4len*i:net.IPv4len*(i+1)])))
			}
		}
	}
	slices.Sort(v4)
	addresses := make([]netip.Addr, 0, len(v4)+len(v6))
	for _, number := range slices.Compact(v4) {
		var octets [net.IPv4len]byte
		binary.BigEndian.PutUint32(octets[:], number)
		addresses = append(addresses, netip.AddrFrom4(octets))
	}
	return append(addresses, unique(v6)...)
}

func unique(addresses []netip.Addr) []netip.Addr {
	slices.SortFunc(addresses, netip.Addr.Compare)
	return slices.Compact(addresses)
}

// endpoint is one address of a headless service under the name of its host.
type endpoint struct {
	host string // label; empty: it has no name
	in   *slice
	at   int32 // its place there
}

func (e endpoint) address() netip.Addr { return e.in.address(int(e.at)) }

func (e endpoint) compare(o endpoint) int {
	if by := strings.Compare(e.host, o.host); by != 0 {
		return by
	}
	return e.address().Compare(o.address())
}

// hosts yields the endpoints of each host of s, hosts by name and endpoints by
// address; an address is there once for each slice that has it. Endpoints without
// a name are one host without a label for each cluster.
func (s *service) hosts() iter.Seq[[]endpoint] {
	return func(yield func([]endpoint) bool) {
		for all := s.endpoints(); len(all) > 0; {
			n := 1
			for n < len(all) && all[n].host == all[0].host && all[n].in.cluster == all[0].in.cluster {
				n++
			}
			if !yield(all[:n:n]) {
				return
			}
			all = all[n:]
		}
	}
}

// endpoints returns all endpoints of s, by cluster, host and address.
func (s *service) endpoints() []endpoint {
	all := make([]endpoint, 0, s.size())
	var labels strings.Builder // one piece of memory for all that are made
	from := 0
	for i, p := range s.slices {
		if p.hosts == nil {
			labels.Grow(p.len() * maxAddressLabel / 3)
		}
		for at := range p.len() {
			all = append(all, endpoint{host: p.host(at, &labels), in: p, at: int32(at)})
		}
		if i+1 == len(s.slices) || s.slices[i+1].cluster != p.cluster {
			slices.SortFunc(all[from:], endpoint.compare)
			from = len(all)
		}
	}
	return all
}

// size returns how many addresses s has, repeated ones included.
func (s *service) size() int {
	n := 0
	for _, p := range s.slices {
		n += p.len()
	}
	return n
}

// addressesOf returns the addresses of a host, each once.
func addressesOf(host []endpoint) []netip.Addr {
	addresses := make([]netip.Addr, 0, len(host))
	for _, e := range host {
		addresses = append(addresses, e.address())
	}
	return slices.Compact(addresses)
}
