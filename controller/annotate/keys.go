package annotate

import (
	"slices"
	"strings"
)

const (
	// DefaultKey is the annotation that asks for an export, on a Service or on a Namespace: "true" or "false". KEP-1645 names it
	// among its alternatives. Keys under kubernetes.io are reserved to that project, hence the key is configurable.
	DefaultKey = "multicluster.kubernetes.io/export"
	// LabelsKey is the annotation of a Service that lists, separated by commas, the keys of those of its labels that go to the
	// ServiceExport's exportedLabels. Nothing is copied that is not listed (KEP-1645, "Labels and annotations").
	LabelsKey = "multicluster.kubernetes.io/export-labels"
	// AnnotationsKey is the same for the Service's annotations and exportedAnnotations.
	AnnotationsKey = "multicluster.kubernetes.io/export-annotations"
)

// wish is what an export annotation says.
type wish int

const (
	unsaid wish = iota
	yes
	no
	unknown
)

// wishOf returns what the annotation key of a set of annotations says. Only "true" and "false" say anything: a value that is
// merely close to one of them is unknown, so that a typing error never exports and never withdraws.
func wishOf(annotations map[string]string, key string) wish {
	value, found := annotations[key]
	switch {
	case !found:
		return unsaid
	case value == "true":
		return yes
	case value == "false":
		return no
	}
	return unknown
}

// selected returns those entries of from whose keys list names, nil when there is none. Keys that from lacks are passed over: the
// list says what may be exported, not what must exist.
func selected(list string, from map[string]string) map[string]string {
	keys := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
	slices.Sort(keys)
	var picked map[string]string
	for _, key := range slices.Compact(keys) {
		value, found := from[key]
		if !found {
			continue
		}
		if picked == nil {
			picked = make(map[string]string, len(keys))
		}
		picked[key] = value
	}
	return picked
}
