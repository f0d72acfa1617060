// Package rules decides, from facts about a cluster and a hub, what stands in the way of the one joining the other.
//
// Here belong the rules and what they are told. Reading the facts is precheck's. The package is pure: it imports no client; of the
// project only controller/mcs, for what a cluster id is.
package rules
