// Command coredns is CoreDNS with its whole stock list of plugins and the plugin
// multicluster, as a drop-in for the stock binary: flags, Corefile and behaviour
// are CoreDNS' own.
//
// What belongs here: the list of plugins, their order and the version. What does
// not: anything that a plugin does. It imports CoreDNS and plugin/multicluster.
package main
