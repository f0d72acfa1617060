package mcs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// rule is one property on which exports can disagree. Values are compared with the oldest export's after the API's defaults are
// spelled out, so that two ways to say the same are no conflict.
type rule struct {
	reason mcsv1beta1.ServiceExportConditionReason
	// field is the property in words.
	field string
	// disputes returns the parts of the property on which an export disagrees with the oldest: none if they agree, and whole where
	// the property has no parts.
	disputes func(oldest, other Export) []string
	// text is the oldest export's value in words.
	text func(oldest Export) string
}

// rules is the whole book. The order does not matter: conflicts are sorted by reason.
var rules = []rule{
	// KEP-1645 "Service Port": any difference between the sets of ports; their order is none.
	{mcsv1beta1.ServiceExportReasonPortConflict, "ports", disputedPorts, portsText},
	// KEP-1645 "Headlessness".
	{mcsv1beta1.ServiceExportReasonTypeConflict, "type", single(typeText), typeText},
	// KEP-1645 "Session Affinity".
	{mcsv1beta1.ServiceExportReasonSessionAffinityConflict, "session affinity", single(affinityText), affinityText},
	// KEP-1645 "Session Affinity": the timeout, which only ClientIP has.
	{mcsv1beta1.ServiceExportReasonSessionAffinityConfigConflict, "session affinity timeout", single(timeoutText), timeoutText},
	// ServiceExport API, spec.exportedLabels.
	{mcsv1beta1.ServiceExportReasonLabelsConflict, "labels", disputedLabels, labelsText},
	// ServiceExport API, spec.exportedAnnotations.
	{mcsv1beta1.ServiceExportReasonAnnotationsConflict, "annotations", disputedAnnotations, annotationsText},
	// KEP-1645 "Internal Traffic Policy": unset is Cluster.
	{mcsv1beta1.ServiceExportReasonInternalTrafficPolicyConflict, "internal traffic policy", single(policyText), policyText},
	// KEP-1645 "Traffic Distribution": PreferClose is the old name of PreferSameZone.
	{mcsv1beta1.ServiceExportReasonTrafficDistributionConflict, "traffic distribution", single(distribution), distributionText},
	// ServiceExport API, IPFamilyConflict: only a family of the import that a cluster lacks; it may have more, in any order.
	{mcsv1beta1.ServiceExportReasonIPFamilyConflict, "IP families", missingFamilies, familiesText},
}

// whole is what is disputed of a property without parts.
var whole = []string{""}

// single is the rule of a property that is one value.
func single(value func(Export) string) func(oldest, other Export) []string {
	return func(oldest, other Export) []string {
		if value(oldest) == value(other) {
			return nil
		}
		return whole
	}
}

// conflicts applies every rule to exports in order of precedence.
func conflicts(ordered []Export) []Conflict {
	var found []Conflict
	oldest := ordered[0]
	for _, r := range rules {
		disagree := 0
		var parts []string
		for _, other := range ordered[1:] {
			if disputed := r.disputes(oldest, other); len(disputed) > 0 {
				disagree++
				parts = append(parts, disputed...)
			}
		}
		if disagree == 0 {
			continue
		}
		found = append(found, Conflict{
			Reason:   r.reason,
			Field:    fieldText(r.field, parts),
			Using:    clip(r.text(oldest)),
			Winner:   oldest.Cluster,
			Disagree: disagree,
			Total:    len(ordered),
		})
	}
	slices.SortFunc(found, func(a, b Conflict) int { return cmp.Compare(a.Reason, b.Reason) })
	return found
}

// Message is the conflict in one sentence for the message of the Conflict condition (KEP-1645, "Constraints and Conflict Resolution").
func (c Conflict) Message() string {
	return fmt.Sprintf("Conflicting %s. Using %q from oldest service export in %q. %d/%d clusters disagree.",
		c.Field, c.Using, c.Winner, c.Disagree, c.Total)
}

// maxPartsNamed and maxValueText bound what a conflict's text takes of values that other clusters chose.
const (
	maxPartsNamed = 5
	maxValueText  = 256
)

// fieldText is the field with those of its parts that are disputed.
func fieldText(field string, parts []string) string {
	slices.Sort(parts)
	parts = slices.Compact(parts)
	if slices.Equal(parts, whole) {
		return field
	}
	if more := len(parts) - maxPartsNamed; more > 0 {
		return fmt.Sprintf("%s %s and %d more", field, strings.Join(parts[:maxPartsNamed], ", "), more)
	}
	return field + " " + strings.Join(parts, ", ")
}

// clip shortens a text that may be long.
func clip(s string) string {
	if len(s) <= maxValueText {
		return s
	}
	return strings.ToValidUTF8(s[:maxValueText], "") + "..."
}

func typeText(e Export) string     { return string(e.Type) }
func affinityText(e Export) string { return string(affinity(e)) }

func timeoutText(e Export) string {
	timeout := affinityTimeout(e)
	if timeout == nil {
		return ""
	}
	return fmt.Sprintf("%ds", *timeout)
}

func policyText(e Export) string {
	if e.InternalTrafficPolicy == nil {
		return string(corev1.ServiceInternalTrafficPolicyCluster)
	}
	return string(*e.InternalTrafficPolicy)
}

func distributionText(e Export) string {
	if e.TrafficDistribution == nil {
		return ""
	}
	return *e.TrafficDistribution
}

// distribution is the traffic distribution by its present name.
func distribution(e Export) string {
	text := distributionText(e)
	if text == corev1.ServiceTrafficDistributionPreferClose {
		return corev1.ServiceTrafficDistributionPreferSameZone
	}
	return text
}

// missingFamilies returns the families of the oldest export, which are the import's, that another has not.
func missingFamilies(oldest, other Export) []string {
	var missing []string
	for _, family := range oldest.IPFamilies {
		if !slices.Contains(other.IPFamilies, family) {
			missing = append(missing, string(family))
		}
	}
	return missing
}

func familiesText(e Export) string {
	texts := make([]string, len(e.IPFamilies))
	for i, family := range e.IPFamilies {
		texts[i] = string(family)
	}
	return strings.Join(texts, ", ")
}
