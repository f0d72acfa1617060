package rules

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnAddressThatTheClusterRefusesIsSaidBeforehand(t *testing.T) {
	const text = `Service "kube-dns" is invalid: spec.clusterIPs[1]: Invalid value: ["10.96.0.10","fd96::a"]: may not change once set`
	refused := Fact[[]string]{Value: []string{text}}
	for _, tc := range []struct {
		name    string
		refused Fact[[]string]
		taken   Fact[[]string]
		want    []Result
	}{
		{name: "nothing is said where the address can be had"},
		{name: "a Service keeps the addresses that it has", refused: refused, want: []Result{{Name: "dns address", State: Fail, Text: text,
			Fix: "choose a --dns-address that is free in the cluster; if the Service is there with another, use that one, or delete the Service first"}}},
		{name: "a Service of somebody else is not to be deleted", refused: refused, taken: Fact[[]string]{Value: []string{"kube-system/kube-dns"}}},
		{name: "a Service that may be somebody else's is not to be deleted", refused: refused, taken: Fact[[]string]{Err: errors.New("no answer")}},
		{name: "what could not be asked is said", refused: Fact[[]string]{Err: errors.New("no answer")},
			want: []Result{cannotTell("dns address", errors.New("no answer"))}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := good()
			facts.Refused, facts.Taken = tc.refused, tc.taken
			if diff := cmp.Diff(tc.want, decided(facts, "dns address")); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}
