package multicluster

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// family returns the addresses of one family of a ClusterSetIP service.
func (i *imported) family(ipv6 bool) []netip.Addr {
	v4 := count4(i.addresses) // they are sorted
	if ipv6 {
		return i.addresses[v4:]
	}
	return i.addresses[:v4]
}

// clusterSetIPPorts returns the labels of the SRV records of a ClusterSetIP
// service. It has no host names and no names of clusters (specification 2.3.4),
// and without an address to point at it has no SRV record either.
func (v *view) clusterSetIPPorts() []string {
	if len(v.service.imp.addresses) == 0 {
		return nil
	}
	var labels []string
	for _, p := range v.service.imp.ports {
		if p.name != "" {
			labels = append(labels, p.label())
		}
	}
	return labels
}

// clusterSetIPSRV builds the SRV record of the port of a label, or one for each
// number of a named port for an empty one (specification 2.3.2).
func (v *view) clusterSetIPSRV(label string) *rrset {
	owner := v.name
	if label != "" {
		owner = label + "." + v.name
	}
	var records []dns.RR
	var numbers []uint16
	for _, p := range v.service.imp.ports {
		if p.name == "" || label != "" && p.label() != label || slices.Contains(numbers, p.number) {
			continue
		}
		numbers = append(numbers, p.number)
		record := newSRV(owner, v.name, p.number, v.zone.ttl)
		records = append(records, &record)
	}
	extra := addressRecords(func(int) string { return v.name }, v.service.imp.addresses, v.zone.ttl)
	return newRRset(records).with(extra)
}
