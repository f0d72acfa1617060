package rules

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAServiceOfSomebodyElseIsNotTakenOver(t *testing.T) {
	for _, tc := range []struct {
		name  string
		taken Fact[[]string]
		want  []Result
	}{
		{"nothing is said where none is", Fact[[]string]{}, nil},
		{"the cluster's DNS Service stays its own", Fact[[]string]{Value: []string{"kube-system/kube-dns"}}, []Result{{
			Name: "services", State: Fail, Cause: CauseTwoServers,
			Text: "kube-system/kube-dns is there and somebody else's: the cluster has a DNS server", Fix: "join with --dns=beside",
		}}},
		{"what could not be read may be somebody else's", Fact[[]string]{Err: errors.New("no answer")}, []Result{cannotTell("services", errors.New("no answer"))}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := good()
			facts.Taken = tc.taken
			if diff := cmp.Diff(tc.want, decided(facts, "services")); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}
