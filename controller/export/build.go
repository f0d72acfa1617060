package export

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// facts are what an export is made of, all of one namespace and name.
type facts struct {
	// export is nil when there is none, and when it is being deleted: an export ends with the wish to end it.
	export *mcsv1beta1.ServiceExport
	// service is nil when there is none.
	service *corev1.Service
	// slices are the EndpointSlices of the service's name.
	slices []discoveryv1.EndpointSlice
	// recorded is when the hub first saw the export, zero if it never did.
	recorded time.Time
}

// build makes the export that the facts amount to. f.export must not be nil. The result is not yet sanitized, and shares memory
// with the facts.
func (s *Source) build(f facts) mcs.Export {
	e := mcs.Export{
		Cluster:  s.Self,
		Claimed:  f.export.CreationTimestamp.Time,
		Recorded: f.recorded,
	}
	e.Key.Namespace, e.Key.Name = f.export.Namespace, f.export.Name
	if e.Invalid = s.invalid(e, f); e.Invalid != "" {
		return e
	}
	spec := f.service.Spec
	e.Type = mcsv1beta1.ClusterSetIP
	if spec.ClusterIP == corev1.ClusterIPNone {
		e.Type = mcsv1beta1.Headless
	}
	e.Ports = ports(spec.Ports)
	e.IPFamilies = spec.IPFamilies
	e.SessionAffinity = spec.SessionAffinity
	if spec.SessionAffinityConfig != nil && spec.SessionAffinityConfig.ClientIP != nil {
		e.AffinityTimeout = spec.SessionAffinityConfig.ClientIP.TimeoutSeconds
	}
	e.InternalTrafficPolicy = spec.InternalTrafficPolicy
	e.TrafficDistribution = spec.TrafficDistribution
	e.Labels, e.Annotations = f.export.Spec.ExportedLabels, f.export.Spec.ExportedAnnotations
	e.Slices = exportedSlices(f)
	return e
}

// invalid returns why the export contributes nothing: a reason of the Valid condition, "" for a valid one. What a user can never
// mend comes before what another object may.
func (s *Source) invalid(e mcs.Export, f facts) string {
	switch {
	case s.Denied[e.Key.Namespace]:
		return mcs.ReasonNamespaceNotAllowed
	case mcs.CheckNameLength(e.Cluster, e.Key, hostnames(f)...) != nil:
		return mcs.ReasonNameTooLong
	case mcs.IsDerivedServiceName(e.Key.Name):
		return mcs.ReasonDerivedService
	case f.service == nil:
		return string(mcsv1beta1.ServiceExportReasonNoService)
	case f.service.Labels[mcs.LabelManagedBy] == mcs.ManagedBy:
		return mcs.ReasonDerivedService
	case f.service.Spec.Type == corev1.ServiceTypeExternalName:
		return string(mcsv1beta1.ServiceExportReasonInvalidServiceType)
	}
	return ""
}

// hostnames are those of a headless Service's endpoints, which have DNS names of their own; those of other Services have none.
func hostnames(f facts) []string {
	if f.service == nil || f.service.Spec.ClusterIP != corev1.ClusterIPNone {
		return nil
	}
	var names []string
	for _, slice := range f.slices {
		for _, e := range slice.Endpoints {
			if e.Hostname != nil {
				names = append(names, *e.Hostname)
			}
		}
	}
	return names
}

// ports are the ports that clients dial, in the Service's order.
func ports(from []corev1.ServicePort) []mcs.Port {
	made := make([]mcs.Port, len(from))
	for i, p := range from {
		made[i] = mcs.Port{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port}
	}
	return made
}

// exportedSlices makes one Slice of each EndpointSlice, in the order of their names. A slice that an earlier Service of the name
// still owns is left out: its endpoints are not this Service's, and it is about to be collected.
func exportedSlices(f facts) []mcs.Slice {
	made := make([]mcs.Slice, 0, len(f.slices))
	for i := range f.slices {
		if owner := metav1.GetControllerOf(&f.slices[i]); owner != nil && owner.Kind == "Service" && owner.UID != f.service.UID {
			continue
		}
		made = append(made, exportedSlice(&f.slices[i]))
	}
	slices.SortFunc(made, func(a, b mcs.Slice) int { return strings.Compare(a.Name, b.Name) })
	return made
}

func exportedSlice(from *discoveryv1.EndpointSlice) mcs.Slice {
	made := mcs.Slice{
		Name:        from.Name,
		AddressType: from.AddressType,
		Ports:       make([]mcs.SlicePort, len(from.Ports)),
		Endpoints:   make([]mcs.Endpoint, len(from.Endpoints)),
		Triggered:   triggered(from),
	}
	for i, p := range from.Ports {
		made.Ports[i] = mcs.SlicePort{Name: value(p.Name), Protocol: corev1.ProtocolTCP, AppProtocol: p.AppProtocol, Port: p.Port}
		if p.Protocol != nil {
			made.Ports[i].Protocol = *p.Protocol
		}
	}
	for i, e := range from.Endpoints {
		made.Endpoints[i] = mcs.Endpoint{
			Addresses:   e.Addresses,
			Hostname:    value(e.Hostname),
			Zone:        value(e.Zone),
			NodeName:    value(e.NodeName),
			Ready:       e.Conditions.Ready,
			Serving:     e.Conditions.Serving,
			Terminating: e.Conditions.Terminating,
		}
	}
	return made
}

// triggered is when the change that the slice shows happened, as the EndpointSlice controller states it; zero where it does not, or
// not in the form it uses.
func triggered(from *discoveryv1.EndpointSlice) time.Time {
	stated, err := time.Parse(time.RFC3339Nano, from.Annotations[corev1.EndpointsLastChangeTriggerTime])
	if err != nil {
		return time.Time{}
	}
	return stated
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
