package multicluster

import (
	"net/netip"

	"github.com/coredns/coredns/plugin/pkg/dnsutil"
	"github.com/miekg/dns"
)

const (
	// schemaVersion is the version of the DNS schema that names follow
	// (multicluster DNS specification, section 2.2).
	schemaVersion = "1.0.0"
	// schemaTTL is the TTL of the version record in seconds (same section).
	schemaTTL = 28800

	soaRefresh = 7200  // seconds
	soaRetry   = 1800  // seconds
	soaExpire  = 86400 // seconds
)

// node holds the addresses at one name.
type node struct {
	a, aaaa *rrset
}

// zone is one zone the plugin is authoritative for. It is not changed once the
// server answers.
type zone struct {
	name    string // in lower case, with its last dot
	suffix  string // what follows the key of a service in a name
	index   int    // its place among the zones
	reverse bool   // an address zone: it has an apex, and no services
	ttl     uint32 // seconds
	limit   int    // endpoints of a headless service in an answer; 0: all

	ns      *rrset // with the addresses of the name server in Additional
	server  node   // at the name server's name
	version *rrset
}

// newZone makes a zone whose name server has no addresses yet.
func newZone(name string, index int, ttl uint32, limit int) *zone {
	z := &zone{
		name: name, suffix: serviceSuffix(name), index: index, reverse: dnsutil.IsReverse(name) > 0,
		ttl: ttl, limit: limit,
	}
	z.serveAt(nil)
	if !z.reverse {
		z.version = newRRset([]dns.RR{&dns.TXT{
			Hdr: header(under("dns-version", name), dns.TypeTXT, schemaTTL),
			Txt: []string{schemaVersion},
		}})
	}
	return z
}

// serveAt sets the addresses on which the server answers.
func (z *zone) serveAt(addresses []netip.Addr) {
	host := under("ns.dns", z.name)
	z.server.a, z.server.aaaa = addressSets(host, addresses, z.ttl)
	glue := append(z.server.a.all(), z.server.aaaa.all()...)
	z.ns = newRRset([]dns.RR{&dns.NS{Hdr: header(z.name, dns.TypeNS, z.ttl), Ns: host}}).with(glue)
}

// soa makes the SOA record for a serial. Its minimum is the TTL of the records:
// what is not there may be believed as long as what is.
func (z *zone) soa(serial uint32) *rrset {
	return newRRset([]dns.RR{&dns.SOA{
		Hdr: header(z.name, dns.TypeSOA, z.ttl), Ns: under("ns.dns", z.name), Mbox: under("hostmaster", z.name),
		Serial: serial, Refresh: soaRefresh, Retry: soaRetry, Expire: soaExpire, Minttl: z.ttl,
	}})
}

// under returns the name of labels below zone.
func under(labels, zone string) string {
	if zone == "." {
		return labels + "."
	}
	return labels + "." + zone
}

// serviceSuffix returns what follows the key of a service in its name.
func serviceSuffix(zone string) string { return "." + under("svc", zone) }
