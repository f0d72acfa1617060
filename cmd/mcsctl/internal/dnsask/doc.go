// Package dnsask asks the DNS server of a cluster what it answers, from where the command line runs.
//
// Here belong the ways to a server - an address, the extension of a context, a port forwarded to its pods - and one question
// asked over one of them. What an answer means is the asker's. It imports kube, forward, DNS messages and client libraries.
package dnsask
