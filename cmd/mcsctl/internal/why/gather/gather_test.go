package gather

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

func TestFrom(t *testing.T) {
	contexts := []string{"east", "arn:aws:eks:eu:1:cluster/west", "west"}
	for _, tc := range []struct {
		name, from string
		want       Request
		problem    bool
	}{
		{name: "nothing is the current context", from: ""},
		{name: "a context", from: "west", want: Request{Context: "west"}},
		{name: "a pod", from: "west/shop/client", want: Request{Context: "west", Namespace: "shop", Pod: "client"}},
		{name: "a context with a slash in its name", from: "arn:aws:eks:eu:1:cluster/west", want: Request{Context: "arn:aws:eks:eu:1:cluster/west"}},
		{name: "a pod of a context with a slash in its name", from: "arn:aws:eks:eu:1:cluster/west/shop/client", want: Request{Context: "arn:aws:eks:eu:1:cluster/west", Namespace: "shop", Pod: "client"}},
		{name: "a context that there is not", from: "north", problem: true},
		{name: "a namespace without a pod", from: "west/shop", problem: true},
		{name: "too many parts", from: "west/shop/client/x", problem: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := From(tc.from, contexts)
			if (err != nil) != tc.problem {
				t.Fatalf("From gives the error %v", err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseResolver(t *testing.T) {
	for _, tc := range []struct {
		name, spec, text string
		want             explain.Resolver
	}{
		{"what Kubernetes writes", "Kubernetes, DNS for Services and Pods", "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
			explain.Resolver{Nameservers: []string{"10.96.0.10"}, Search: []string{"shop.svc.cluster.local", "svc.cluster.local", "cluster.local"}, Ndots: 5}},
		{"without options ndots is 1", "resolv.conf(5)", "nameserver 169.254.20.10\n", explain.Resolver{Nameservers: []string{"169.254.20.10"}, Ndots: 1}},
		{"the last search list counts", "resolv.conf(5)", "search a\nsearch b c\n", explain.Resolver{Search: []string{"b", "c"}, Ndots: 1}},
		{"what is not understood is passed over", "local: a hostile file", "# x\noptions ndots:many\nnameserver\n\x00\n", explain.Resolver{Ndots: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, parseResolver(tc.text)); diff != "" {
				t.Errorf("resolver (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaimsOfAToken(t *testing.T) {
	token := func(content string) string {
		return "x." + base64.RawURLEncoding.EncodeToString([]byte(content)) + ".x"
	}
	for _, tc := range []struct {
		name, token, uid string
		expires          time.Time
	}{
		{"a bound token", token(`{"exp":1800000000,"kubernetes.io":{"serviceaccount":{"uid":"u1"}}}`), "u1", time.Unix(1800000000, 0)},
		{"a token of a Secret does not expire", token(`{"kubernetes.io/serviceaccount/service-account.uid":"u2"}`), "u2", time.Time{}},
		{"no token says nothing", "", "", time.Time{}},
		{"a token of another kind says nothing", "abc", "", time.Time{}},
		{"rubbish says nothing", "x.%%%.x", "", time.Time{}},
		{"rubbish in the right form says nothing", token("["), "", time.Time{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			uid, expires := claims(tc.token)
			if uid != tc.uid || !expires.Equal(tc.expires) {
				t.Errorf("claims gives %q, %v, want %q, %v", uid, expires, tc.uid, tc.expires)
			}
		})
	}
}
