// Package credential is what a member proves itself with on the hub, and how it gets it.
//
// Here belong the member's long-lived credential, the kubeconfig that carries it, and the exchange of a join token for it; why they are as
// they are is in docs/decisions. Registering a member and writing the kubeconfig into it is join's and hubadmin's. It imports
// cmd/mcsctl/internal/{kube,install,jointoken}, controller and manifests.
package credential
