// Package pods is scheduler and kubelet of a lab cluster in one actor: it registers the node, binds pods to it, gives
// them addresses, lets something real listen on their ports and reports them running and ready; and when they are
// deleted it takes all of that back. No container runs: a pod answers every TCP connection with HTTP and every UDP packet
// with one line that says who it is.
//
// What to report is decided by pure functions (node, status); the actor reads, compares and writes. It works on the
// state it finds and not on events, so it may be stopped and started again at any time and take over what is there.
//
// It imports the lab's plan and netspace, and the lab imports it.
package pods
