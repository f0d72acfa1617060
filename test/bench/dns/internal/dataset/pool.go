package dataset

import "net/netip"

// pool hands out addresses, each once: those of every cluster's pods from a range of its own, spread as those of a long-lived
// cluster are.
type pool struct {
	offset   uint32
	pods     [len(Clusters)]uint32 // handed out so far
	services uint32
}

// podBits is the size of a cluster's range: a million addresses.
const podBits = 20

func newPool(seed uint64) *pool { return &pool{offset: uint32(seed)} }

// skip leaves out n addresses of every cluster.
func (p *pool) skip(n uint32) {
	for i := range p.pods {
		p.pods[i] += n
	}
}

// pod is the next address in a cluster's range, 10.64.0.0/12 for the first and so on.
func (p *pool) pod(cluster int) netip.Addr {
	const stride = 0x9e3b // odd, so that no address of the range comes twice
	at := (p.pods[cluster]*stride + p.offset) & (1<<podBits - 1)
	p.pods[cluster]++
	return ipv4(10<<24 | uint32(4+cluster)<<podBits | at)
}

// service is the next clusterset IP, of 172.16.0.0/12.
func (p *pool) service() netip.Addr {
	p.services++
	return ipv4(172<<24 | 16<<16 | p.services)
}

func ipv4(bits uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)})
}
