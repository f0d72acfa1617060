package multicluster

import (
	"net/netip"
	"strings"
)

const (
	maxLabel = 63  // octets in a label, RFC 1035 2.3.4
	maxName  = 254 // characters of a name in text with its last dot: 255 octets on the wire
)

// isLabel reports whether s consists of letters, digits and inner hyphens
// (RFC 1123 2.1). It says nothing about its length.
func isLabel(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
		default:
			return false
		}
	}
	return true
}

// isObjectName reports whether an object or a namespace of that name can stand in
// a DNS name: one label in lower case. Others could be taken for each other.
func isObjectName(name string) bool {
	return isLabel(name) && len(name) <= maxLabel && name == strings.ToLower(name)
}

// isClusterID reports whether id is one DNS label, or two with a dot between
// (KEP-1645, Terminology: a cluster id fits in at most two labels here).
func isClusterID(id string) bool {
	first, second, two := strings.Cut(id, ".")
	return isLabel(first) && (!two || isLabel(second))
}

// longLabel reports whether a label of a cluster id is too long for a name.
func longLabel(id string) bool {
	first, second, _ := strings.Cut(id, ".")
	return len(first) > maxLabel || len(second) > maxLabel
}

// parseAddress returns the address in text, or false when it is none, carries a
// zone or is an IPv4 address in IPv6 clothes.
func parseAddress(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}, false
	}
	return a, true
}
