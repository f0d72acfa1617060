// Package corefile is mcsctl corefile patch: the clusterset's zone in the Corefile of a cluster's own DNS server.
//
// Here belongs reading and writing the ConfigMap. What is written into the text is decided in corefile/edit. It imports
// cmd/mcsctl/internal/{exit,kube,screen} and manifests.
package corefile
