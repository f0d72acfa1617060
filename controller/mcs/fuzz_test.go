package mcs_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// reasonPattern is what the API takes for the reason of a condition.
var reasonPattern = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)

// FuzzMerge holds that whatever a list of exports says, what Sanitize lets pass of them merges into something that every API server
// takes: a Service's ports, label values, condition messages and object names within their bounds; and that it is the same in whatever
// order they are read (KEP-1645, "Constraints and Conflict Resolution").
func FuzzMerge(f *testing.F) {
	for _, exports := range [][]mcs.Export{
		{},
		{exported("a", 1), exported("b", 2)},
		{exported("a", 1, withPorts("80/TCP")), exported("b", 2, withPorts("http 80/TCP", "admin 9090/TCP"), withFamilies("IPv6"))},
		{exported("a", 1, withPorts("80/TCP")), exported("b", 2, withPorts("tcp-80 81/TCP", "tcp-80-2 82/TCP"))},
		{exported("a", 1), exported("a", 1, withPorts("http 8080/UDP")), exported("b", 1, invalid("NoService"))},
		{exported("a", 1, withSlices(slice("web-1", "10.0.0.1"), slice("web-1", "fe80::1"))), exported("", 0), exported("B!", 0)},
	} {
		seed, err := json.Marshal(exports)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var read []mcs.Export
		if json.Unmarshal(text, &read) != nil {
			return
		}
		var exports []mcs.Export
		for _, e := range read {
			e.Key = web
			if clean, _, err := mcs.Sanitize(e); err == nil {
				exports = append(exports, clean)
			}
		}
		imp := mcs.Merge(exports)
		if err := portsMakeAService(imp); err != nil {
			t.Error(err)
		}
		backwards := slices.Clone(exports)
		slices.Reverse(backwards)
		if again := mcs.Merge(unlike(backwards)); !cmp.Equal(mcs.Merge(unlike(exports)), again) {
			t.Errorf("read backwards (-want +got):\n%s", cmp.Diff(mcs.Merge(unlike(exports)), again))
		}
		if !slices.IsSorted(imp.Clusters) || len(slices.Compact(slices.Clone(imp.Clusters))) != len(imp.Clusters) {
			t.Errorf("clusters are %q", imp.Clusters)
		}
		condition := mcs.ConflictCondition(imp, 1)
		if len(condition.Reason) > 1024 || len(condition.Message) > 32768 || !reasonPattern.MatchString(condition.Reason) {
			t.Errorf("no API server takes the condition %+v", condition)
		}
		for _, s := range imp.Slices {
			if name := mcs.SliceName(s.Cluster, imp.Key, s.Name); len(validation.IsDNS1123Subdomain(name)) > 0 {
				t.Errorf("%q is no name of an EndpointSlice", name)
			}
		}
	})
}

// unlike are the exports of different clusters: of two from the same cluster that are otherwise equal in precedence either may count.
func unlike(exports []mcs.Export) []mcs.Export {
	seen := map[mcs.ClusterID]int{}
	for _, e := range exports {
		seen[e.Cluster]++
	}
	return slices.DeleteFunc(slices.Clone(exports), func(e mcs.Export) bool { return seen[e.Cluster] > 1 })
}
