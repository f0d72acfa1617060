package netspace

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Route sends packets for a prefix to the neighbour via. The namespace must be plugged into a bridge.
func (s *Space) Route(prefix netip.Prefix, via netip.Addr) error {
	return s.use(func(in *inside) error {
		far, err := in.handle.LinkByName(cableEnd)
		if err != nil {
			return fmt.Errorf("finding interface %q: %w", cableEnd, err)
		}
		route := &netlink.Route{LinkIndex: far.Attrs().Index, Dst: ipNet(prefix), Gw: via.AsSlice()}
		if err := in.handle.RouteReplace(route); err != nil {
			return fmt.Errorf("routing %s via %s: %w", prefix, via, err)
		}
		return nil
	})
}

// Refuse answers packets for addresses of the prefix that nobody holds with "host unreachable" instead of sending them
// on through the default route and back.
func (s *Space) Refuse(prefix netip.Prefix) error {
	return s.use(func(in *inside) error {
		route := &netlink.Route{Dst: ipNet(prefix), Type: unix.RTN_UNREACHABLE}
		if err := in.handle.RouteReplace(route); err != nil {
			return fmt.Errorf("refusing %s: %w", prefix, err)
		}
		return nil
	})
}
