// Package join makes a cluster a member of a clusterset, and takes it out again: mcsctl join and mcsctl leave.
//
// Here belongs the order of things: what is looked at first, what each side gets, what is undone and what a second run finishes. What a
// member and its place on the hub consist of is manifests', the credential between them credential's, applying and deleting install's,
// and what stands in the way precheck's. It imports those, cmd/mcsctl/internal/{corefile,exit,kube,pods,screen,shell} and controller.
package join
