package multicluster

import (
	"math"
	"net/netip"
	"strings"
)

// maxAddressLabel is the length of the longest label of an address: eight groups
// of four digits and seven hyphens.
const maxAddressLabel = 39

// addressLabel turns an address into the host label of an endpoint that has no
// host name: its canonical text with dots and colons as hyphens. A label may
// neither begin nor end with a hyphen, so the zero that the text leaves out
// before or behind "::" is written.
func addressLabel(a netip.Addr) string {
	var buf [maxAddressLabel]byte
	return string(appendAddressLabel(buf[:0], a))
}

// appendAddressLabel appends what addressLabel returns.
func appendAddressLabel(to []byte, a netip.Addr) []byte {
	from := len(to)
	to = a.AppendTo(to)
	for i := from; i < len(to); i++ {
		if to[i] == '.' || to[i] == ':' {
			to[i] = '-'
		}
	}
	if to[from] == '-' {
		to = append(to, 0)
		copy(to[from+1:], to[from:])
		to[from] = '0'
	}
	if to[len(to)-1] == '-' {
		to = append(to, '0')
	}
	return to
}

// parseAddressLabel returns the address that has the label, or false when none
// of that family has. It is the inverse of addressLabel, and allocates nothing.
func parseAddressLabel(label string, ipv6 bool) (netip.Addr, bool) {
	parse := parseIPv4Label
	if ipv6 {
		parse = parseIPv6Label
	}
	a, ok := parse(label)
	if !ok {
		return netip.Addr{}, false
	}
	var buf [maxAddressLabel]byte
	return a, string(appendAddressLabel(buf[:0], a)) == label // every other spelling is no label of a
}

// parseIPv4Label reads four decimal numbers.
func parseIPv4Label(label string) (netip.Addr, bool) {
	var octets [4]byte
	for i := range octets {
		number, rest, more := strings.Cut(label, "-")
		n, ok := parseNumber(number, 10)
		if !ok || n > math.MaxUint8 || more != (i < len(octets)-1) {
			return netip.Addr{}, false
		}
		octets[i], label = byte(n), rest
	}
	return netip.AddrFrom4(octets), true
}

// parseIPv6Label reads groups of hexadecimal digits, and two hyphens in the
// place of those that are zero.
func parseIPv6Label(label string) (netip.Addr, bool) {
	var octets, tail [16]byte
	before, after, gap := strings.Cut(label, "--")
	n, ok := parseGroups(&octets, before)
	if !gap {
		return netip.AddrFrom16(octets), ok && n == len(octets)
	}
	m, okAfter := parseGroups(&tail, after)
	if !ok || !okAfter || n+m > len(octets) {
		return netip.Addr{}, false
	}
	copy(octets[len(octets)-m:], tail[:m])
	return netip.AddrFrom16(octets), true
}

// parseGroups reads groups of digits with a hyphen between them and returns how
// many octets they fill.
func parseGroups(into *[16]byte, text string) (int, bool) {
	for i := 0; i < len(into); i += 2 {
		group, rest, more := strings.Cut(text, "-")
		n, ok := parseNumber(group, 16)
		if !ok {
			return 0, false
		}
		into[i], into[i+1] = byte(n>>8), byte(n)
		if !more {
			return i + 2, true
		}
		text = rest
	}
	return 0, false
}

// parseNumber reads one to four digits.
func parseNumber(digits string, base uint16) (uint16, bool) {
	if digits == "" || len(digits) > 4 {
		return 0, false
	}
	var n uint16
	for i := range len(digits) {
		var digit uint16
		switch c := digits[i]; {
		case '0' <= c && c <= '9':
			digit = uint16(c - '0')
		case 'a' <= c && c <= 'f' && base == 16:
			digit = uint16(c-'a') + 10
		default:
			return 0, false
		}
		n = n*base + digit
	}
	return n, true
}
