package hub

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// operation is what is done to one record.
type operation string

const (
	create operation = "create"
	update operation = "update"
	remove operation = "delete"
)

// step is one write to the hub.
type step struct {
	operation operation
	object    client.Object
}

// plan returns the writes that turn the records of an export, as they are on the hub, into what e says, in the order in which a
// reader may see them one by one:
//
//   - a valid export's slices are there before its service, so that a service is never seen without its endpoints;
//   - slices that are no more go last, after those their endpoints moved to;
//   - an invalid export is marked so first, and its slices go after.
//
// What is on the hub already is not in the plan. A record that claims a later time than e cannot be changed to claim an earlier
// one, and is replaced.
func plan(namespace string, e mcs.Export, service *entry[serviceRecord], held map[types.NamespacedName]entry[sliceRecord]) []step {
	var before, after []step
	wanted := map[types.NamespacedName]struct{}{}
	if e.Invalid == "" {
		for _, s := range e.Slices {
			object := sliceObject(namespace, e.Key, s)
			name := client.ObjectKeyFromObject(object)
			wanted[name] = struct{}{}
			if current, found := held[name]; !found {
				before = append(before, step{create, object})
			} else if !sameSlice(current.record, readSlice(object)) {
				before = append(before, changeSlice(current, object)...)
			}
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(held), byObjectName) {
		if _, stays := wanted[name]; !stays {
			after = append(after, step{remove, existing(&hubv1alpha1.ExportedEndpointSlice{}, name, held[name].uid)})
		}
	}
	return slices.Concat(before, planService(namespace, e, service), after)
}

func planService(namespace string, e mcs.Export, current *entry[serviceRecord]) []step {
	object := serviceObject(namespace, e)
	wanted := readService(object)
	switch {
	case current == nil:
		return []step{{create, object}}
	case sameService(current.record, wanted):
		return nil
	case current.record.export.Key != e.Key, wanted.export.Claimed.Before(current.record.export.Claimed):
		return []step{{remove, existing(&hubv1alpha1.ExportedService{}, client.ObjectKeyFromObject(object), current.uid)}, {create, object}}
	}
	object.SetResourceVersion(current.version)
	return []step{{update, object}}
}

// changeSlice changes a slice's record, which is replaced where its immutable fields differ.
func changeSlice(current entry[sliceRecord], object *hubv1alpha1.ExportedEndpointSlice) []step {
	if current.record.problem != "" || current.record.slice.AddressType != object.Spec.AddressType {
		return []step{{remove, existing(&hubv1alpha1.ExportedEndpointSlice{}, client.ObjectKeyFromObject(object), current.uid)}, {create, object}}
	}
	object.SetResourceVersion(current.version)
	return []step{{update, object}}
}

// planWithdrawal returns the writes that remove the records of an export: its service first, which takes everything back at once.
func planWithdrawal(service *entry[serviceRecord], name types.NamespacedName, held map[types.NamespacedName]entry[sliceRecord]) []step {
	var steps []step
	if service != nil {
		steps = append(steps, step{remove, existing(&hubv1alpha1.ExportedService{}, name, service.uid)})
	}
	for _, name := range slices.SortedFunc(maps.Keys(held), byObjectName) {
		steps = append(steps, step{remove, existing(&hubv1alpha1.ExportedEndpointSlice{}, name, held[name].uid)})
	}
	return steps
}

// existing returns object with what is needed to delete it.
func existing(object client.Object, name types.NamespacedName, uid types.UID) client.Object {
	object.SetNamespace(name.Namespace)
	object.SetName(name.Name)
	object.SetUID(uid)
	return object
}

func byObjectName(a, b types.NamespacedName) int { return cmp.Compare(a.Name, b.Name) }

// same compares records: nil and empty lists and maps are one thing, and times are compared as times.
var same = conversion.EqualitiesOrDie(func(a, b time.Time) bool { return a.Equal(b) })

// sameService reports whether two records say the same, whenever the hub first saw them.
func sameService(a, b serviceRecord) bool {
	a.export.Recorded = b.export.Recorded
	return a.problem == b.problem && same.DeepEqual(a.export, b.export)
}

// sameSlice reports whether two records say the same. When the change they show happened is no difference.
func sameSlice(a, b sliceRecord) bool {
	a.slice.Triggered = b.slice.Triggered
	return a.problem == b.problem && a.key == b.key && same.DeepEqual(a.slice, b.slice)
}
