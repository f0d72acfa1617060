// Package forward leads from this machine to a port of a pod, through the cluster's API server, as kubectl port-forward does.
//
// Here belongs the way, and not what is said over it. It imports client libraries alone.
package forward
