package observe

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

func TestExpiry(t *testing.T) {
	end := time.Date(2027, 1, 22, 12, 0, 0, 0, time.UTC)
	with := func(token string) string {
		return "{apiVersion: v1, kind: Config, current-context: hub, contexts: [{name: hub, context: {cluster: hub, user: me}}], users: [{name: me, user: {token: " + token + "}}]}"
	}
	claims := func(text string) string { return "e30." + base64.RawURLEncoding.EncodeToString([]byte(text)) + ".sig" }
	for _, tc := range []struct {
		name, kubeconfig string
		want             health.Credential
	}{
		{"a token ends when its claim says (RFC 7519, 4.1.4)", with(claims(fmt.Sprintf(`{"exp":%d}`, end.Unix()))), health.Credential{Known: true, Expires: end}},
		{"and was made when its claim says (RFC 7519, 4.1.6)", with(claims(fmt.Sprintf(`{"exp":%d,"iat":%d}`, end.Unix(), end.Add(-time.Hour).Unix()))),
			health.Credential{Known: true, Issued: end.Add(-time.Hour), Expires: end}},
		{"a token without the claim does not end", with(claims(`{"sub":"east"}`)), health.Credential{Known: true}},
		{"a token of another kind is not known to end", with("opaque"), health.Credential{Known: true}},
		{"claims that are no JSON say nothing", with(claims(`{`)), health.Credential{Known: true}},
		{"a kubeconfig that is none says nothing", "][", health.Credential{}},
		{"a kubeconfig without a current context says nothing", "{apiVersion: v1, kind: Config}", health.Credential{}},
		{"nothing says nothing", "", health.Credential{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := expiry([]byte(tc.kubeconfig))
			for _, at := range []*time.Time{&got.Issued, &got.Expires} {
				if !at.IsZero() {
					*at = at.UTC()
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("credential (-want +got):\n%s", diff)
			}
		})
	}
}
