package edit

import "strings"

// address is a key of a server block taken apart.
type address struct {
	zone string // lower case, without the dot at its end; "" is the root
	port string // "" is the server's default
}

// parseKey reads a key. False is a key of another transport than plain DNS.
func parseKey(key string) (address, bool) {
	if scheme, rest, found := strings.Cut(key, "://"); found {
		if scheme != "dns" {
			return address{}, false
		}
		key = rest
	}
	zone, port := key, ""
	if i := strings.LastIndex(key, ":"); i >= 0 && !strings.Contains(key[i:], "]") {
		zone, port = key[:i], key[i+1:]
	}
	return address{zone: strings.ToLower(strings.TrimSuffix(zone, ".")), port: port}, true
}

// roots are the ports of the keys by which a block answers for all names.
func (s server) roots() []string {
	var ports []string
	for _, key := range s.keys {
		if a, plain := parseKey(key); plain && a.zone == "" {
			ports = append(ports, a.port)
		}
	}
	return ports
}

// usual says whether one of the ports is that of DNS.
func usual(ports []string) bool {
	for _, port := range ports {
		if port == "" || port == "53" {
			return true
		}
	}
	return false
}

// mains are the blocks that pods' questions reach: those for all names on DNS' own port, else those for all names.
func mains(all []server) []server {
	var roots, found []server
	for _, s := range all {
		if ports := s.roots(); len(ports) > 0 {
			roots = append(roots, s)
			if usual(ports) {
				found = append(found, s)
			}
		}
	}
	if len(found) == 0 {
		return roots
	}
	return found
}

// byHand returns the line on which somebody serves the zone already, 0 if nobody does.
func byHand(all []server, zone string) int {
	zone = strings.ToLower(strings.TrimSuffix(zone, "."))
	same := func(name string) bool {
		a, plain := parseKey(name)
		return plain && a.zone == zone
	}
	for _, s := range all {
		for _, key := range s.keys {
			if same(key) {
				return max(s.open, 1)
			}
		}
		for _, d := range s.directives {
			if d.name == "multicluster" {
				return d.first
			}
			if (d.name == "forward" || d.name == "proxy") && len(d.args) > 0 && same(d.args[0]) {
				return d.first
			}
		}
	}
	return 0
}
