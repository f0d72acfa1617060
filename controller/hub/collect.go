package hub

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

func compareIDs(a, b mcs.ClusterID) int { return cmp.Compare(a, b) }

// Exports returns the exports of key by all other members, sorted by cluster. Whose an export is follows from the namespace its
// record lies in. What cannot be used is left out and counted; a record whose object name does not belong to its content
// is left out as a whole.
//
// The caller must not write through what is returned.
func (h *Hub) Exports(key types.NamespacedName) []mcs.Export {
	members := h.rosters.current().others
	var exports []mcs.Export
	for _, member := range members {
		if export, found := h.export(member, key); found {
			exports = append(exports, export)
		}
	}
	return exports
}

// export returns a member's export of key, put together anew if a record has changed since it last was.
func (h *Hub) export(member membership.Member, key types.NamespacedName) (mcs.Export, bool) {
	service, found := h.services.get(types.NamespacedName{Namespace: member.Namespace, Name: mcs.RecordName(key)})
	if !found || service.record.problem != "" {
		return mcs.Export{}, false
	}
	return h.assembled.get(member, key, func() (mcs.Export, bool) {
		export := service.record.export
		export.Cluster = member.ID
		for name, e := range h.slices.members(key) {
			if name.Namespace == member.Namespace && e.record.problem == "" {
				export.Slices = append(export.Slices, e.record.slice)
			}
		}
		slices.SortFunc(export.Slices, func(a, b mcs.Slice) int { return strings.Compare(a.Name, b.Name) })
		return h.sanitized(export)
	})
}

// sanitized returns the usable part of an export and counts the rest.
func (h *Hub) sanitized(export mcs.Export) (mcs.Export, bool) {
	clean, rejections, err := mcs.Sanitize(export)
	for _, rejection := range rejections {
		h.metrics.rejected(rejection.Reason)
	}
	if err != nil {
		h.metrics.rejected(mcs.RejectedExport)
		h.log.V(1).Info("Export is ignored", "cluster", export.Cluster, "namespace", export.Key.Namespace, "name", export.Key.Name, "reason", err.Error())
		return mcs.Export{}, false
	}
	if len(rejections) > 0 {
		h.log.V(1).Info("Part of an export is ignored", "cluster", export.Cluster, "namespace", export.Key.Namespace, "name", export.Key.Name,
			"parts", len(rejections), "first", rejections[0].Detail)
	}
	return clean, true
}

// Keys returns the keys of which other members have records, in no order.
func (h *Hub) Keys() []types.NamespacedName {
	namespaces := map[string]struct{}{}
	for _, member := range h.rosters.current().others {
		namespaces[member.Namespace] = struct{}{}
	}
	found := map[types.NamespacedName]struct{}{}
	h.services.each(func(object types.NamespacedName, e entry[serviceRecord]) bool {
		if _, member := namespaces[object.Namespace]; member && e.record.problem == "" {
			found[e.record.export.Key] = struct{}{}
		}
		return true
	})
	keys := make([]types.NamespacedName, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	return keys
}

// Owned returns the keys of this cluster's own records on the hub, in no order. Records of slices whose service has none are among
// them, left behind by a publish or a withdrawal that was cut short.
func (h *Hub) Owned() []types.NamespacedName {
	namespace := h.rosters.current().own.Namespace
	found := map[types.NamespacedName]struct{}{}
	h.services.each(func(object types.NamespacedName, e entry[serviceRecord]) bool {
		if object.Namespace == namespace && e.record.problem == "" {
			found[e.record.export.Key] = struct{}{}
		}
		return true
	})
	h.slices.each(func(object types.NamespacedName, e entry[sliceRecord]) bool {
		if object.Namespace == namespace && e.record.problem == "" {
			found[e.record.key] = struct{}{}
		}
		return true
	})
	keys := make([]types.NamespacedName, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	return keys
}

// Recorded returns since when this cluster's own record of key claims to export it, and when the hub first saw that record: its
// creation time.
func (h *Hub) Recorded(key types.NamespacedName) (claimed, recorded time.Time, found bool) {
	namespace := h.rosters.current().own.Namespace
	e, found := h.ownServices.get(types.NamespacedName{Namespace: namespace, Name: mcs.RecordName(key)})
	return e.record.export.Claimed, e.record.export.Recorded, found
}
