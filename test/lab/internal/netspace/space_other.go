//go:build !linux

package netspace

import (
	"errors"
	"net/netip"
)

// errNoNamespaces is why nothing but [Host] works here.
var errNoNamespaces = errors.New("network namespaces exist on Linux only")

type inside struct{}

func (*inside) visit() (func() error, error) { return nil, errNoNamespaces }
func (*inside) close()                       {}

func setReuseAddress(uintptr) error { return nil }

// New needs Linux.
func New(string, ...File) (*Space, error) { return nil, errNoNamespaces }

// AddAddress needs Linux.
func (s *Space) AddAddress(netip.Addr) error { return errNoNamespaces }

// RemoveAddress needs Linux.
func (s *Space) RemoveAddress(netip.Addr) error { return errNoNamespaces }

// Bridge needs Linux.
type Bridge struct{}

// NewBridge needs Linux.
func NewBridge([]netip.Prefix) (*Bridge, error) { return nil, errNoNamespaces }

// Close needs Linux.
func (*Bridge) Close() {}

// Plug needs Linux.
func (*Bridge) Plug(*Space, string, []netip.Prefix) (*Cable, error) { return nil, errNoNamespaces }

// Cable needs Linux.
type Cable struct{}

// Connect needs Linux.
func (*Cable) Connect() error { return errNoNamespaces }

// Disconnect needs Linux.
func (*Cable) Disconnect() error { return errNoNamespaces }

// Route needs Linux.
func (s *Space) Route(netip.Prefix, netip.Addr) error { return errNoNamespaces }

// Refuse needs Linux.
func (s *Space) Refuse(netip.Prefix) error { return errNoNamespaces }
