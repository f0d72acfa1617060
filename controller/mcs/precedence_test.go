package mcs_test

import (
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestPrecedence(t *testing.T) {
	const clause = "KEP-1645 Constraints and Conflict Resolution, creationTimestamp"
	at := func(cluster string, claimed, recorded time.Time) mcs.Export {
		return mcs.Export{Cluster: mcs.ClusterID(cluster), Key: web, Claimed: claimed, Recorded: recorded}
	}
	never := time.Time{}
	tests := []struct {
		name  string
		spec  string
		first mcs.Export
		then  mcs.Export
	}{
		{
			"the older export wins", clause,
			at("b", minute(1), minute(1)), at("a", minute(2), minute(2)),
		},
		{
			"the claimed time decides, not the order in which the hub saw them", clause,
			at("b", minute(1), minute(3)), at("a", minute(2), minute(2)),
		},
		{
			"equal times are decided by the cluster id", clause,
			at("a", minute(1), minute(1)), at("b", minute(1), minute(1)),
		},
		{
			"a second is the finest there is, so ids decide within it whatever the hub saw", clause,
			at("a", minute(1), minute(2)), at("b", minute(1), minute(1)),
		},
		{
			"an ancient claim is worth five minutes before its record", "local: precedence cannot be forged",
			at("b", minute(10), minute(10)), at("a", minute(0).AddDate(-20, 0, 0), minute(16)),
		},
		{
			"a claim within five minutes of its record is believed", "local: precedence cannot be forged",
			at("b", minute(10), minute(15)), at("a", minute(11), minute(11)),
		},
		{
			"of two claims that are not believed at equal records the older wins, which the hub cannot tell apart",
			"local: precedence cannot be forged",
			at("b", minute(0), minute(30)), at("a", minute(1), minute(30)),
		},
		{
			"a clock an hour ahead makes an export look young, no more", "local: clocks differ",
			at("b", minute(2), minute(2)), at("a", minute(61), minute(1)),
		},
		{
			"an export that was never recorded comes after all that were", "local: an unpublished export is nobody else's winner",
			at("b", minute(50), minute(50)), at("a", minute(1), never),
		},
		{
			"two that were never recorded go by what they claim", "local: an unpublished export is nobody else's winner",
			at("b", minute(1), never), at("a", minute(2), never),
		},
		{
			"no claim at all is taken for an ancient one", "local: precedence cannot be forged",
			at("b", minute(20), minute(20)), at("a", never, minute(30)),
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if c := mcs.Precedence(tc.first, tc.then); c >= 0 {
				t.Errorf("Precedence(first, then) = %d, want less than 0", c)
			}
			if c := mcs.Precedence(tc.then, tc.first); c <= 0 {
				t.Errorf("Precedence(then, first) = %d, want more than 0", c)
			}
			if c := mcs.Precedence(tc.first, tc.first); c != 0 {
				t.Errorf("Precedence(first, first) = %d, want 0", c)
			}
		})
	}
}
