package plan

import (
	"fmt"
	"net/netip"
)

// firstHost is where a pool starts to give: the addresses below are left for things with a fixed place.
const firstHost = 10

// Pool gives out single addresses of one range and takes them back. An address that came back is given again only
// after all others, so that a client with an old answer meets nobody rather than somebody else. The zero value has no
// addresses; a Pool is not safe for concurrent use.
type Pool struct {
	prefix netip.Prefix
	next   netip.Addr
	taken  map[netip.Addr]bool
}

// NewPool returns a pool of all addresses of prefix from the tenth on.
func NewPool(prefix netip.Prefix) *Pool {
	return &Pool{prefix: prefix.Masked(), next: first(prefix), taken: map[netip.Addr]bool{}}
}

// Take gives an address that nobody holds, and an error when the range is used up.
func (p *Pool) Take() (netip.Addr, error) {
	if !p.next.IsValid() {
		return netip.Addr{}, fmt.Errorf("taking an address from an empty pool")
	}
	start := p.next
	for {
		candidate := p.next
		p.next = candidate.Next()
		if !p.prefix.Contains(p.next) || isBroadcast(p.prefix, p.next) {
			p.next = first(p.prefix)
		}
		if !p.taken[candidate] {
			p.taken[candidate] = true
			return candidate, nil
		}
		if p.next == start {
			return netip.Addr{}, fmt.Errorf("taking an address from %s: all %d are in use", p.prefix, len(p.taken))
		}
	}
}

// Claim takes one particular address, and says whether it is one of the pool's and was free.
func (p *Pool) Claim(a netip.Addr) bool {
	if !p.prefix.Contains(a) || p.taken[a] {
		return false
	}
	p.taken[a] = true
	return true
}

// Release takes an address back. One that was never given is ignored.
func (p *Pool) Release(a netip.Addr) {
	delete(p.taken, a)
}

func first(prefix netip.Prefix) netip.Addr {
	a := prefix.Masked().Addr()
	for range firstHost {
		a = a.Next()
	}
	return a
}

func isBroadcast(prefix netip.Prefix, a netip.Addr) bool {
	return a.Is4() && !prefix.Contains(a.Next())
}
