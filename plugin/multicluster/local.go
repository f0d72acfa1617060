package multicluster

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// listenAddresses returns the addresses at which a server with these listen
// hosts is reached: the hosts themselves, or every address of the machine when
// the server listens on all. Loopback addresses count only when there is nothing
// else, and link-local ones never: another machine cannot use them.
func listenAddresses(hosts []string, machine func() ([]net.Addr, error)) ([]netip.Addr, error) {
	var all []netip.Addr
	for _, host := range hosts {
		a, err := netip.ParseAddr(host)
		if err != nil || a.IsUnspecified() {
			all = nil
			break
		}
		all = append(all, a)
	}
	if all == nil {
		addrs, err := machine()
		if err != nil {
			return nil, fmt.Errorf("listing the addresses of this machine: %w", err)
		}
		for _, addr := range addrs {
			if p, err := netip.ParsePrefix(addr.String()); err == nil {
				all = append(all, p.Addr())
			}
		}
	}
	var routed, loopback []netip.Addr
	for _, a := range all {
		switch a = a.Unmap().WithZone(""); {
		case a.IsLoopback():
			loopback = append(loopback, a)
		case !a.IsLinkLocalUnicast():
			routed = append(routed, a)
		}
	}
	if len(routed) == 0 {
		routed = loopback
	}
	return unique(slices.Clip(routed)), nil
}
