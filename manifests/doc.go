// Package manifests holds the YAML that installs this project, as files to apply and embedded for programs.
//
//	crds/hub        CRDs of the hub: the records, and ClusterProfile
//	crds/member     CRDs of every member: the Multi-Cluster Services API and the About API
//	hub             what a hub has besides: the clusterset's namespace, the rights of members, the template of one member
//	controller      mcs-controller in a member: its namespace, account, permissions and Deployment
//	coredns         the account and permissions of a CoreDNS with the multicluster plugin
//	coredns-beside  that CoreDNS for the clusterset's zone alone, beside the cluster's DNS server
//	coredns-own     that CoreDNS as the cluster's only DNS server
//	member          all that a member runs, for kubectl apply -k
//
// The CRDs of the records are generated from controller/hub/api, those of the Multi-Cluster Services API copied from their Go
// module; tests hold both to their origin. What does not belong here: deciding what is installed where and when, which is the
// caller's. The package imports controller/mcs and controller/membership for names, and API machinery.
package manifests
