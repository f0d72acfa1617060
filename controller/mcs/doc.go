// Package mcs is the pure core of the controller: what an export is, how the exports of one name merge into an import, what
// conflicts they have, which conditions and which endpoints follow (KEP-1645).
//
// Here belong decisions that every cluster must make alike. What does not belong here: a client, a context, a clock, a
// logger, or anything that reads or writes. All functions may be called concurrently and change none of their arguments.
//
// An [Export] passes [Sanitize] at each border it crosses. [Merge] makes one [Import] of all exports of a name, in the order of
// [Precedence], with its [Conflict] list; its table is the place to start reading. [Frozen] and [Demote] say what becomes of an
// import while the hub or a member is silent. The rest follows from these: conditions, names of objects, hints, overlaps.
//
// Imports point inward: annotate, export, hub, importer and membership import mcs; mcs imports API types and Kubernetes' own rules
// of syntax.
package mcs
