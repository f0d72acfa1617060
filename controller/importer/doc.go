// Package importer is what this cluster shows of the others: it merges the exports of a name into a ServiceImport, a derived
// Service that holds its IP, and EndpointSlices that carry its endpoints (KEP-1645, "ServiceImport").
//
// Here belong the shape of imported objects, the comparison with what is there, and the only writes to them. What does not belong
// here: how exports merge (package mcs), where they come from (packages export and hub, behind [Own] and [Hub]), and whatever this
// cluster exports. Objects that do not bear this controller's mark are never changed or deleted, whatever they are named.
//
// A turn gathers facts, decides what should be, applies the difference and reports on the ServiceImport. The decisions are pure:
// facts.imported (what the import is), planService, planImport and planSlices (what is to be written), statusOf (what is said).
//
// Imports point inward: importer imports mcs and API machinery only.
package importer
