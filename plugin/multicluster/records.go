package multicluster

import (
	"net"
	"net/netip"

	"github.com/miekg/dns"
)

// srvWeight is the weight of every SRV record: targets are alike, and RFC 2782
// asks for a weight above zero where a choice is to be made among them.
const srvWeight = 100

func header(name string, rrtype uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
}

// addressSets makes the A and the AAAA set of a name from its addresses, which
// are sorted.
func addressSets(name string, addresses []netip.Addr, ttl uint32) (a, aaaa *rrset) {
	records := addressRecords(func(int) string { return name }, addresses, ttl)
	v4 := count4(addresses)
	return newRRset(records[:v4:v4]), newRRset(records[v4:])
}

func count4(addresses []netip.Addr) int {
	n := 0
	for _, a := range addresses {
		if a.Is4() {
			n++
		}
	}
	return n
}

// addressRecords makes the A and AAAA records of addresses in their order, in few
// pieces of memory. Name tells the name of the i-th.
func addressRecords(name func(i int) string, addresses []netip.Addr, ttl uint32) []dns.RR {
	v4 := count4(addresses)
	v6 := len(addresses) - v4
	as, aaaas := make([]dns.A, 0, v4), make([]dns.AAAA, 0, v6)
	data := make([]byte, 0, net.IPv4len*v4+net.IPv6len*v6)
	records := make([]dns.RR, len(addresses))
	for i, addr := range addresses {
		from := len(data)
		if addr.Is4() {
			octets := addr.As4()
			data = append(data, octets[:]...)
			as = append(as, dns.A{Hdr: header(name(i), dns.TypeA, ttl), A: data[from:len(data):len(data)]})
			records[i] = &as[len(as)-1]
			continue
		}
		octets := addr.As16()
		data = append(data, octets[:]...)
		aaaas = append(aaaas, dns.AAAA{Hdr: header(name(i), dns.TypeAAAA, ttl), AAAA: data[from:len(data):len(data)]})
		records[i] = &aaaas[len(aaaas)-1]
	}
	return records
}

func newSRV(owner, target string, number uint16, ttl uint32) dns.SRV {
	return dns.SRV{Hdr: header(owner, dns.TypeSRV, ttl), Weight: srvWeight, Port: number, Target: target}
}

// renamed returns copies of records under another spelling of their name. Every
// answer keeps the case of its question (RFC 4343 4.1).
func renamed(records []dns.RR, name string) []dns.RR {
	copies := make([]dns.RR, len(records))
	for i, rr := range records {
		switch r := rr.(type) {
		case *dns.A:
			c := *r
			copies[i] = &c
		case *dns.AAAA:
			c := *r
			copies[i] = &c
		case *dns.SRV:
			c := *r
			copies[i] = &c
		default:
			copies[i] = dns.Copy(rr)
		}
		copies[i].Header().Name = name
	}
	return copies
}
