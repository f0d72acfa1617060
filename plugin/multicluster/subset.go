package multicluster

import (
	"cmp"
	"hash/fnv"
	"net/netip"
	"slices"
	"strconv"
)

// member is one endpoint of a headless service for the choice of a subset: the
// n-th IPv4 and the n-th IPv6 address of one host, of which one may be missing.
type member struct {
	v4, v6 netip.Addr
	rank   uint64
}

func (m member) dual() bool { return m.v4.IsValid() && m.v6.IsValid() }

// subset returns at most limit addresses of each family. An endpoint that has
// both is in with both or with none (specification 2.4.1), a family that has
// endpoints is never left empty, and the choice stays while the endpoints do.
// Endpoints rank by a hash of their name, so that no cluster comes first.
func subset(s *service, limit int) []netip.Addr {
	var chosen []netip.Addr
	room4, room6 := limit, limit
	for _, m := range members(s) {
		fits := (!m.v4.IsValid() || room4 > 0) && (!m.v6.IsValid() || room6 > 0)
		if !fits {
			continue
		}
		if m.v4.IsValid() {
			room4--
			chosen = append(chosen, m.v4)
		}
		if m.v6.IsValid() {
			room6--
			chosen = append(chosen, m.v6)
		}
	}
	return unique(chosen)
}

// members returns the endpoints of s: first those with both families, so that a
// limit leaves A and AAAA the same endpoints, and then by rank.
func members(s *service) []member {
	type pair struct{ v4, v6 []netip.Addr }
	hosts := make(map[string]*pair)
	for _, p := range s.slices {
		for address, host := range p.endpoints() {
			if host == "" {
				host = addressLabel(address)
			}
			name := host + "." + p.cluster
			of := hosts[name]
			if of == nil {
				of = new(pair)
				hosts[name] = of
			}
			if address.Is4() {
				of.v4 = append(of.v4, address)
			} else {
				of.v6 = append(of.v6, address)
			}
		}
	}
	var all []member
	for name, of := range hosts {
		of.v4, of.v6 = unique(of.v4), unique(of.v6)
		for i := range max(len(of.v4), len(of.v6)) {
			m := member{rank: rank(name, i)}
			if i < len(of.v4) {
				m.v4 = of.v4[i]
			}
			if i < len(of.v6) {
				m.v6 = of.v6[i]
			}
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b member) int {
		if a.dual() != b.dual() {
			if a.dual() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.rank, b.rank), a.v4.Compare(b.v4), a.v6.Compare(b.v6))
	})
	return all
}

// rank orders endpoints alike in every process.
func rank(name string, i int) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name + "/" + strconv.Itoa(i))) // a hash never fails to write
	return h.Sum64()
}
