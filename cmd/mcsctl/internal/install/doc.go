// Package install writes shipped objects to a cluster, says what that changed, and removes them again.
//
// Here belongs applying and deleting objects whoever they are for, and showing them without applying. Which objects, and in what
// order a hub and a member get them, is decided by hubadmin and join. It imports cmd/mcsctl/internal/{kube,precheck,screen} and manifests.
package install
