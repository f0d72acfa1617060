package multicluster

import (
	"slices"
	"strings"
)

// ports holds the SRV sets of a service. Which there are is known from its
// slices; each is built when it is asked for.
type ports struct {
	bare  portSet    // at the name of the service itself
	named []*portSet // by label
}

// portSet is the SRV records at one name.
type portSet struct {
	label string // what stands before the service, for example "_http._tcp"; empty: nothing does
	set   once[rrset]
}

// under returns the SRV sets of the service.
func (v *view) under() *ports { return v.ports.get(v.findPorts) }

// findPorts finds the labels of the ports that have an SRV record.
func (v *view) findPorts() *ports {
	var labels []string
	if v.service.imp.headless {
		labels = v.headlessPorts()
	} else {
		labels = v.clusterSetIPPorts()
	}
	slices.Sort(labels)
	found := new(ports)
	for _, label := range slices.Compact(labels) {
		found.named = append(found.named, &portSet{label: label})
	}
	return found
}

// srv returns the SRV records of a port, or of all named ports at the name of
// the service itself.
func (v *view) srv(p *portSet) *rrset {
	return p.set.get(func() *rrset {
		if v.service.imp.headless {
			return v.headlessSRV(p.label)
		}
		return v.clusterSetIPSRV(p.label)
	})
}

// bareSRV returns the SRV records at the name of the service, or nil.
func (v *view) bareSRV() *rrset {
	p := v.under()
	if len(p.named) == 0 {
		return nil
	}
	return v.srv(&p.bare)
}

// find returns the set of that label, or nil.
func (p *ports) find(label string) *portSet {
	i, found := slices.BinarySearchFunc(p.named, label, func(s *portSet, label string) int {
		return strings.Compare(s.label, label)
	})
	if !found {
		return nil
	}
	return p.named[i]
}

// isParent reports whether a label ends in the protocol, for example "_tcp".
func (p *ports) isParent(protocol string) bool {
	return slices.ContainsFunc(p.named, func(s *portSet) bool {
		_, of, _ := strings.Cut(s.label, ".")
		return of == protocol
	})
}

// headlessPorts returns the labels of the ports of which a host has a record. A
// port counts when the import has it under the same name and the slice has a
// number (specification 2.4.2).
func (v *view) headlessPorts() []string {
	var labels []string
	known := make(map[*port]bool) // port lists that were read: equal ones are one
	for _, p := range v.service.slices {
		if len(p.ports) == 0 || known[&p.ports[0]] || !v.showsHost(p) {
			continue
		}
		known[&p.ports[0]] = true
		for _, port := range p.ports {
			if v.service.imp.serves(port) {
				labels = append(labels, port.label())
			}
		}
	}
	return labels
}

// showsHost reports whether an endpoint of p is in SRV records, if p has ports.
func (v *view) showsHost(p *slice) bool {
	if v.zone.limit == 0 {
		return v.service.hasHost(v.zone, p)
	}
	for i := range p.len() {
		if v.shows(p.address(i)) && v.service.hostFits(v.zone, p.hostLen(i), p.cluster) {
			return true
		}
	}
	return false
}

// serves reports whether a port of a slice has SRV records: its name is one that
// the import has with the same protocol, and it has a number. An import without
// ports does not restrict those of its slices.
func (i *imported) serves(p port) bool {
	if p.name == "" || p.number == 0 {
		return false
	}
	return len(i.ports) == 0 || slices.ContainsFunc(i.ports, func(q port) bool {
		return q.name == p.name && q.proto == p.proto
	})
}
