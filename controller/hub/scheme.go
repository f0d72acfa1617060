package hub

import (
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// scheme and mapper are all that is known of the hub's API: the resources a member reads and writes.
var (
	scheme = newScheme()
	mapper = newMapper()
)

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(s))
	utilruntime.Must(coordinationv1.AddToScheme(s))
	utilruntime.Must(hubv1alpha1.AddToScheme(s))
	utilruntime.Must(membership.AddToScheme(s))
	return s
}

func newMapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper([]schema.GroupVersion{
		corev1.SchemeGroupVersion, coordinationv1.SchemeGroupVersion, hubv1alpha1.GroupVersion, membership.ProfileGroupVersion,
	})
	m.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	m.Add(coordinationv1.SchemeGroupVersion.WithKind("Lease"), meta.RESTScopeNamespace)
	m.Add(hubv1alpha1.GroupVersion.WithKind("ExportedService"), meta.RESTScopeNamespace)
	m.Add(hubv1alpha1.GroupVersion.WithKind("ExportedEndpointSlice"), meta.RESTScopeNamespace)
	m.Add(membership.ProfileGroupVersion.WithKind("ClusterProfile"), meta.RESTScopeNamespace)
	m.Add(crdKind, meta.RESTScopeRoot) // read as bare metadata
	return m
}
