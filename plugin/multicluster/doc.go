// Package multicluster is a CoreDNS plugin that answers for the services of a
// clusterset as the multicluster DNS specification (KEP-1645) asks.
//
// Data flows one way:
//
//	reflectors -> feed -> snapshot -> lookup -> reply
//
// The watch side (informer.go, feed.go) turns ServiceImports and EndpointSlices
// into their compact form as they arrive and publishes an immutable [snapshot].
// The query side (multicluster.go) takes the current snapshot with one atomic
// load, and lookup.go is a pure function from a snapshot and a question to a
// verdict. An address that is alone at its name, as at every host name, is found
// where the snapshot has it and its record is made with the message. Larger sets
// of records are built once, by the first to ask for them, and shared by every
// later answer; only those who ask while a set is built wait for a lock. Nothing
// on the query side calls the API server or writes a log line.
//
// What belongs here: the DNS view of imported services. What does not: merging
// exports, choosing addresses, writing any object. The package imports CoreDNS,
// client-go and mcs-api, and never the controller.
package multicluster
