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
// load; lookup.go is a pure function from a snapshot and a question to a verdict;
// records are built once, on first use, and shared by every later answer. Nothing
// on the query side calls the API server, takes a lock or writes a log line.
//
// What belongs here: the DNS view of imported services. What does not: merging
// exports, choosing addresses, writing any object. The package imports CoreDNS,
// client-go and mcs-api, and never the controller.
package multicluster
