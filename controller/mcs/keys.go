package mcs

import "strings"

// Domain is the prefix of the labels and annotations that are this project's own.
const Domain = "multicluster-dns.github.io"

const (
	// ManagedBy marks the objects that are this controller's to change and delete: the value of [LabelManagedBy] on a ServiceImport
	// or a Service and of endpointslice.kubernetes.io/managed-by on an EndpointSlice (Kubernetes API, "EndpointSlices: management":
	// whoever manages slices names itself, and leaves those of others alone).
	ManagedBy = "mcs-controller." + Domain

	// LabelManagedBy carries [ManagedBy] on every object but EndpointSlices, which have a label of their own for it (Kubernetes,
	// "Recommended Labels").
	LabelManagedBy = "app.kubernetes.io/managed-by"

	// AnnotationDerivedService names, on a ServiceImport, the Service in the same namespace that holds its IP. Gateway API
	// implementations follow it (GEP-1748).
	AnnotationDerivedService = "multicluster.kubernetes.io/derived-service"

	// NoService is what an imported EndpointSlice that belongs to no Service says its Service is, under
	// kubernetes.io/service-name. No Service can have the name, for it has a dot. Without the label reverse lookups of the
	// slice's addresses, also those of the cluster's own pods, get no reply: CoreDNS' kubernetes plugin makes the PTR record of an
	// endpoint from the label, and a name with an empty label in it cannot be sent.
	NoService = "imported.clusterset"

	// AnnotationSourceSlice keeps, on an imported EndpointSlice, the name of the source cluster's EndpointSlice, which the hashed
	// name of the imported one does not show. A name may have 253 characters, too many for a label.
	AnnotationSourceSlice = Domain + "/source-slice"
)

// ReservedKey reports whether a label or annotation key has a meaning to the controllers that read or write ServiceImports.
// Exported labels and annotations with such keys are left out: what a user exports describes the service and must not change what
// its import is.
func ReservedKey(key string) bool {
	prefix, _, found := strings.Cut(key, "/")
	if !found {
		return false
	}
	switch prefix {
	case Domain, "multicluster.kubernetes.io", "multicluster.x-k8s.io":
		return true
	}
	return key == LabelManagedBy
}
