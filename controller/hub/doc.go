// Package hub carries exports between clusters through records on a hub: any Kubernetes API server that all members reach.
//
// A member publishes to its own hub namespace and reads those of all others. The hub runs no code of ours and decides nothing:
// every importer reads the same records and merges them alike. What this package adds to reading and writing is proof. A read
// that failed is not an empty read; a hub rebuilt or restored to an older state is not the hub that was read before; and the
// absence of a record means something only where its owner has said that it has published everything (see [Hub.Published]).
//
// What belongs here: the client, following the hub's resources, turning records into [mcs.Export] and back, publishing, the
// own Lease. What does not: what an export is and how exports merge, which is controller/mcs; who is a member and who is alive,
// which controller/membership decides from what is read here. The package imports those two and controller/hub/api; the
// export and import controllers know it only by the small interfaces they declare themselves.
package hub
