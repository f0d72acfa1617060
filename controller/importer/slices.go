package importer

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// slicesOf returns the EndpointSlices of an import, one for each source slice. service is the derived Service they belong to, ""
// for none: then no proxy takes them for a Service's, and they bear the label by which proxies know what is not theirs.
func slicesOf(imp mcs.Import, key types.NamespacedName, service string) []*discoveryv1.EndpointSlice {
	made := make([]*discoveryv1.EndpointSlice, len(imp.Slices))
	for i, s := range imp.Slices {
		made[i] = sliceOf(imp, key, service, s)
	}
	return made
}

func sliceOf(imp mcs.Import, key types.NamespacedName, service string, s mcs.ImportedSlice) *discoveryv1.EndpointSlice {
	labels := map[string]string{
		mcsv1beta1.LabelServiceName:   key.Name,
		mcsv1beta1.LabelSourceCluster: string(s.Cluster),
		discoveryv1.LabelManagedBy:    mcs.ManagedBy,
	}
	if service != "" {
		labels[discoveryv1.LabelServiceName] = service
	} else {
		labels[discoveryv1.LabelServiceName] = mcs.NoService
		labels[corev1.IsHeadlessService] = ""
	}
	annotations := map[string]string{mcs.AnnotationSourceSlice: s.Name}
	if !s.Triggered.IsZero() {
		annotations[corev1.EndpointsLastChangeTriggerTime] = s.Triggered.UTC().Format(time.RFC3339Nano)
	}
	made := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   key.Namespace,
			Name:        mcs.SliceName(s.Cluster, key, s.Name),
			Labels:      labels,
			Annotations: annotations,
		},
		AddressType: s.AddressType,
		Endpoints:   make([]discoveryv1.Endpoint, len(s.Endpoints)),
		Ports:       make([]discoveryv1.EndpointPort, len(s.Ports)),
	}
	for i, e := range s.Endpoints {
		made.Endpoints[i] = discoveryv1.Endpoint{
			Addresses:  e.Addresses,
			Conditions: discoveryv1.EndpointConditions{Ready: e.Ready, Serving: e.Serving, Terminating: e.Terminating},
			Hostname:   unlessEmpty(e.Hostname),
			Zone:       unlessEmpty(e.Zone),
			NodeName:   unlessEmpty(e.NodeName),
			Hints:      imp.Hints(e),
		}
	}
	for i, p := range s.Ports {
		made.Ports[i] = discoveryv1.EndpointPort{Name: new(p.Name), Protocol: new(p.Protocol), AppProtocol: p.AppProtocol, Port: p.Port}
		if p.Protocol == "" {
			made.Ports[i].Protocol = new(corev1.ProtocolTCP)
		}
	}
	return made
}

// fromSlice reads an imported slice back from the EndpointSlice it became: the inverse of sliceOf.
func fromSlice(from *discoveryv1.EndpointSlice) mcs.ImportedSlice {
	return mcs.ImportedSlice{
		Cluster: mcs.ClusterID(from.Labels[mcsv1beta1.LabelSourceCluster]),
		Slice:   mcs.SliceOf(from.Annotations[mcs.AnnotationSourceSlice], from),
	}
}

// slicePlan is what is to be written for the slices of an import.
type slicePlan struct {
	create, update, remove []*discoveryv1.EndpointSlice
}

// planSlices compares the slices that are there, all ours, with those that should be:
//
//	there   wanted   then
//	no      yes      create, unless the name is somebody else's
//	yes     equal    nothing
//	yes     differs  update
//	yes     of another address type, which never changes   remove; it is created when it is gone
//	yes     no       remove
//
// Labels and annotations that others added stay: they change nothing for those who read ours.
func planSlices(there []discoveryv1.EndpointSlice, wanted []*discoveryv1.EndpointSlice, foreign []string) slicePlan {
	var plan slicePlan
	current := make(map[string]*discoveryv1.EndpointSlice, len(there))
	for i := range there {
		current[there[i].Name] = &there[i]
	}
	for _, name := range foreign {
		current[name] = nil
	}
	for _, want := range wanted {
		have, found := current[want.Name]
		delete(current, want.Name)
		switch {
		case !found:
			plan.create = append(plan.create, want)
		case have == nil: // Somebody else's.
		case have.AddressType != want.AddressType:
			plan.remove = append(plan.remove, have)
		default:
			if next := sliceWith(have, want); next != nil {
				plan.update = append(plan.update, next)
			}
		}
	}
	for i := range there {
		if _, left := current[there[i].Name]; left {
			plan.remove = append(plan.remove, &there[i])
		}
	}
	return plan
}

// sliceWith returns have changed to what want says, nil if it says so already.
func sliceWith(have, want *discoveryv1.EndpointSlice) *discoveryv1.EndpointSlice {
	if holds(have.Labels, want.Labels) && holds(have.Annotations, want.Annotations) && !misled(have, want) &&
		equality.Semantic.DeepEqual(have.Endpoints, want.Endpoints) && equality.Semantic.DeepEqual(have.Ports, want.Ports) {
		return nil
	}
	next := have.DeepCopy()
	next.Labels = merged(have.Labels, want.Labels)
	for _, key := range decisive {
		if _, wanted := want.Labels[key]; !wanted {
			delete(next.Labels, key)
		}
	}
	next.Annotations = merged(have.Annotations, want.Annotations)
	// A change of which the source states no time must not pass for the one before it.
	if _, stated := want.Annotations[corev1.EndpointsLastChangeTriggerTime]; !stated {
		delete(next.Annotations, corev1.EndpointsLastChangeTriggerTime)
	}
	next.Endpoints, next.Ports = want.Endpoints, want.Ports
	return next
}

// decisive are the labels by which proxies take a slice for a Service's, or pass it over. They are there if wanted and only then.
var decisive = []string{discoveryv1.LabelServiceName, corev1.IsHeadlessService}

// misled says whether have bears a decisive label that is not wanted.
func misled(have, want *discoveryv1.EndpointSlice) bool {
	for _, key := range decisive {
		_, there := have.Labels[key]
		if _, wanted := want.Labels[key]; there && !wanted {
			return true
		}
	}
	return false
}

// holds says whether all of part is in whole.
func holds(whole, part map[string]string) bool {
	for key, value := range part {
		if there, found := whole[key]; !found || there != value {
			return false
		}
	}
	return true
}

// merged is a new map of base with over written over it.
func merged(base, over map[string]string) map[string]string {
	made := make(map[string]string, len(base)+len(over))
	maps.Copy(made, base)
	maps.Copy(made, over)
	return made
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
