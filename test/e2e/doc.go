// Package e2e proves the whole line on real control planes: what a user does to a Service in one cluster, and what the
// API objects and the DNS servers of all clusters then say. It runs our unmodified binaries under the permissions that
// manifests/ ships, on test/clusterset.
//
// Here belong tests that need more than one cluster or more than one of our programs. What one package decides alone is
// tested beside it.
package e2e
