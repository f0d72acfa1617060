package netspace

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// addressLink carries the addresses that come and go. It is the loopback, which is in every kernel and stays up whatever
// happens to the cable.
const addressLink = "lo"

type inside struct {
	namespace netns.NsHandle
	handle    *netlink.Handle
	link      netlink.Link
}

// New makes a network namespace with its loopback up, and a mount namespace in
// which the given files cover those of the machine. It needs the right to do so, see [Prepare].
func New(name string, files ...File) (*Space, error) {
	s := newSpace(name)
	settled := make(chan error, 1)
	go s.reside(func() (*inside, error) { return settle(files) }, settled)
	select {
	case err := <-settled:
		if err != nil {
			return nil, fmt.Errorf("making network namespace %q: %w", name, err)
		}
		return s, nil
	case <-time.After(settleTimeout):
		return nil, fmt.Errorf("making network namespace %q: nothing happened in %s", name, settleTimeout)
	}
}

// settle moves the calling thread, which stays, into new namespaces and furnishes them.
func settle(files []File) (*inside, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return nil, fmt.Errorf("unsharing: %w", err)
	}
	for _, file := range files {
		err := unix.Mount(file.Source, file.Target, "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("covering %q: %w", file.Target, err)
		}
	}
	namespace, err := current()
	if err != nil {
		return nil, err
	}
	in, err := furnish(namespace)
	if err != nil {
		return nil, errors.Join(err, namespace.Close())
	}
	return in, nil
}

func furnish(namespace netns.NsHandle) (*inside, error) {
	enableIPv6()
	forward()
	handle, err := netlink.NewHandleAt(namespace, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("opening netlink: %w", err)
	}
	in := &inside{namespace: namespace, handle: handle}
	if err := up(handle, addressLink); err != nil {
		return nil, err
	}
	in.link, err = handle.LinkByName(addressLink)
	if err != nil {
		return nil, fmt.Errorf("finding interface %q: %w", addressLink, err)
	}
	return in, nil
}

// visit moves the calling thread inside; the function it returns moves it back.
func (in *inside) visit() (func() error, error) {
	home, err := current()
	if err != nil {
		return nil, err
	}
	if err := netns.Set(in.namespace); err != nil {
		return nil, errors.Join(err, home.Close())
	}
	return func() error {
		return errors.Join(netns.Set(home), home.Close())
	}, nil
}

func (in *inside) close() {
	in.handle.Close()
	_ = in.namespace.Close() // closing a descriptor of a namespace has nothing to report
}

// AddAddress gives the namespace one more address of its own and returns when it can be used. Adding one it has already is no error.
func (s *Space) AddAddress(a netip.Addr) error {
	return s.use(func(in *inside) error {
		if err := in.handle.AddrReplace(in.link, address(single(a))); err != nil {
			return fmt.Errorf("adding address %s: %w", a, err)
		}
		if !in.local(a) {
			return fmt.Errorf("adding address %s: the kernel took it %s ago and does not use it", a, routeTimeout)
		}
		return nil
	})
}

// routeTimeout bounds how long the kernel may take to route to an address it was given.
const routeTimeout = 5 * time.Second

// local waits until packets for an address are our own to take. For IPv4 that is when the address was added; for IPv6 the
// kernel adds the route a moment later, and whoever connects in between is told that the network is unreachable.
func (in *inside) local(a netip.Addr) bool {
	for deadline := time.Now().Add(routeTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) { //nolint:forbidigo // the kernel is done within microseconds, and nobody could end this wait
		routes, err := in.handle.RouteGet(a.AsSlice())
		if err == nil && len(routes) == 1 && routes[0].Type == unix.RTN_LOCAL {
			return true
		}
	}
	return false
}

// RemoveAddress takes an address away. Removing one it does not have is no error.
func (s *Space) RemoveAddress(a netip.Addr) error {
	return s.use(func(in *inside) error {
		err := in.handle.AddrDel(in.link, address(single(a)))
		if err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fmt.Errorf("removing address %s: %w", a, err)
		}
		return nil
	})
}

// current is the network namespace of the calling thread. It asks by "thread-self", because a process number may not
// mean the same to us as to the /proc we see.
func current() (netns.NsHandle, error) {
	handle, err := netns.GetFromPath("/proc/thread-self/ns/net")
	if err != nil {
		return handle, fmt.Errorf("opening the current network namespace: %w", err)
	}
	return handle, nil
}

// enableIPv6 undoes a machine-wide "off" for new interfaces of the calling thread's namespace. Without the right or
// without IPv6 it does nothing, and what needs IPv6 finds out by trying.
func enableIPv6() {
	for _, scope := range []string{"all", "default"} {
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+scope+"/disable_ipv6", []byte("0"), 0)
	}
}

// forward makes the calling thread's namespace a router, as a node is: only a router says "unreachable" to a packet for a
// pod that has gone; anybody else drops it in silence.
func forward() {
	for _, family := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		_ = os.WriteFile("/proc/sys/net/"+family, []byte("1"), 0) // without it, clients of such a pod time out
	}
}

func up(handle *netlink.Handle, name string) error {
	link, err := handle.LinkByName(name)
	if err != nil {
		return fmt.Errorf("finding interface %q: %w", name, err)
	}
	if err := handle.LinkSetUp(link); err != nil {
		return fmt.Errorf("bringing up interface %q: %w", name, err)
	}
	return nil
}

func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// address is a prefix in the form netlink takes, usable without first asking the network whether it is a duplicate.
func address(p netip.Prefix) *netlink.Addr {
	a := &netlink.Addr{IPNet: ipNet(p)}
	if p.Addr().Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	return a
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func setReuseAddress(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
}
