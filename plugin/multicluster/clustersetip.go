package multicluster

import (
	"slices"

	"github.com/miekg/dns"
)

// clusterSetIPNames builds the SRV records of a ClusterSetIP service. It has no
// host names and no names of clusters (specification 2.3.4), and without an
// address to point at it has no SRV record either.
func (v *view) clusterSetIPNames() *names {
	n := &names{below: make(map[string]node)}
	self := v.at()
	if self.a == nil && self.aaaa == nil {
		return n
	}
	targets := append(self.a.all(), self.aaaa.all()...)
	var bare []dns.RR
	var numbers []uint16
	for _, p := range v.service.imp.ports {
		if p.name == "" {
			continue
		}
		label := p.label()
		owner := label + "." + v.name
		record := srvRecord(owner, v.name, p.number, v.zone.ttl)
		n.below[label] = node{srv: newRRset([]dns.RR{record}).with(targets)}
		n.addParents(label)
		if !slices.Contains(numbers, p.number) {
			numbers = append(numbers, p.number)
			bare = append(bare, srvRecord(v.name, v.name, p.number, v.zone.ttl))
		}
	}
	n.srv = newRRset(bare).with(targets)
	return n
}
