// Package plugin holds the CoreDNS plugins of this module, one per directory.
//
// What belongs here: code that CoreDNS loads. What does not: anything that
// writes to a cluster. Plugins import CoreDNS, client-go and mcs-api; they never
// import the controller, whose only interface to them is the cluster's API.
package plugin
