package multicluster

import (
	"strings"

	"github.com/miekg/dns"
)

// question is what a query asks of one zone.
type question struct {
	zone  *zone
	name  string // below the zone, in lower case, without the dot between; empty at the apex
	qtype uint16
	exact bool // the query spells the name in lower case, as records do
}

// ask reads the question of a query, or returns false when it is for another
// plugin: not a plain query of class IN for a name in one of the zones. Zones
// are tried in their order, so the longest must come first.
func ask(zones []*zone, r *dns.Msg) (question, bool) {
	if r.Opcode != dns.OpcodeQuery || len(r.Question) != 1 || r.Question[0].Qclass != dns.ClassINET {
		return question{}, false
	}
	asked := r.Question[0].Name
	name := strings.ToLower(asked)
	for _, z := range zones {
		if below, ok := cutZone(name, z.name); ok {
			return question{zone: z, name: below, qtype: r.Question[0].Qtype, exact: len(name) == len(asked) && name == asked}, true
		}
	}
	return question{}, false
}

// cutZone returns what of name is below zone, and whether it is in zone at all.
// Both are in lower case and end with a dot.
func cutZone(name, zone string) (string, bool) {
	if zone == "." {
		return strings.TrimSuffix(name, "."), true
	}
	if name == zone {
		return "", true
	}
	cut := len(name) - len(zone) - 1
	if cut <= 0 || name[cut] != '.' || name[cut+1:] != zone || escaped(name, cut) {
		return "", false
	}
	return name[:cut], true
}

// escaped reports whether the dot at i is part of a label.
func escaped(name string, i int) bool {
	odd := false
	for i > 0 && name[i-1] == '\\' {
		odd = !odd
		i--
	}
	return odd
}
