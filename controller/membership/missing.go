package membership

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// AnnotationMissing is set on a member's Lease to the namespaces that others export from and it does not have, separated by commas:
// an exporter cannot look into other clusters, and would not learn otherwise why its service is not imported there (KEP-1645,
// "Namespace sameness").
const AnnotationMissing = mcs.Domain + "/missing-namespaces"

// maxMissing bounds the annotation, and what is read of another's.
const maxMissing = 100

// FormatMissing returns the annotation's value for namespaces: sorted, each once, and the first hundred if there are more.
func FormatMissing(namespaces []string) string {
	namespaces = slices.Compact(slices.Sorted(slices.Values(namespaces)))
	return strings.Join(namespaces[:min(len(namespaces), maxMissing)], ",")
}

// ParseMissing reads the annotation's value, which may be anything: what is no namespace's name, and what is beyond the bound, is left
// out. The result is sorted.
func ParseMissing(value string) []string {
	const longest = maxMissing * 64
	var namespaces []string
	for name := range strings.SplitSeq(value[:min(len(value), longest)], ",") {
		if len(namespaces) < maxMissing && len(content.IsDNS1123Label(name)) == 0 {
			namespaces = append(namespaces, name)
		}
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces)
}
