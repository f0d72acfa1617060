package importer

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// facts are what an import is made of and compared with, all of one namespace and name.
type facts struct {
	key types.NamespacedName
	// self is this cluster.
	self mcs.ClusterID
	// denied is set for a namespace that nothing is imported to.
	denied bool
	// departed is set when this cluster has left the clusterset.
	departed bool
	// unregistered is set when this cluster is no member, as far as it knows not any more or not yet.
	unregistered bool
	// synced says whether others is all there is: the hub has been read since start.
	synced bool
	// own is this cluster's export, nil when there is none.
	own *mcs.Export
	// others are the exports of the other members.
	others []mcs.Export
	// held are clusters of the import as it stands whose export is missing on the hub without their word that it was withdrawn.
	held []mcs.ClusterID
	// unproven are members with an export whose records on the hub need not be all they have: they have not said so on this hub.
	unproven []mcs.ClusterID
	// stale are members that have been silent for some time.
	stale []mcs.ClusterID
	// forgotten are members that have been silent for so long that nothing of them is imported.
	forgotten []mcs.ClusterID
	// graced says that an import of which no Service is left is still to be kept.
	graced bool
	// supported are the IP families that this cluster can give to Services, never empty.
	supported []corev1.IPFamily

	// found is the ServiceImport of the name, whoever made it; nil when there is none.
	found *mcsv1beta1.ServiceImport
	// service is the Service under the derived name, whoever made it; nil when there is none.
	service *corev1.Service
	// slices are this controller's EndpointSlices of the import.
	slices []discoveryv1.EndpointSlice
	// strays are EndpointSlices that the cluster has made for the derived Service, which is to have none but ours.
	strays []*discoveryv1.EndpointSlice
	// foreign are names of EndpointSlices that the import needs and somebody else has taken.
	foreign []string
}

// isOurs says whether this controller made an object, by its labels. EndpointSlices have a label of their own for it.
func isOurs(labels map[string]string) bool { return labels[mcs.LabelManagedBy] == mcs.ManagedBy }

// isOurSlice says whether this controller made an EndpointSlice.
func isOurSlice(labels map[string]string) bool {
	return labels[discoveryv1.LabelManagedBy] == mcs.ManagedBy
}

// ours is the ServiceImport if this controller made it.
func (f facts) ours() *mcsv1beta1.ServiceImport {
	if f.found == nil || !isOurs(f.found.Labels) {
		return nil
	}
	return f.found
}

// shown are the objects of the import that the caches have, whoever made them.
func (f facts) shown() []client.Object {
	shown := make([]client.Object, 0, len(f.slices)+2)
	if f.found != nil {
		shown = append(shown, f.found)
	}
	if f.service != nil {
		shown = append(shown, f.service)
	}
	for i := range f.slices {
		shown = append(shown, &f.slices[i])
	}
	return shown
}

// taken says whether the ServiceImport of the name is somebody else's, which is left alone and nothing is made beside it.
func (f facts) taken() bool { return f.found != nil && f.ours() == nil }
