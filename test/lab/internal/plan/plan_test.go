package plan

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestClustersGetAddressesByTheirNumber(t *testing.T) {
	got, err := Clusters([]string{"east", "fr.paris"}, DualStack)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 east [10.95.0.2 fd10:95::2] [10.1.0.0/16 fd10:1::/64] [10.96.0.0/16 fd10:96::/112]",
		"2 fr.paris [10.95.0.3 fd10:95::3] [10.2.0.0/16 fd10:2::/64] [10.97.0.0/16 fd10:97::/112]",
	}
	var said []string
	for _, c := range got {
		said = append(said, fmt.Sprintf("%d %s %v %v %v", c.Number, c.Name, c.Nodes, c.Pods, c.Services))
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// Whatever the number of clusters, no two ranges meet: not within a cluster, not between clusters, not with the network
// of the nodes.
func TestNoTwoRangesMeet(t *testing.T) {
	for _, families := range []Families{IPv4, DualStack} {
		names := make([]string, MaxClusters)
		for i := range names {
			names[i] = fmt.Sprintf("c%d", i)
		}
		clusters, err := Clusters(names, families)
		if err != nil {
			t.Fatal(err)
		}
		all := NodeNetworks(families)
		for _, c := range clusters {
			all = append(append(all, c.Pods...), c.Services...)
			for i, node := range c.Nodes {
				if !NodeNetworks(families)[i].Contains(node) || node == Gateways(families)[i].Addr() {
					t.Errorf("node %s of %s is not a host of %s", node, c.Name, NodeNetworks(families)[i])
				}
			}
		}
		for i, a := range all {
			for _, b := range all[:i] {
				if a.Overlaps(b) {
					t.Errorf("%s overlaps %s", a, b)
				}
			}
		}
	}
}

func TestClustersRefusesBadNames(t *testing.T) {
	for _, tc := range []struct {
		name  string
		names []string
		want  string
	}{
		{"none", nil, "planning 0 clusters: between 1 and 64 fit"},
		{"too many", make([]string, 65), "planning 65 clusters: between 1 and 64 fit"},
		{"the same one twice", []string{"a", "b", "a"}, `planning cluster "a": the name is there twice`},
		{"one that leaves its directory", []string{"../a"}, `planning cluster "../a": `},
		{"an empty one", []string{""}, `planning cluster "": `},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Clusters(tc.names, IPv4); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}

func TestAPoolGivesEveryAddressOnceBeforeItRepeatsAny(t *testing.T) {
	pool := NewPool(netip.MustParsePrefix("10.1.0.0/28"))
	var first []string
	for range 5 {
		a, err := pool.Take()
		if err != nil {
			t.Fatal(err)
		}
		first = append(first, a.String())
	}
	if diff := cmp.Diff([]string{"10.1.0.10", "10.1.0.11", "10.1.0.12", "10.1.0.13", "10.1.0.14"}, first); diff != "" {
		t.Errorf("all addresses but the broadcast address (-want +got):\n%s", diff)
	}
	if a, err := pool.Take(); err == nil {
		t.Errorf("took %s from a pool with none left", a)
	}
	pool.Release(netip.MustParseAddr("10.1.0.12"))
	if a, err := pool.Take(); err != nil || a.String() != "10.1.0.12" {
		t.Errorf("took %s (%v), want the one that came back", a, err)
	}
	var none Pool
	if a, err := none.Take(); err == nil {
		t.Errorf("took %s from the zero pool", a)
	}
}

// Against a set of held addresses: none is given twice, claims are honest, and a pool is exhausted only when it is full.
func TestAPoolNeverGivesWhatIsHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := netip.MustParsePrefix(rapid.SampledFrom([]string{"10.1.0.0/27", "fd10:1::/123"}).Draw(t, "prefix"))
		pool, held := NewPool(prefix), map[netip.Addr]bool{}
		var last netip.Addr
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				a, err := pool.Take()
				if err != nil && len(held) < 20 {
					t.Fatalf("exhausted with %d held: %v", len(held), err)
				}
				if err == nil && (held[a] || !prefix.Contains(a)) {
					t.Fatalf("gave %s, held %v", a, held)
				}
				if err == nil {
					held[a], last = true, a
				}
			},
			"claim": func(t *rapid.T) {
				a := prefix.Addr()
				for range rapid.IntRange(10, 29).Draw(t, "host") {
					a = a.Next()
				}
				if got := pool.Claim(a); got == held[a] {
					t.Fatalf("claiming %s says %v although held is %v", a, got, held[a])
				}
				held[a] = true
			},
			"release": func(t *rapid.T) {
				if last.IsValid() {
					pool.Release(last)
					delete(held, last)
				}
			},
		})
	})
}
