// Package observe reads a clusterset, all its clusters at once, into the plain facts that the package health judges.
//
// Here belongs reading, and nothing is written to any cluster. A cluster that does not answer, or a kind that may not be read, is
// a fact and no error. It imports kube, forward, dnsask, health, pods, controller/{membership,page/address} and client libraries.
package observe
