package multicluster

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// target is a host that SRV records of a headless service point at.
type target struct {
	name      string     // of the host, as a whole
	endpoints []endpoint // at least one
	numbers   []uint16   // of the port, sorted, each once; at least one
}

// headlessSRV builds the SRV records of the port of a label, or of all named
// ports for an empty one: one for each host and number (specification 2.4.2). It
// adds the addresses of the hosts.
func (v *view) headlessSRV(label string) *rrset {
	owner := v.name
	if label != "" {
		owner = label + "." + v.name
	}
	targets := v.targets(label)
	total := 0
	for _, t := range targets {
		total += len(t.numbers)
	}
	srvs, records := make([]dns.SRV, 0, total), make([]dns.RR, 0, total)
	for _, t := range targets {
		for _, number := range t.numbers {
			srvs = append(srvs, newSRV(owner, t.name, number, v.zone.ttl))
			records = append(records, &srvs[len(srvs)-1])
		}
	}
	set := newRRset(records)
	if set.fillsMessage() {
		return set // there is no room for addresses beside it
	}
	return set.with(v.targetAddresses(targets))
}

func (v *view) targetAddresses(targets []target) []dns.RR {
	room := 0
	for _, t := range targets {
		room += len(t.endpoints)
	}
	names, addresses := make([]string, 0, room), make([]netip.Addr, 0, room)
	for _, t := range targets {
		for _, a := range addressesOf(t.endpoints) {
			names, addresses = append(names, t.name), append(addresses, a)
		}
	}
	return addressRecords(func(i int) string { return names[i] }, addresses, v.zone.ttl)
}

// targets returns the hosts of the service that have the port of a label, or any
// named port for an empty one, in the order of their names.
func (v *view) targets(label string) []target {
	numbers := v.numbers(label)
	targets := make([]target, 0, v.service.size())
	size := 0
	for host := range v.service.hosts() {
		cluster := host[0].in.cluster
		if !v.service.hostFits(v.zone, len(host[0].host), cluster) {
			continue
		}
		if n := v.numbersOf(host, numbers); len(n) > 0 {
			targets = append(targets, target{endpoints: host, numbers: n})
			size += len(host[0].host) + len(".") + len(cluster) + len(".") + len(v.name)
		}
	}
	var names strings.Builder // one piece of memory for all names
	names.Grow(size)
	for i := range targets {
		first, from := targets[i].endpoints[0], names.Len()
		for _, part := range [...]string{first.host, ".", first.in.cluster, ".", v.name} {
			names.WriteString(part)
		}
		targets[i].name = names.String()[from:]
	}
	return targets
}

// numbersOf returns the port numbers of a host, each once. An endpoint that a
// limit leaves out has none.
func (v *view) numbersOf(host []endpoint, numbersIn func(*slice) []uint16) []uint16 {
	var numbers []uint16
	for _, e := range host {
		more := numbersIn(e.in)
		switch {
		case len(more) == 0 || !v.shows(e.address()):
		case numbers == nil:
			numbers = more
		case !slices.Equal(numbers, more):
			numbers = slices.Concat(numbers, more)
			slices.Sort(numbers)
			numbers = slices.Compact(numbers)
		}
	}
	return numbers
}

// numbers returns what tells for a slice the numbers of the port of a label, or
// those of all its named ports for an empty one; sorted, each once.
func (v *view) numbers(label string) func(*slice) []uint16 {
	known := make(map[*port][]uint16) // by port list: equal ones are one
	return func(p *slice) []uint16 {
		if len(p.ports) == 0 {
			return nil
		}
		numbers, ok := known[&p.ports[0]]
		if ok {
			return numbers
		}
		for _, port := range p.ports {
			if v.service.imp.serves(port) && (label == "" || port.label() == label) {
				numbers = append(numbers, port.number)
			}
		}
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
		known[&p.ports[0]] = numbers
		return numbers
	}
}
