package membership_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"pgregory.net/rapid"
)

func TestHubNamespaceReadsLikeTheID(t *testing.T) {
	for id, prefix := range map[mcs.ClusterID]string{
		"east":                                 "mcs-east-",
		"east.region1":                         "mcs-east-region1-",
		mcs.ClusterID(strings.Repeat("a", 63)): "mcs-" + strings.Repeat("a", 48) + "-",
	} {
		if got := membership.HubNamespace(id); !strings.HasPrefix(got, prefix) || len(got) != len(prefix)+10 {
			t.Errorf("HubNamespace(%q) = %q, want %q and ten characters", id, got, prefix)
		}
	}
}

// The name is part of what members have on a hub: another one would make every member a stranger to its own records.
func TestHubNamespaceNeverChanges(t *testing.T) {
	if got, want := membership.HubNamespace("east"), "mcs-east-2yke3oytv2"; got != want {
		t.Errorf("HubNamespace = %q, want %q", got, want)
	}
}

func TestHubNamespaceIsAValidNameOfItsOwnForEveryID(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) mcs.ClusterID {
		s := rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?)?`).Draw(t, "id")
		parsed, err := mcs.ParseClusterID(s)
		if err != nil {
			t.Skip("not a cluster id")
		}
		return parsed
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := id.Draw(t, "a"), id.Draw(t, "b")
		if problems := validation.IsDNS1123Label(membership.HubNamespace(a)); len(problems) > 0 {
			t.Fatalf("HubNamespace(%q) = %q: %v", a, membership.HubNamespace(a), problems)
		}
		if a != b && membership.HubNamespace(a) == membership.HubNamespace(b) {
			t.Fatalf("%q and %q share %q", a, b, membership.HubNamespace(a))
		}
	})
	if membership.HubNamespace("a.b") == membership.HubNamespace("a-b") {
		t.Error("a.b and a-b share a namespace")
	}
}
