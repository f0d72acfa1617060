package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of the records. The group is the project's own: the groups under k8s.io are
// reserved for APIs that Kubernetes reviews.
var GroupVersion = schema.GroupVersion{Group: "multicluster-dns.github.io", Version: "v1alpha1"}

// AddToScheme adds the records to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ExportedService{}, &ExportedServiceList{},
		&ExportedEndpointSlice{}, &ExportedEndpointSliceList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
