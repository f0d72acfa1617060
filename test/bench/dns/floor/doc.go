// Command floor is CoreDNS with one more plugin, floor: one map lookup and a fresh message around records that were ready
// before. What a query costs there, no plugin that answers by CoreDNS can go below.
//
// Here belongs that plugin and the list of plugins it stands in, which is the one of cmd/coredns. The benchmark builds and
// starts it; nothing else does. It imports CoreDNS and, so that the programs compared are of one size, plugin/multicluster.
package main
