// Package gather is `mcsctl gather`: one archive with what somebody else needs to understand a clusterset, and nothing secret.
//
// Here belong what is collected, what is struck out, and the archive. redact is pure. It imports kube, health, observe, and the
// packages that all commands share; it writes to no cluster.
package gather
