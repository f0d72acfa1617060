package mcs

import (
	"net/netip"

	discoveryv1 "k8s.io/api/discovery/v1"
)

// usableAddress returns the canonical text of an endpoint's address, or what makes it unusable in another cluster. The same rules
// as Kubernetes' for endpoints, and more: an address that means the host which dials it, or all hosts, would let a member point the
// clients of a service at themselves.
func usableAddress(text string, family discoveryv1.AddressType) (canonical, problem string) {
	address, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return "", "not an IP address"
	case address.Zone() != "":
		return "", "bound to an interface"
	case address.Is4In6():
		return "", "an IPv4 address in IPv6 form"
	case address.Is4() != (family == discoveryv1.AddressTypeIPv4):
		return "", "of another family than the slice"
	case address.IsUnspecified():
		return "", "unspecified"
	case address.IsLoopback():
		return "", "a loopback address"
	case address.IsLinkLocalUnicast():
		return "", "a link-local address"
	case address.IsMulticast():
		return "", "a multicast address"
	case !address.IsGlobalUnicast():
		return "", "a broadcast address"
	}
	var buffer [len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]byte
	if string(address.AppendTo(buffer[:0])) == text {
		return text, ""
	}
	return address.String(), ""
}
