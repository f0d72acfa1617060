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

// addressSets makes the A and the AAAA set of a name from its addresses.
func addressSets(name string, addresses []netip.Addr, ttl uint32) (a, aaaa *rrset) {
	v4 := 0
	for _, addr := range addresses {
		if addr.Is4() {
			v4++
		}
	}
	as, aaaas := make([]dns.A, 0, v4), make([]dns.AAAA, 0, len(addresses)-v4)
	data := make([]byte, 0, 4*v4+16*(len(addresses)-v4))
	arrs, aaaarrs := make([]dns.RR, 0, v4), make([]dns.RR, 0, len(addresses)-v4)
	for _, addr := range addresses {
		from := len(data)
		if addr.Is4() {
			b := addr.As4()
			data = append(data, b[:]...)
			as = append(as, dns.A{Hdr: header(name, dns.TypeA, ttl), A: net.IP(data[from:len(data):len(data)])})
			arrs = append(arrs, &as[len(as)-1])
			continue
		}
		b := addr.As16()
		data = append(data, b[:]...)
		aaaas = append(aaaas, dns.AAAA{Hdr: header(name, dns.TypeAAAA, ttl), AAAA: net.IP(data[from:len(data):len(data)])})
		aaaarrs = append(aaaarrs, &aaaas[len(aaaas)-1])
	}
	return newRRset(arrs), newRRset(aaaarrs)
}

func srvRecord(name, target string, number uint16, ttl uint32) dns.RR {
	return &dns.SRV{Hdr: header(name, dns.TypeSRV, ttl), Weight: srvWeight, Port: number, Target: target}
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
