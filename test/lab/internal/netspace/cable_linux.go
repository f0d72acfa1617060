package netspace

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

const (
	bridgeName = "lab0"
	cableEnd   = "eth0" // the name of a cable's end inside a namespace
)

// Bridge joins namespaces. It has one of its own, so that it meets no other and goes without a trace.
type Bridge struct {
	space *Space
	link  netlink.Link
}

// NewBridge makes the bridge and gives it addresses, which are the gateways of those it joins.
func NewBridge(gateways []netip.Prefix) (*Bridge, error) {
	space, err := New("bridge")
	if err != nil {
		return nil, err
	}
	b := &Bridge{space: space}
	if err := b.raise(gateways); err != nil {
		space.Close()
		return nil, fmt.Errorf("making bridge %q: %w", bridgeName, err)
	}
	return b, nil
}

func (b *Bridge) raise(gateways []netip.Prefix) error {
	handle := b.space.inside.handle
	attributes := netlink.NewLinkAttrs()
	attributes.Name = bridgeName
	b.link = &netlink.Bridge{LinkAttrs: attributes}
	if err := handle.LinkAdd(b.link); err != nil {
		return err
	}
	for _, gateway := range gateways {
		if err := handle.AddrReplace(b.link, address(gateway)); err != nil {
			return fmt.Errorf("adding address %s: %w", gateway, err)
		}
	}
	return handle.LinkSetUp(b.link)
}

// Close takes the bridge away.
func (b *Bridge) Close() { b.space.Close() }

// Cable is a veth pair between a bridge and a namespace. It goes with either.
type Cable struct {
	name   string
	bridge *Bridge
	port   netlink.Link // the end at the bridge
}

// Plug lays a cable named name from the bridge into s and gives its far end the addresses.
func (b *Bridge) Plug(s *Space, name string, addresses []netip.Prefix) (*Cable, error) {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	attributes.MasterIndex = b.link.Attrs().Index
	pair := &netlink.Veth{LinkAttrs: attributes, PeerName: cableEnd, PeerNamespace: netlink.NsFd(s.inside.namespace)}
	if err := b.space.inside.handle.LinkAdd(pair); err != nil {
		return nil, fmt.Errorf("adding cable %q: %w", name, err)
	}
	far, err := s.inside.handle.LinkByName(cableEnd)
	if err != nil {
		return nil, fmt.Errorf("finding the far end of cable %q: %w", name, err)
	}
	for _, a := range addresses {
		if err := s.inside.handle.AddrReplace(far, address(a)); err != nil {
			return nil, fmt.Errorf("adding address %s to cable %q: %w", a, name, err)
		}
	}
	if err := s.inside.handle.LinkSetUp(far); err != nil {
		return nil, fmt.Errorf("bringing up the far end of cable %q: %w", name, err)
	}
	c := &Cable{name: name, bridge: b, port: pair}
	return c, c.Connect()
}

// Connect lets packets through.
func (c *Cable) Connect() error {
	return c.bridge.space.use(func(in *inside) error {
		if err := in.handle.LinkSetUp(c.port); err != nil {
			return fmt.Errorf("connecting cable %q: %w", c.name, err)
		}
		return nil
	})
}

// Disconnect stops packets at the bridge: they vanish, as on a pulled cable, and no side is told.
func (c *Cable) Disconnect() error {
	return c.bridge.space.use(func(in *inside) error {
		if err := in.handle.LinkSetDown(c.port); err != nil {
			return fmt.Errorf("disconnecting cable %q: %w", c.name, err)
		}
		return nil
	})
}
