// Package v1alpha1 holds the two kinds of record that members keep on the hub: [ExportedService], one for each exported
// service, and [ExportedEndpointSlice], one for each of its EndpointSlices.
//
// A record says nothing about who wrote it. Whose it is follows from the namespace it lies in, where only its owner may
// write. The schema refuses whatever a schema can refuse; readers check everything again, since the schema on a hub may be
// older than they are.
//
// What belongs here are the wire types and their bounds. What does not: turning an export into records and back, which is
// controller/hub. The package imports only Kubernetes API types.
//
// +kubebuilder:object:generate=true
// +groupName=multicluster-dns.github.io
package v1alpha1

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object crd paths=. output:crd:artifacts:config=../../../../manifests/crds/hub
