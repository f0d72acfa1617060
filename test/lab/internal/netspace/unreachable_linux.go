package netspace

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Refuse answers packets for addresses of the prefix that nobody holds with "host unreachable" instead of sending them
// on through the default route and back.
func (s *Space) Refuse(prefix netip.Prefix) error {
	route := &netlink.Route{Dst: ipNet(prefix), Type: unix.RTN_UNREACHABLE}
	if err := s.inside.handle.RouteReplace(route); err != nil {
		return fmt.Errorf("refusing %s: %w", prefix, err)
	}
	return nil
}
