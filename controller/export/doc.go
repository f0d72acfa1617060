// Package export is what this cluster tells the others: it reads a ServiceExport with its Service and EndpointSlices, makes one
// [mcs.Export] of them, hands that to the hub, and reports on the ServiceExport what became of it (KEP-1645, "ServiceExport").
//
// Here belong the reading of this cluster's own services, the validity of an export, its status and its Events. What does not
// belong here: how a record is kept on the hub (package hub, behind the small interface [Hub]), how exports merge (package mcs),
// and anything that is imported.
//
// build, conditions and announcements are pure. [Source] gathers; it serves the importer too, which imports this cluster's exports
// from local state, hub or no hub. [Reconciler] publishes and reports. Only the status of a ServiceExport is ever written: its
// metadata and spec are the user's.
//
// Imports point inward: export imports mcs and API machinery only.
package export
