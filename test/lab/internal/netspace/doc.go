// Package netspace is one network namespace as a place where code runs, sockets open and processes start. It also lays
// the cable between such places: one bridge, and a veth pair to it from each.
//
// A namespace belongs to a thread, not to a goroutine, so the package is careful about which thread does what: see
// [Space]. Where there are no namespaces, [Host] stands in, with the same methods and none of the isolation.
//
// It imports nothing of the lab; the lab and its pod actor import it.
package netspace
