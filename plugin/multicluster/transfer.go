package multicluster

import (
	"cmp"
	"errors"
	"slices"

	"github.com/coredns/coredns/plugin/transfer"
	"github.com/miekg/dns"
)

var _ transfer.Transferer = (*Multicluster)(nil)

// errNotSynced refuses a transfer of a zone of which nothing is known yet.
var errNotSynced = errors.New("transferring a zone before the first sync")

// Transfer implements transfer.Transferer. It sends what queries are answered
// with, every record once, from one published state. The channel must be drained.
func (m *Multicluster) Transfer(name string, serial uint32) (<-chan []dns.RR, error) {
	i := slices.IndexFunc(m.zones, func(z *zone) bool { return z.name == name })
	if i < 0 {
		return nil, transfer.ErrNotAuthoritative
	}
	s := m.current.Load()
	if s == nil {
		return nil, errNotSynced
	}
	out := make(chan []dns.RR)
	go func() {
		defer close(out)
		soa := s.soas[m.zones[i].index].all()
		out <- soa
		if serial != 0 && !older(serial, s.serial) {
			return // the asker has all of it
		}
		s.send(out, m.zones[i])
		out <- soa
	}()
	return out, nil
}

// older reports whether serial a comes before b (RFC 1982 3.2).
func older(a, b uint32) bool { return int32(b-a) > 0 } //nolint:gosec // G115: serial arithmetic wraps

// send sends every record of z but the SOA.
func (s *snapshot) send(out chan<- []dns.RR, z *zone) {
	out <- slices.Concat(z.ns.all(), z.server.a.all(), z.server.aaaa.all(), z.version.all())
	if z.reverse {
		return
	}
	services := slices.SortedFunc(s.services.all(), func(a, b *service) int { return cmp.Compare(a.key, b.key) })
	for _, svc := range services {
		if !svc.exists() {
			continue
		}
		// A view of its own: the records of a transfer are not kept.
		if v := newView(svc, z); len(v.name) <= maxName {
			out <- v.records()
		}
	}
}

// records returns every record at and below the name of a service.
func (v *view) records() []dns.RR {
	at := v.at()
	all := slices.Concat(at.a.all(), at.aaaa.all(), v.bareSRV().all())
	for _, p := range v.under().named {
		if len(p.label)+len(".")+len(v.name) <= maxName {
			all = append(all, v.srv(p).all()...)
		}
	}
	if !v.service.imp.headless {
		return all
	}
	for host := range v.service.hosts() {
		label, cluster := host[0].host, host[0].in.cluster
		if !v.service.hostFits(v.zone, len(label), cluster) {
			continue
		}
		name := label + "." + cluster + "." + v.name
		a, aaaa := addressSets(name, addressesOf(host), v.zone.ttl)
		all = append(append(all, a.all()...), aaaa.all()...)
	}
	return all
}
