package hub

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// jwt returns an unsigned token with a payload.
func jwt(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func certificateUntil(t *testing.T, end time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: end}, &x509.Certificate{}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestExpiry(t *testing.T) {
	early, late := time.Unix(2_000_000_000, 0), time.Unix(2_100_000_000, 0)
	file := func(content []byte) string {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := []struct {
		name   string
		config rest.Config
		want   time.Time // zero for unknown
	}{
		{name: "no credential says nothing"},
		{name: "a token says when it ends", config: rest.Config{BearerToken: jwt(fmt.Sprintf(`{"exp":%d}`, early.Unix()))}, want: early},
		{name: "the file of a token is read, not the token that once was in it", config: rest.Config{BearerToken: jwt(`{"exp":1}`), BearerTokenFile: file([]byte(jwt(fmt.Sprintf(`{"exp":%d}`, late.Unix())) + "\n"))}, want: late},
		{name: "a token without an end says nothing", config: rest.Config{BearerToken: jwt(`{"sub":"x"}`)}},
		{name: "a token that is no JWT says nothing", config: rest.Config{BearerToken: "abcdef.0123456789abcdef"}},
		{name: "a token whose payload is no JSON says nothing", config: rest.Config{BearerToken: "a.!.c"}},
		{name: "an end beyond all bounds says nothing", config: rest.Config{BearerToken: jwt(`{"exp":1e300}`)}},
		{name: "a certificate says when it ends", config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: certificateUntil(t, early)}}, want: early},
		{name: "the file of a certificate is read", config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertFile: file(certificateUntil(t, late))}}, want: late},
		{name: "a certificate that is none says nothing", config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}}},
		{
			name: "of two credentials the first to end counts",
			config: rest.Config{
				BearerToken:     jwt(fmt.Sprintf(`{"exp":%d}`, late.Unix())),
				TLSClientConfig: rest.TLSClientConfig{CertData: certificateUntil(t, early)},
			},
			want: early,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := expiry(&tc.config)
			if ok == tc.want.IsZero() || !got.Equal(tc.want) {
				t.Errorf("the credentials end at %v, known: %t; want %v", got, ok, tc.want)
			}
		})
	}
}

func FuzzTokenExpiry(f *testing.F) {
	for _, seed := range []string{"", "a.b.c", jwt(`{"exp":2000000000}`), jwt(`{"exp":-1}`), jwt(`{"exp":"soon"}`), jwt(`[]`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if end, ok := tokenExpiry(token); ok && (end.Unix() < 0 || end.Unix() > 1<<40) {
			t.Errorf("%q ends at %v", token, end)
		}
	})
}
