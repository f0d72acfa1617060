package mcs

import (
	"maps"
	"slices"
)

// Overlap is one address that endpoints of several clusters have: their pod networks are not disjoint, so traffic to it may end in
// the wrong cluster.
type Overlap struct {
	// Address is the IP address in canonical text.
	Address string
	// Clusters are those that have it, sorted, two at least.
	Clusters []ClusterID
}

// Overlaps returns the addresses that slices of more than one cluster have, by address. Nothing is left out of an import for it:
// which of the clusters answers is for the network to say.
func Overlaps(imported []ImportedSlice) []Overlap {
	owners := map[string][]ClusterID{}
	for _, s := range imported {
		for _, e := range s.Endpoints {
			for _, address := range e.Addresses {
				if !slices.Contains(owners[address], s.Cluster) {
					owners[address] = append(owners[address], s.Cluster)
				}
			}
		}
	}
	maps.DeleteFunc(owners, func(_ string, clusters []ClusterID) bool { return len(clusters) < 2 })
	var overlaps []Overlap
	for _, address := range slices.Sorted(maps.Keys(owners)) {
		slices.Sort(owners[address])
		overlaps = append(overlaps, Overlap{Address: address, Clusters: owners[address]})
	}
	return overlaps
}
