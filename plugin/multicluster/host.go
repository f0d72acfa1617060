package multicluster

import (
	"net/netip"
	"slices"
	"strings"
)

// host returns the addresses of a host of a headless service and whether there
// is such a host. Below is what stands before the service in its name. The
// addresses are appended to into. Hosts are found by binary search in the slices
// of their cluster: nothing is made for a name before it is asked for.
func (s *service) host(into []netip.Addr, below string) ([]netip.Addr, bool) {
	label, cluster, _ := strings.Cut(below, ".")
	if !s.imp.headless || label == "" || label == noHost {
		return into, false
	}
	before := len(into)
	for _, p := range s.of(cluster) {
		into = p.appendHost(into, label)
	}
	return into, len(into) > before
}

// of returns the slices of a cluster.
func (s *service) of(cluster string) []*slice {
	compare := func(p *slice, cluster string) int { return strings.Compare(p.cluster, cluster) }
	from, found := slices.BinarySearchFunc(s.slices, cluster, compare)
	if !found {
		return nil
	}
	to := from + 1
	for to < len(s.slices) && s.slices[to].cluster == cluster {
		to++
	}
	return s.slices[from:to]
}

// appendHost appends the addresses of the host of that label, which is neither
// empty nor noHost.
func (p *slice) appendHost(into []netip.Addr, label string) []netip.Addr {
	unnamed := p.len()
	if p.hosts != nil {
		unnamed, _ = slices.BinarySearch(p.hosts, noHost)
		i, _ := slices.BinarySearch(p.hosts, label)
		for ; i < len(p.hosts) && p.hosts[i] == label; i++ {
			into = append(into, p.address(i))
		}
	}
	if unnamed == 0 {
		return into
	}
	if a, ok := parseAddressLabel(label, p.ipv6); ok {
		if i, found := p.search(a, unnamed); found {
			into = append(into, p.address(i))
		}
	}
	return into
}

// search finds an address among the first n, which are sorted.
func (p *slice) search(a netip.Addr, n int) (int, bool) {
	from, to := 0, n
	for from < to {
		mid := int(uint(from+to) >> 1)
		if p.address(mid).Less(a) {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return from, from < n && p.address(from) == a
}

// isParent reports whether the name of a host of s ends in name, at a dot: the
// name of a cluster, or the second label of one. Such a name exists in the zone
// when a host name below it does.
func (s *service) isParent(z *zone, name string) bool {
	return s.imp.headless && slices.ContainsFunc(s.slices, func(p *slice) bool {
		rest, ok := strings.CutSuffix(p.cluster, name)
		return ok && (rest == "" || strings.HasSuffix(rest, ".")) && s.hasHost(z, p)
	})
}

// hasHost reports whether an endpoint of p has a name in the zone.
func (s *service) hasHost(z *zone, p *slice) bool {
	for i := range p.len() {
		if s.hostFits(z, p.hostLen(i), p.cluster) {
			return true
		}
	}
	return false
}

// hostFits reports whether a host label of that length makes a name in the zone;
// no length at all is that of an endpoint without a name.
func (s *service) hostFits(z *zone, label int, cluster string) bool {
	return label > 0 && label+len(".")+len(cluster)+len(".")+len(s.key)+len(z.suffix) <= maxName
}

// hostLen returns the length of the host label of the i-th endpoint, or 0 if it
// has no name.
func (p *slice) hostLen(i int) int {
	if p.hosts != nil {
		switch p.hosts[i] {
		case noHost:
			return 0
		case "":
		default:
			return len(p.hosts[i])
		}
	}
	var buf [maxAddressLabel]byte
	return len(appendAddressLabel(buf[:0], p.address(i)))
}
