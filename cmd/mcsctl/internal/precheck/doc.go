// Package precheck looks, before anything is written, at whether a cluster can join a clusterset, and says what stands in the way.
//
// Here belongs reading the facts; what they mean is decided in precheck/rules, which knows no client. It writes nothing: what it asks
// of an API server are reads, reviews of the caller's own rights, and applies with server-side dry run. It imports
// cmd/mcsctl/internal/kube, manifests and controller; join, hubadmin and check import it.
package precheck
