package mcs

import "slices"

// Demote returns the import with the endpoints of stale members, which have been silent for some time, neither ready nor serving,
// provided that another member has a ready endpoint (KEP-1645, "Endpoint TTL"). Where none has, the import stays as it is: an
// endpoint that may be gone is better than none.
//
//	fresh members   stale members   the stale members' endpoints
//	one is ready    any             neither ready nor serving
//	none is ready   any             as their own cluster last stated
//
// The slices and clusters of the import are those it had: a member that returns is restored by its own next word.
func Demote(imp Import, stale []ClusterID) Import {
	if !CanDemote(imp, stale) {
		return imp
	}
	imp.Slices = slices.Clone(imp.Slices)
	for i, s := range imp.Slices {
		if !slices.Contains(stale, s.Cluster) {
			continue
		}
		endpoints := slices.Clone(s.Endpoints)
		for j := range endpoints {
			endpoints[j].Ready, endpoints[j].Serving = new(false), new(false)
		}
		imp.Slices[i].Endpoints = endpoints
	}
	return imp
}

// CanDemote reports whether a member of the import that is not stale has a ready endpoint, so that those of stale ones step back.
func CanDemote(imp Import, stale []ClusterID) bool {
	return slices.ContainsFunc(imp.Slices, func(s ImportedSlice) bool {
		return !slices.Contains(stale, s.Cluster) && slices.ContainsFunc(s.Endpoints, isReady)
	})
}

// isReady reports whether an endpoint is ready: one that does not say is (EndpointSlice API, "conditions.ready").
func isReady(e Endpoint) bool { return e.Ready == nil || *e.Ready }
