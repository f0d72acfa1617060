package hub

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	coordinationv1 "k8s.io/api/coordination/v1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// The resources that are followed.
const (
	profileResource = "clusterprofiles"
	leaseResource   = "leases"
	serviceResource = "exportedservices"
	sliceResource   = "exportedendpointslices"
)

// follow makes the mirrors and what keeps each of them up to date.
func (h *Hub) follow() {
	h.provenance = newProvenance(profileResource, leaseResource, serviceResource, sliceResource)

	h.profiles = newMirror(
		of(func(o *membership.ClusterProfile) membership.ClusterProfile { return *o }),
		func(membership.ClusterProfile) types.NamespacedName { return types.NamespacedName{} },
		func(types.NamespacedName, types.NamespacedName) { h.rejudge() })
	h.leases = newMirror(
		of(readLease),
		func(lease) types.NamespacedName { return types.NamespacedName{} },
		func(types.NamespacedName, types.NamespacedName) { h.rejudge() })
	h.services = newMirror(of(h.countedService),
		func(r serviceRecord) types.NamespacedName { return r.export.Key },
		func(object, key types.NamespacedName) { h.ownServices.seen(object); h.changed(key) })
	h.slices = newMirror(of(h.countedSlice),
		func(r sliceRecord) types.NamespacedName { return r.key },
		func(object, key types.NamespacedName) { h.ownSlices.seen(object); h.changed(key) }).grouped()
	h.ownServices, h.ownSlices = newLedger(h.services), newLedger(h.slices)

	nothing := func(string) {}
	h.addFollower(profileResource, h.profiles, func() client.ObjectList { return &membership.ClusterProfileList{} },
		nothing, client.InNamespace(h.config.ClustersetNamespace))
	h.addFollower(leaseResource, h.leases, func() client.ObjectList { return &coordinationv1.LeaseList{} },
		nothing, client.MatchingFields{"metadata.name": membership.LeaseName})
	h.addFollower(serviceResource, h.services, func() client.ObjectList { return &hubv1alpha1.ExportedServiceList{} },
		h.ownServices.listed)
	h.addFollower(sliceResource, h.slices, func() client.ObjectList { return &hubv1alpha1.ExportedEndpointSliceList{} },
		h.ownSlices.listed)
}

func (h *Hub) addFollower(resource string, sink sink, list func() client.ObjectList, listed func(string), options ...client.ListOption) {
	from := readHub
	switch resource {
	case serviceResource, sliceResource:
		from = readCRD(resource + "." + hubv1alpha1.GroupVersion.Group)
	case profileResource:
		from = readCRD(resource + "." + membership.ProfileGroupVersion.Group)
	}
	h.followers = append(h.followers, &follower{
		resource: resource, list: list, options: options, sink: sink, origin: from,
		connection: h.connection, provenance: h.provenance, clock: h.clock, log: h.log,
		taken:   h.judgeRoster,
		rewound: h.rewound,
		listed: func(version string) {
			if version != "" {
				listed(version)
			}
			h.judgeRoster()
			h.changedAll()
		},
	})
}

// rewound takes in that the hub is another, or was restored to an older state. What members have said of it so far proves nothing
// any more, and what was written may be gone.
func (h *Hub) rewound() {
	h.rosters.distrust(h.marks())
	h.ownServices.reset()
	h.ownSlices.reset()
}

// countedService converts an ExportedService and counts it if it cannot be used.
func (h *Hub) countedService(o *hubv1alpha1.ExportedService) serviceRecord {
	record := readService(o)
	h.countMisnamed(o, record.problem)
	return record
}

// countedSlice converts an ExportedEndpointSlice and counts it if it cannot be used.
func (h *Hub) countedSlice(o *hubv1alpha1.ExportedEndpointSlice) sliceRecord {
	record := readSlice(o)
	h.countMisnamed(o, record.problem)
	return record
}

func (h *Hub) countMisnamed(o client.Object, problem string) {
	if problem == "" {
		return
	}
	h.metrics.rejected(rejectedName)
	h.log.V(1).Info("Record of the hub is ignored", "namespace", o.GetNamespace(), "name", o.GetName(), "reason", problem)
}
