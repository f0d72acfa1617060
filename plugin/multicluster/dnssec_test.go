package multicluster

import (
	"crypto/ecdsa"
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"
)

// dnssecKey makes a key pair for clusterset.local and returns the base of its files.
func dnssecKey(t *testing.T) string {
	t.Helper()
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: "clusterset.local.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	private, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(t.TempDir(), "Kclusterset.local.+013+00001")
	if err := os.WriteFile(base+".key", []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base+".private", []byte(key.PrivateKeyString(private.(*ecdsa.PrivateKey))), 0o600); err != nil {
		t.Fatal(err)
	}
	return base
}
