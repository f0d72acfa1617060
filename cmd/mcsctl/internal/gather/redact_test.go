package gather

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRedact(t *testing.T) {
	// Put together here, so that no text of this file looks like a secret to those who look for them.
	token := "eyJ" + "hbGciOiJSUzI1NiJ9" + "." + "eyJzdWIiOiJlYXN0In0" + "." + "c2lnbmF0dXJl"
	key := "-----BEGIN EC " + "PRIVATE KEY-----"
	end := "-----END EC " + "PRIVATE KEY-----"
	for _, tc := range []struct{ name, text, want string }{
		{"a token in a log line", "request with " + token + " refused", "request with REDACTED refused"},
		{"an Authorization header", "Authorization: Bearer abcdefgh12345", "Authorization: Bearer REDACTED"},
		{"a private key", key + "\nMHcCAQ==\n" + end + "\nafter", key + "REDACTED" + end + "\nafter"},
		{"a token in a kubeconfig", "user:\n  token: abcdefghij\n  name: x", "user:\n  token: REDACTED\n  name: x"},
		{"a key in a kubeconfig", "client-key-data: LS0tLS1CRUdJTg==", "client-key-data: REDACTED"},
		{"a field in JSON", `{"password":"hunter22","user":"a"}`, `{"password":"REDACTED","user":"a"}`},
		{"a flag", "--token=abcdefghij --verbose", "--token=REDACTED --verbose"},
		{"a password in a URL", "https://me:hunter22@example.org/x", "https://REDACTED@example.org/x"},
		{"a bootstrap token", "joined with abcdef.0123456789abcdef", "joined with REDACTED"},
		{"what is no secret stays", "secretName: mcs-hub\ntokenPath: /var/run\nhttps://example.org:6443/api", "secretName: mcs-hub\ntokenPath: /var/run\nhttps://example.org:6443/api"},
		{"a name with dots is no token", "checkout.shop.svc.clusterset.local", "checkout.shop.svc.clusterset.local"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, string(redact([]byte(tc.text)))); diff != "" {
				t.Errorf("redacted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRedactSecretKeepsOnlyTheNamesOfItsKeys(t *testing.T) {
	object := map[string]any{
		"metadata":   map[string]any{"name": "mcs-hub", "annotations": map[string]any{"kubectl.kubernetes.io/last-applied-configuration": "hunter22"}},
		"data":       map[string]any{"kubeconfig": "aHVudGVyMjI="},
		"stringData": map[string]any{"other": "hunter22"},
	}
	redactSecret(object)
	want := map[string]any{
		"metadata":   map[string]any{"name": "mcs-hub"},
		"data":       map[string]any{"kubeconfig": "REDACTED (12 characters)"},
		"stringData": map[string]any{"other": "REDACTED (8 characters)"},
	}
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("redacted (-want +got):\n%s", diff)
	}
}

func FuzzRedactedStaysRedacted(f *testing.F) {
	f.Add("Bearer abcdefgh12345", "x")
	f.Add("", "token: ")
	secret := "eyJ" + "hbGciOiJSUzI1NiJ9" + "." + "eyJzdWIiOiJlYXN0In0" + "." + "c2lnbmF0dXJl"
	f.Fuzz(func(t *testing.T, before, after string) {
		got := string(redact([]byte(before + " " + secret + " " + after)))
		if strings.Contains(got, "eyJzdWIiOiJlYXN0In0") {
			t.Errorf("the token is still in %q", got)
		}
	})
}
