// Package standin carries TCP connections to ClusterIPs on to pods where kube-proxy cannot work, because there is no nft
// or the kernel refuses it. It is no kube-proxy: it takes a connection and opens another, so a pod sees a different
// source; it knows neither UDP nor NodePorts, session affinity, traffic policies or topology. A lab says when it is in
// force.
//
// What should be forwarded where is decided by a pure function of Services and slices ([Desired]); the rest opens and
// closes listeners accordingly. It imports the lab's door, and the lab imports it.
package standin
