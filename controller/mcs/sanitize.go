package mcs

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Sanitize returns e as it may cross a border, and what was left out of it. The exporter applies it before it publishes and every
// importer to what it has read, whoever wrote it. What cannot be used is left out one by one, so that a bad address never costs a
// slice and a bad slice never a service; what is not in canonical form is brought into it. The slices of the result are sorted by
// name. Sanitizing twice is sanitizing once.
//
// It returns an error if nothing of e can be used: its cluster, namespace or name is none, its name is that of a derived Service,
// its type is unknown, or it has no IP family. Of an invalid export only its identity, times and reason remain.
func Sanitize(e Export) (Export, []Rejection, error) {
	if err := judge(e); err != nil {
		return Export{}, nil, fmt.Errorf("reading export %q of cluster %q: %w", clip(e.Key.String()), clip(string(e.Cluster)), err)
	}
	if e.Invalid != "" {
		return Export{Cluster: e.Cluster, Key: e.Key, Invalid: e.Invalid, Claimed: e.Claimed, Recorded: e.Recorded}, nil, nil
	}
	var r rejections
	e.Ports = r.ports(e.Ports)
	e.IPFamilies = r.families(e.IPFamilies)
	if len(e.IPFamilies) == 0 {
		return Export{}, r, fmt.Errorf("reading export %q of cluster %q: no IP family is known", e.Key, e.Cluster)
	}
	r.properties(&e)
	e.Labels = r.exported("label", e.Labels, content.IsLabelValue)
	e.Annotations = r.exported("annotation", e.Annotations, func(string) []string { return nil })
	e.Slices = r.slices(e.Slices)
	return e, r, nil
}

// invalidPattern is what the API takes as a condition's reason, and maxReasonLength as much of it as any reason needs.
var invalidPattern = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)

const maxReasonLength = 128

// judge returns why nothing of an export can be used, nil if something may be.
func judge(e Export) error {
	if _, err := ParseClusterID(string(e.Cluster)); err != nil {
		return err
	}
	if len(content.IsDNS1123Label(e.Key.Namespace)) > 0 || len(content.IsDNS1123Label(e.Key.Name)) > 0 {
		return fmt.Errorf("namespace and name must be DNS labels")
	}
	if IsDerivedServiceName(e.Key.Name) {
		return fmt.Errorf("the name is that of a derived Service")
	}
	if e.Invalid != "" {
		if len(e.Invalid) > maxReasonLength || !invalidPattern.MatchString(e.Invalid) {
			return fmt.Errorf("%q is not the reason of a condition", clip(e.Invalid))
		}
		return nil
	}
	if e.Type != mcsv1beta1.ClusterSetIP && e.Type != mcsv1beta1.Headless {
		return fmt.Errorf("type %q is neither ClusterSetIP nor Headless", clip(string(e.Type)))
	}
	return nil
}

// families keeps the known IP families, each once.
func (r *rejections) families(families []corev1.IPFamily) []corev1.IPFamily {
	var kept []corev1.IPFamily
	for _, family := range limited(r, families, 2, "IP families") {
		switch {
		case family != corev1.IPv4Protocol && family != corev1.IPv6Protocol:
			r.add(RejectedProperty, "IP family %q is not known", clip(string(family)))
		case slices.Contains(kept, family):
			r.add(RejectedDuplicate, "IP family %q is there twice", family)
		default:
			kept = append(kept, family)
		}
	}
	return kept
}

// properties unsets those properties of e that have a value Kubernetes does not know.
func (r *rejections) properties(e *Export) {
	switch e.SessionAffinity {
	case "", corev1.ServiceAffinityNone, corev1.ServiceAffinityClientIP:
	default:
		r.add(RejectedProperty, "session affinity %q is not known", clip(string(e.SessionAffinity)))
		e.SessionAffinity = ""
	}
	if t := e.AffinityTimeout; t != nil && (*t < 1 || *t > MaxAffinityTimeout) {
		r.add(RejectedProperty, "session affinity timeout %d is not within 1 and %d", *t, MaxAffinityTimeout)
		e.AffinityTimeout = nil
	}
	if p := e.InternalTrafficPolicy; p != nil &&
		*p != corev1.ServiceInternalTrafficPolicyCluster && *p != corev1.ServiceInternalTrafficPolicyLocal {
		r.add(RejectedProperty, "internal traffic policy %q is not known", clip(string(*p)))
		e.InternalTrafficPolicy = nil
	}
	// Kubernetes adds preferences over time: one that is not known here may be known to the cluster that asks for it.
	if d := e.TrafficDistribution; d != nil && (len(*d) > maxPropertyText || len(content.IsLabelKey(*d)) > 0) {
		r.add(RejectedProperty, "traffic distribution %q is not a name", clip(*d))
		e.TrafficDistribution = nil
	}
}

// exported keeps the entries of an exported map that may stand on a ServiceImport, by key as far as the bounds go.
func (r *rejections) exported(kind string, m map[string]string, badValue func(string) []string) map[string]string {
	var kept map[string]string
	beyond, size := 0, 0
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		switch {
		case len(content.IsLabelKey(key)) > 0:
			r.add(RejectedLabel, "key %q of an exported %s is not a qualified name", clip(key), kind)
		case ReservedKey(key):
			r.add(RejectedLabel, "key %q of an exported %s is reserved", key, kind)
		case len(badValue(value)) > 0:
			r.add(RejectedLabel, "value %q of exported %s %q cannot be one", clip(value), kind, key)
		case len(kept) == MaxExported || size+len(key)+len(value) > MaxExportedBytes:
			beyond++
		default:
			if kept == nil {
				kept = make(map[string]string, min(len(m), MaxExported))
			}
			kept[key] = value
			size += len(key) + len(value)
		}
	}
	if beyond > 0 {
		r.add(RejectedTooMany, "exported %ss: %d are beyond %d entries or %d bytes", kind, beyond, MaxExported, MaxExportedBytes)
	}
	return kept
}

// limited returns the first entries of a list, as many as the bound allows.
func limited[T any](r *rejections, list []T, bound int, what string) []T {
	if beyond := len(list) - bound; beyond > 0 {
		r.add(RejectedTooMany, "%s: %d are beyond %d", what, beyond, bound)
		return list[:bound:bound]
	}
	return list
}

// byName orders slices by name, stably, because the order in which they were read means nothing.
func byName(list []Slice) []Slice {
	return slices.SortedStableFunc(slices.Values(list), func(a, b Slice) int { return cmp.Compare(a.Name, b.Name) })
}
