package multicluster

import (
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

// lookup finds the records that answer q in s. It depends on nothing else and
// changes nothing that shows.
//
// Names are cut at dots only. A label that contains a dot is escaped in text, so
// cutting it leaves a part that ends with a backslash, which is no name here.
func lookup(s *snapshot, q question) (*rrset, verdict) {
	switch q.name {
	case "":
		return lookupApex(s, q)
	case "dns":
		return nil, noData
	case "ns.dns":
		return q.zone.server.of(q.qtype)
	}
	if q.zone.reverse {
		return nil, nameError
	}
	switch q.name {
	case "svc":
		return nil, noData
	case "dns-version":
		if q.qtype == dns.TypeTXT {
			return q.zone.version, success
		}
		return nil, noData
	}
	if names, ok := strings.CutSuffix(q.name, ".svc"); ok {
		return lookupService(s, q, names)
	}
	return nil, nameError
}

func lookupApex(s *snapshot, q question) (*rrset, verdict) {
	switch q.qtype {
	case dns.TypeSOA:
		return s.soas[q.zone.index], success
	case dns.TypeNS:
		return q.zone.ns, success
	}
	return nil, noData
}

// lookupService finds names that follow the schema, [BELOW.]SERVICE.NAMESPACE
// or NAMESPACE alone.
func lookupService(s *snapshot, q question, names string) (*rrset, verdict) {
	dot := strings.LastIndexByte(names, '.')
	if dot < 0 {
		if _, ok := s.namespaces.get(names); ok {
			return nil, noData
		}
		return nil, nameError
	}
	key, below := names, ""
	if dot = strings.LastIndexByte(names[:dot], '.'); dot >= 0 {
		key, below = names[dot+1:], names[:dot]
	}
	svc, _ := s.services.get(key)
	if !svc.exists() {
		return nil, nameError
	}
	v := svc.view(q.zone)
	if dot >= 0 {
		at, ok := v.under().below[below]
		if !ok {
			return nil, nameError
		}
		return at.of(q.qtype)
	}
	if q.qtype == dns.TypeSRV {
		return found(v.under().srv)
	}
	return v.at().of(q.qtype)
}

// of returns the records of a type at n, which is a name that exists.
func (n *node) of(qtype uint16) (*rrset, verdict) {
	switch qtype {
	case dns.TypeA:
		return found(n.a)
	case dns.TypeAAAA:
		return found(n.aaaa)
	case dns.TypeSRV:
		return found(n.srv)
	}
	return nil, noData
}

// found tells a set from none at a name that exists.
func found(set *rrset) (*rrset, verdict) {
	if set == nil {
		return nil, noData
	}
	return set, success
}
