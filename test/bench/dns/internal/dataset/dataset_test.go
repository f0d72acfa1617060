package dataset_test

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
)

func TestShapesAddUp(t *testing.T) {
	for _, tc := range []struct {
		name                string
		shape               dataset.Shape
		services, endpoints int
	}{
		{"S is small", dataset.S, 100, 1864},
		{"M is a large clusterset", dataset.M, 5000, 50000},
		{"L is four times M", dataset.L, 20000, 200000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.shape.Services(); got != tc.services {
				t.Errorf("services: %d, want %d", got, tc.services)
			}
			if got := tc.shape.Endpoints(); got != tc.endpoints {
				t.Errorf("endpoints: %d, want %d", got, tc.endpoints)
			}
			if tc.shape == dataset.L {
				return // its generator is M's
			}
			services := dataset.New(tc.shape, 7)
			seen := map[netip.Addr]bool{}
			endpoints := 0
			for _, s := range append(services, dataset.Large(10000, 7)) {
				addresses := s.Addresses()
				for _, slice := range s.Slices {
					if len(slice.Endpoints) > 100 {
						t.Fatalf("slice %s has %d endpoints, want 100 at most", slice.Name, len(slice.Endpoints))
					}
				}
				if !s.Headless() {
					addresses = append(addresses, dataset.Service{Slices: s.Slices}.Addresses()...)
				}
				for _, a := range addresses {
					if seen[a] {
						t.Fatalf("address %s comes twice", a)
					}
					seen[a] = true
				}
				endpoints += s.Endpoints()
			}
			if want := tc.endpoints + 10000; endpoints != want || len(services) != tc.services {
				t.Errorf("made %d services, %d endpoints with the large one; want %d, %d", len(services), endpoints, tc.services, want)
			}
		})
	}
}

func TestSameSeedSameData(t *testing.T) {
	addresses := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	first, second := dataset.New(dataset.S, 1), dataset.New(dataset.S, 1)
	if diff := cmp.Diff(first, second, addresses); diff != "" {
		t.Errorf("two runs with one seed differ (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(dataset.Mixes(first, 1), dataset.Mixes(second, 1)); diff != "" {
		t.Errorf("questions of two runs with one seed differ (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, dataset.New(dataset.S, 2), addresses) {
		t.Error("another seed gives the same data")
	}
}

// TestZoneAnswersTheMixes holds the floor's data to the questions: whoever serves the zone file answers every one with the
// response code the mix expects.
func TestZoneAnswersTheMixes(t *testing.T) {
	services := dataset.New(dataset.S, 1)
	var zone bytes.Buffer
	if err := dataset.WriteZone(&zone, services); err != nil {
		t.Fatal(err)
	}
	records := map[dataset.Question]int{}
	names := map[string]bool{}
	parser := dns.NewZoneParser(&zone, "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		records[dataset.Question{Name: rr.Header().Name, Type: rr.Header().Rrtype}]++
		names[rr.Header().Name] = true
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"clustersetip": 1, "headless9": 9, "headless100": 100, "srv": 9, "host": 1, "nxdomain": 0, "nodata": 0}
	for _, mix := range dataset.Mixes(services, 1) {
		for _, q := range mix.Questions {
			if n, fixed := want[mix.Name]; fixed && records[q] != n {
				t.Fatalf("mix %s: %q has %d records, want %d", mix.Name, q, records[q], n)
			}
			if mix.Name != "mixed" && names[q.Name] != (mix.Rcodes[0] == dns.RcodeSuccess) {
				t.Fatalf("mix %s: whether %q exists is %v", mix.Name, q, names[q.Name])
			}
		}
	}
}

func TestSampleIsHalfHeadless(t *testing.T) {
	headless := 0
	picked := dataset.Sample(dataset.New(dataset.M, 1), 200, 1)
	for _, s := range picked {
		if s.Headless() {
			headless++
		}
		if n := s.Endpoints(); n > 100 {
			t.Errorf("%s has %d endpoints: its answer is truncated on UDP", s.FQDN(), n)
		}
	}
	if len(picked) != 200 || headless != 100 {
		t.Errorf("picked %d services, %d headless; want 200, 100", len(picked), headless)
	}
}
