package multicluster

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// verdict is what a lookup found. Whether a name exists never depends on the
// type that is asked for (RFC 8020).
type verdict uint8

// The verdicts.
const (
	nameError verdict = iota // there is no such name: NXDOMAIN
	noData                   // the name exists, and has no record of the type
	success                  // here they are
)

// answer is the records of a successful lookup: a set that is shared with other
// answers, or one address, whose record is made with the message. The zero value
// has none.
type answer struct {
	set *rrset
	one netip.Addr
}

// lookup finds the records that answer q in s. It depends on nothing else and
// changes nothing that shows.
//
// Names are cut at dots only. A label that contains a dot is escaped in text, so
// cutting it leaves a part that ends with a backslash, which is no name here.
func lookup(s *snapshot, q question) (answer, verdict) {
	switch q.name {
	case "":
		return lookupApex(s, q)
	case "dns":
		return answer{}, noData
	case "ns.dns":
		return q.zone.server.of(q.qtype)
	}
	if q.zone.reverse {
		return answer{}, nameError
	}
	switch q.name {
	case "svc":
		return answer{}, noData
	case "dns-version":
		if q.qtype == dns.TypeTXT {
			return found(q.zone.version)
		}
		return answer{}, noData
	}
	if names, ok := strings.CutSuffix(q.name, ".svc"); ok {
		return lookupService(s, q, names)
	}
	return answer{}, nameError
}

func lookupApex(s *snapshot, q question) (answer, verdict) {
	switch q.qtype {
	case dns.TypeSOA:
		return found(s.soas[q.zone.index])
	case dns.TypeNS:
		return found(q.zone.ns)
	}
	return answer{}, noData
}

// lookupService finds names that follow the schema, [BELOW.]SERVICE.NAMESPACE
// or NAMESPACE alone.
func lookupService(s *snapshot, q question, names string) (answer, verdict) {
	dot := strings.LastIndexByte(names, '.')
	if dot < 0 {
		if _, ok := s.namespaces.get(names); ok {
			return answer{}, noData
		}
		return answer{}, nameError
	}
	key, below := names, ""
	if dot = strings.LastIndexByte(names[:dot], '.'); dot >= 0 {
		key, below = names[dot+1:], names[:dot]
	}
	svc, _ := s.services.get(key)
	switch {
	case !svc.exists():
		return answer{}, nameError
	case dot < 0:
		return svc.lookup(q)
	case strings.HasPrefix(below, "_"):
		return svc.view(q.zone).lookupPort(q, below)
	}
	return svc.lookupHost(q, below)
}

// lookup finds what stands at the name of the service itself.
func (s *service) lookup(q question) (answer, verdict) {
	switch q.qtype {
	case dns.TypeA, dns.TypeAAAA:
		if !s.imp.headless {
			if of := s.imp.family(q.qtype == dns.TypeAAAA); len(of) < 2 {
				return oneOf(of)
			}
		}
		return s.view(q.zone).at().of(q.qtype)
	case dns.TypeSRV:
		return found(s.view(q.zone).bareSRV())
	}
	return answer{}, noData
}

// lookupPort finds the SRV records of a port, and the parents of their names.
func (v *view) lookupPort(q question, below string) (answer, verdict) {
	ports := v.under()
	if p := ports.find(below); p != nil {
		if q.qtype == dns.TypeSRV {
			return found(v.srv(p))
		}
		return answer{}, noData
	}
	if ports.isParent(below) {
		return answer{}, noData
	}
	return answer{}, nameError
}

// lookupHost finds the addresses of a host, and the parents of host names.
func (s *service) lookupHost(q question, below string) (answer, verdict) {
	if kept := s.keptHost(q.zone, below); kept != nil {
		return kept.of(q.qtype)
	}
	var room [4]netip.Addr
	all, exists := s.host(room[:0], below)
	if !exists {
		if s.isParent(q.zone, below) {
			return answer{}, noData
		}
		return answer{}, nameError
	}
	all = unique(all)
	v4 := count4(all)
	of := all[:v4]
	switch q.qtype {
	case dns.TypeA:
	case dns.TypeAAAA:
		of = all[v4:]
	default:
		return answer{}, noData
	}
	if len(of) < 2 {
		return oneOf(of)
	}
	return s.view(q.zone).keepHost(strings.Clone(below), slices.Clone(all)).of(q.qtype)
}

// oneOf returns the address at a name that exists, if there is one.
func oneOf(addresses []netip.Addr) (answer, verdict) {
	if len(addresses) == 0 {
		return answer{}, noData
	}
	return answer{one: addresses[0]}, success
}

// of returns the records of a type at n, which is a name that exists.
func (n *node) of(qtype uint16) (answer, verdict) {
	switch qtype {
	case dns.TypeA:
		return found(n.a)
	case dns.TypeAAAA:
		return found(n.aaaa)
	}
	return answer{}, noData
}

// found tells a set from none at a name that exists.
func found(set *rrset) (answer, verdict) {
	if set == nil {
		return answer{}, noData
	}
	return answer{set: set}, success
}
