package export

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// facts are what an export is made of, all of one namespace and name.
type facts struct {
	key types.NamespacedName
	// export is nil when there is none, and when it is being deleted: an export ends with the wish to end it.
	export *mcsv1beta1.ServiceExport
	// lingers is for how much longer an export is kept that went together with its Service.
	lingers time.Duration
	// claimed is when the export was made, as this cluster states it.
	claimed time.Time
	// service is nil when there is none.
	service *corev1.Service
	// slices are the EndpointSlices of the service's name.
	slices []discoveryv1.EndpointSlice
	// recorded is when the hub first saw the export, zero if it never did.
	recorded time.Time
}

// exported says whether there is anything to build.
func (f facts) exported() bool { return f.export != nil || f.lingers > 0 }

// build makes the export that the facts amount to; there must be one. The result is not yet sanitized, and shares memory
// with the facts.
func (s *Source) build(f facts) mcs.Export {
	e := mcs.Export{
		Cluster:  s.Self,
		Key:      f.key,
		Claimed:  f.claimed,
		Recorded: f.recorded,
	}
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
	case mcs.IsDerivedService(f.service):
		return mcs.ReasonDerivedService
	case f.service.Spec.Type == corev1.ServiceTypeExternalName:
		return string(mcsv1beta1.ServiceExportReasonInvalidServiceType)
	case !slices.ContainsFunc(f.service.Spec.IPFamilies, isIP):
		return mcs.ReasonNoIPFamily
	}
	return ""
}

func isIP(family corev1.IPFamily) bool {
	return family == corev1.IPv4Protocol || family == corev1.IPv6Protocol
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
		made = append(made, mcs.SliceOf(f.slices[i].Name, &f.slices[i]))
	}
	slices.SortFunc(made, func(a, b mcs.Slice) int { return strings.Compare(a.Name, b.Name) })
	return made
}
