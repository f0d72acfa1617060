package importer

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// noService is why an export waits for its Service.
const noService = string(mcsv1beta1.ServiceExportReasonNoService)

// statusOf returns what the status of a ServiceImport becomes, with what it does not know of kept: the clusters that export, sorted,
// that their EndpointSlices are in this cluster, and whether the import can be used (KEP-1645, "ServiceImport").
func statusOf(si *mcsv1beta1.ServiceImport, imp mcs.Import, supported []corev1.IPFamily, trouble string) mcsv1beta1.ServiceImportStatus {
	status := *si.Status.DeepCopy()
	status.EndpointSliceObjects = mcsv1beta1.EndpointSliceObjectsPresent
	status.Clusters = make([]mcsv1beta1.ClusterStatus, len(imp.Clusters))
	for i, cluster := range imp.Clusters {
		status.Clusters[i].Cluster = string(cluster)
	}
	status.Conditions = slices.Clone(status.Conditions)
	ready := mcs.ImportReadyCondition(si.Generation)
	switch {
	case trouble != "":
		ready = mcs.ImportPendingCondition(trouble, si.Generation)
	case len(imp.Serves(supported)) == 0:
		ready = mcs.ImportFamilyCondition(imp, supported, si.Generation)
	case len(imp.Clusters) == 0:
		ready = mcs.ImportPendingCondition("No cluster has the Service at present.", si.Generation)
	case imp.Type == mcsv1beta1.ClusterSetIP && len(imp.Ports) == 0:
		ready = mcs.ImportPendingCondition("The service has no port, without which it can have no IP.", si.Generation)
	case imp.Type == mcsv1beta1.ClusterSetIP && len(si.Spec.IPs) == 0:
		ready = mcs.ImportPendingCondition("The service has no IP yet.", si.Generation)
	}
	meta.SetStatusCondition(&status.Conditions, ready)
	return status
}
