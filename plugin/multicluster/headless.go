package multicluster

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// answerable returns the addresses at the name of a headless service: those of
// its ready endpoints, each once, or at most limit of each family.
func answerable(s *service, limit int) []netip.Addr {
	if limit > 0 {
		return subset(s, limit)
	}
	total := 0
	for _, p := range s.slices {
		total += p.len()
	}
	addresses := make([]netip.Addr, 0, total)
	for _, p := range s.slices {
		for i := range p.len() {
			addresses = append(addresses, p.address(i))
		}
	}
	return unique(addresses)
}

func unique(addresses []netip.Addr) []netip.Addr {
	slices.SortFunc(addresses, netip.Addr.Compare)
	return slices.Compact(addresses)
}

// target is one SRV record to be: what stands before the service in its owner,
// the name it points at and the port there.
type target struct {
	label  string
	host   string // below the service
	number uint16
}

func compareTargets(a, b target) int {
	return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.host, b.host), cmp.Compare(a.number, b.number))
}

// headlessNames builds the host names of a headless service and the SRV records
// that point at them (specification 2.4.2 and 2.4.3).
func (v *view) headlessNames() *names {
	hosts, targets := v.hosts(), v.targets()
	n := &names{below: make(map[string]node, 2*len(hosts))}
	for host, addresses := range hosts {
		var at node
		at.a, at.aaaa = addressSets(host+"."+v.name, unique(addresses), v.zone.ttl)
		n.below[host] = at
		n.addParents(host)
	}
	for len(targets) > 0 {
		label := targets[0].label
		end := slices.IndexFunc(targets, func(t target) bool { return t.label != label })
		if end < 0 {
			end = len(targets)
		}
		n.below[label] = node{srv: v.srv(label+"."+v.name, targets[:end], n)}
		n.addParents(label)
		targets = targets[end:]
	}
	n.srv = v.srv(v.name, bareTargets(v.targets()), n)
	return n
}

// hosts returns the addresses of every host name, by what stands before the service.
func (v *view) hosts() map[string][]netip.Addr {
	hosts := make(map[string][]netip.Addr)
	for _, p := range v.service.slices {
		for address, host := range p.endpoints() {
			if name, ok := v.host(host, p.cluster); ok {
				hosts[name] = append(hosts[name], address)
			}
		}
	}
	return hosts
}

// host returns what stands before the service in the name of a host, unless it
// has none in this zone.
func (v *view) host(label, cluster string) (string, bool) {
	if label == "" || len(label)+len(".")+len(cluster)+len(".")+len(v.name) > maxName {
		return "", false
	}
	return label + "." + cluster, true
}

// targets returns the SRV records of the named ports, sorted, each once. A port
// counts when the import has it under the same name and the slice has a number.
func (v *view) targets() []target {
	shown := v.shown()
	var targets []target
	for _, p := range v.service.slices {
		for _, port := range p.ports {
			if port.name == "" || port.number == 0 || !v.service.imp.exposes(port) {
				continue
			}
			label := port.label()
			for address, host := range p.endpoints() {
				if shown != nil && !shown[address] {
					continue
				}
				if name, ok := v.host(host, p.cluster); ok {
					targets = append(targets, target{label: label, host: name, number: port.number})
				}
			}
		}
	}
	slices.SortFunc(targets, compareTargets)
	return slices.Compact(targets)
}

// shown returns the addresses that a limit leaves, or nil without a limit.
func (v *view) shown() map[netip.Addr]bool {
	if v.zone.limit == 0 {
		return nil
	}
	shown := make(map[netip.Addr]bool)
	for _, a := range subset(v.service, v.zone.limit) {
		shown[a] = true
	}
	return shown
}

// bareTargets returns the SRV records at the name of the service itself: one for
// each target and port number, whatever the port is called.
func bareTargets(targets []target) []target {
	for i := range targets {
		targets[i].label = ""
	}
	slices.SortFunc(targets, compareTargets)
	return slices.Compact(targets)
}

// srv makes an SRV set and adds the addresses of its targets.
func (v *view) srv(owner string, targets []target, n *names) *rrset {
	records := make([]dns.RR, 0, len(targets))
	extra := make([]dns.RR, 0, len(targets))
	for i, t := range targets {
		at := n.below[t.host]
		records = append(records, srvRecord(owner, t.host+"."+v.name, t.number, v.zone.ttl))
		if i == 0 || targets[i-1].host != t.host {
			extra = append(extra, at.a.all()...)
			extra = append(extra, at.aaaa.all()...)
		}
	}
	return newRRset(records).with(extra)
}

// exposes reports whether the import has a port of that name and protocol. An
// import without ports does not restrict those of its slices.
func (i *imported) exposes(p port) bool {
	return len(i.ports) == 0 || slices.ContainsFunc(i.ports, func(q port) bool {
		return q.name == p.name && q.proto == p.proto
	})
}
