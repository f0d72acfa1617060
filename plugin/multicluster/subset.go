package multicluster

import (
	"cmp"
	"hash/fnv"
	"io"
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
	var all []member
	for host := range s.hosts() {
		if host[0].host != "" {
			all = appendMembers(all, host[0].host, host)
			continue
		}
		for i := range host { // each is a host of its own, named by its address
			all = appendMembers(all, addressLabel(host[i].address()), host[i:i+1])
		}
	}
	slices.SortFunc(all, member.compare)
	return all
}

// appendMembers appends the endpoints of one host.
func appendMembers(all []member, label string, host []endpoint) []member {
	addresses := addressesOf(host)
	v4 := count4(addresses) // which come first
	for i := range max(v4, len(addresses)-v4) {
		m := member{rank: rank(label, host[0].in.cluster, i)}
		if i < v4 {
			m.v4 = addresses[i]
		}
		if i < len(addresses)-v4 {
			m.v6 = addresses[v4+i]
		}
		all = append(all, m)
	}
	return all
}

func (m member) compare(o member) int {
	if m.dual() != o.dual() {
		if m.dual() {
			return -1
		}
		return 1
	}
	if by := cmp.Compare(m.rank, o.rank); by != 0 {
		return by
	}
	return cmp.Or(m.v4.Compare(o.v4), m.v6.Compare(o.v6))
}

// rank orders endpoints alike in every process, by a hash of the name of their
// host (FNV-1a, which is no secret: it spreads, and keeps nothing out).
func rank(label, cluster string, i int) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, label) // a hash never fails to write
	_, _ = h.Write([]byte{'.'})
	_, _ = io.WriteString(h, cluster)
	_, _ = h.Write(strconv.AppendInt([]byte{'/'}, int64(i), 10))
	return h.Sum64()
}
