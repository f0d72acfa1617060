package authority

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// leaf is the certificate of a pair, after checking that the key belongs to it.
func leaf(t *testing.T, p Pair) *x509.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(p.Certificate, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func pool(t *testing.T, a *Authority) *x509.CertPool {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		t.Fatalf("no certificate in %s", a.PEM())
	}
	return roots
}

func TestCertificatesAreGoodForWhatTheyAreIssuedForAndNothingElse(t *testing.T) {
	ours, err := New("ours")
	if err != nil {
		t.Fatal(err)
	}
	other, err := New("other")
	if err != nil {
		t.Fatal(err)
	}
	server, err := ours.Server("kube-apiserver", []string{"kubernetes"}, []netip.Addr{netip.MustParseAddr("10.95.0.2"), netip.MustParseAddr("fd10:95::2")})
	if err != nil {
		t.Fatal(err)
	}
	client, err := ours.Client("admin", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	serverAuth, clientAuth := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	for _, tc := range []struct {
		name    string
		pair    Pair
		options x509.VerifyOptions
		good    bool
	}{
		{"a server under its name", server, x509.VerifyOptions{Roots: pool(t, ours), DNSName: "kubernetes", KeyUsages: serverAuth}, true},
		{"a server at its IPv4 address", server, x509.VerifyOptions{Roots: pool(t, ours), DNSName: "10.95.0.2", KeyUsages: serverAuth}, true},
		{"a server at its IPv6 address", server, x509.VerifyOptions{Roots: pool(t, ours), DNSName: "fd10:95::2", KeyUsages: serverAuth}, true},
		{"a server at another address", server, x509.VerifyOptions{Roots: pool(t, ours), DNSName: "10.95.0.3", KeyUsages: serverAuth}, false},
		{"a server of another cluster", server, x509.VerifyOptions{Roots: pool(t, other), DNSName: "kubernetes", KeyUsages: serverAuth}, false},
		{"a client", client, x509.VerifyOptions{Roots: pool(t, ours), KeyUsages: clientAuth}, true},
		{"a client as a server", client, x509.VerifyOptions{Roots: pool(t, ours), KeyUsages: serverAuth}, false},
		{"a client of another cluster", client, x509.VerifyOptions{Roots: pool(t, other), KeyUsages: clientAuth}, false},
		{"a client after the end", client, x509.VerifyOptions{Roots: pool(t, ours), KeyUsages: clientAuth, CurrentTime: time.Now().Add(validity + time.Minute)}, false},
		{"a client before the beginning", client, x509.VerifyOptions{Roots: pool(t, ours), KeyUsages: clientAuth, CurrentTime: time.Now().Add(-2 * time.Hour)}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := leaf(t, tc.pair).Verify(tc.options); (err == nil) != tc.good {
				t.Errorf("verifying says %v, want good %v", err, tc.good)
			}
		})
	}
	subject := leaf(t, client).Subject
	if diff := cmp.Diff([]string{"admin", "system:masters"}, []string{subject.CommonName, subject.Organization[0]}); diff != "" {
		t.Errorf("who the client is (-want +got):\n%s", diff)
	}
}

func TestASigningPairBelongsTogether(t *testing.T) {
	pair, err := NewSigningPair()
	if err != nil {
		t.Fatal(err)
	}
	private, _ := pem.Decode(pair.Private)
	public, _ := pem.Decode(pair.Public)
	if private == nil || public == nil {
		t.Fatal("not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := x509.ParsePKIXPublicKey(public.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !key.(*ecdsa.PrivateKey).PublicKey.Equal(verifier) {
		t.Error("the public half is another key's")
	}
}
