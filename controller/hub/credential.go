package hub

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// expiry returns when the credentials of a configuration end: its token, if that is a JWT that says so, or its client certificate,
// whichever is first. ok is false where nothing says when: a token of another kind, or a program that is asked for one.
func expiry(config *rest.Config) (end time.Time, ok bool) {
	token, certificate := config.BearerToken, config.CertData
	if config.BearerTokenFile != "" {
		if content, err := os.ReadFile(config.BearerTokenFile); err == nil {
			token = string(content) // A file that cannot be read now is what requests fail for, and is reported then.
		}
	}
	if len(certificate) == 0 && config.CertFile != "" {
		certificate, _ = os.ReadFile(config.CertFile) // The same.
	}
	for _, read := range []func() (time.Time, bool){
		func() (time.Time, bool) { return tokenExpiry(token) },
		func() (time.Time, bool) { return certificateExpiry(certificate) },
	} {
		if at, says := read(); says && (!ok || at.Before(end)) {
			end, ok = at, true
		}
	}
	return end, ok
}

// tokenExpiry returns the "exp" claim of a JWT (RFC 7519, section 4.1.4). Nothing is verified: it is for the hub to trust the token.
func tokenExpiry(token string) (time.Time, bool) {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}, false
	}
	var claims struct {
		Expires float64 `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Expires <= 0 || claims.Expires > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(claims.Expires), 0), true
}

// certificateExpiry returns when the first certificate of a PEM chain, the client's own, ends.
func certificateExpiry(chain []byte) (time.Time, bool) {
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}, false
		}
		return certificate.NotAfter, true
	}
	return time.Time{}, false
}
