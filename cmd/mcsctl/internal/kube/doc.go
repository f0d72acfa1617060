// Package kube leads from a kubeconfig to clusters, and from clusters to the clusterset they make up.
//
// Here belong the flags that choose a kubeconfig and a hub, clients, and who is a member through which context. What a command reads from
// a cluster, and what it makes of it, is the command's. It imports shell, controller/{mcs,membership,hub/api} and client libraries.
package kube
