package netspace

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Prepared says what a process found when it made itself at home in new namespaces.
type Prepared struct {
	// OwnProc is whether /proc shows this process namespace and not the machine's.
	OwnProc bool
	// IPv6 is whether interfaces take IPv6 addresses.
	IPv6 bool
}

// Prepare makes a process that was just started in new network, mount and process namespaces at home there, and tries
// out everything a lab needs, for no setting of the machine says as surely as doing it whether it is allowed.
func Prepare() (Prepared, error) {
	var p Prepared
	// Mounts of the machine keep arriving; ours stay here.
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return p, fmt.Errorf("separating mounts: %w", err)
	}
	// A container may hide parts of /proc, and then the kernel refuses a fresh one. Only IPv6 in kube-proxy needs it.
	p.OwnProc = unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "") == nil
	enableIPv6()
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return p, fmt.Errorf("opening netlink: %w", err)
	}
	defer handle.Close()
	if err := up(handle, "lo"); err != nil {
		return p, err
	}
	if err := rehearse(); err != nil {
		return p, err
	}
	p.IPv6 = takesIPv6(handle)
	return p, nil
}

// rehearse makes a bridge, a namespace and a cable between them, and takes them away again.
func rehearse() error {
	bridge, err := NewBridge([]netip.Prefix{netip.MustParsePrefix("10.95.0.1/24")})
	if err != nil {
		return err
	}
	defer bridge.Close()
	space, err := New("rehearsal")
	if err != nil {
		return err
	}
	defer space.Close()
	_, err = bridge.Plug(space, "rehearsal", []netip.Prefix{netip.MustParsePrefix("10.95.0.2/24")})
	return err
}

func takesIPv6(handle *netlink.Handle) bool {
	if _, err := os.Stat("/proc/sys/net/ipv6"); err != nil {
		return false
	}
	lo, err := handle.LinkByName("lo")
	if err != nil {
		return false
	}
	probe := address(netip.MustParsePrefix("fd10:95::1/128"))
	if err := handle.AddrReplace(lo, probe); err != nil {
		return false
	}
	return handle.AddrDel(lo, probe) == nil
}
