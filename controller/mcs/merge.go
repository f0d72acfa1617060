package mcs

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Merge returns what the exports of one name amount to (KEP-1645, "Constraints and Conflict Resolution"). The exports share one
// Key and have passed [Sanitize]; their order is irrelevant. A cluster has one export: of several from the same cluster only the
// first in [Precedence] counts. An invalid export contributes nothing; without a valid one the result has a Key and nothing else.
//
// A is the oldest export, B the next:
//
//	A                  B                  import                     conflict
//	http 80            http 80            http 80                    none
//	http 80            http 8080          http 80, from A only       PortConflict
//	http 80            web 80             http 80                    PortConflict
//	http 80            admin 9090         http 80, admin 9090        PortConflict
//	http 80 h2c        http 80            http 80 h2c                PortConflict
//	dns 53/UDP         dns-tcp 53/TCP     both                       PortConflict
//	(unnamed) 80       (unnamed) 8080     (unnamed) 80, from A only  PortConflict
//	(unnamed) 80       http 80, adm 9090  http 80, adm 9090          PortConflict
//	(unnamed) 80       adm 9090           tcp-80, adm 9090           PortConflict
//	ClusterSetIP       Headless           ClusterSetIP               TypeConflict
//	ClientIP 10 s      ClientIP 20 s      ClientIP 10 s              SessionAffinityConfigConflict
//	ClientIP 10 s      None               ClientIP 10 s              SessionAffinityConflict and ...ConfigConflict
//	policy unset       policy Cluster     policy unset               none
//	policy Local       policy Cluster     policy Local               InternalTrafficPolicyConflict
//	PreferClose        PreferSameZone     PreferClose                none
//	no distribution    PreferClose        no distribution            TrafficDistributionConflict
//	IPv4               IPv6               IPv4                       IPFamilyConflict
//	IPv4, IPv6         IPv4               IPv4, IPv6                 IPFamilyConflict
//	IPv4               IPv6, IPv4         IPv4                       none
//	labels x=1         labels x=1, y=2    labels x=1                 LabelsConflict
//
// Every property is the oldest export's, but for the ports, which are the union, and the endpoints, which are everybody's. Nothing
// is remembered: when the oldest export goes, the next one's properties stand.
func Merge(exports []Export) Import {
	var imp Import
	if len(exports) > 0 {
		imp.Key = exports[0].Key
	}
	ordered := contributing(exports)
	if len(ordered) == 0 {
		return imp
	}
	oldest := ordered[0]
	imp.Type = oldest.Type
	imp.Ports = unionPorts(ordered)
	imp.IPFamilies = slices.Clone(oldest.IPFamilies)
	imp.SessionAffinity = affinity(oldest)
	imp.AffinityTimeout = affinityTimeout(oldest)
	imp.InternalTrafficPolicy = oldest.InternalTrafficPolicy
	imp.TrafficDistribution = oldest.TrafficDistribution
	imp.Labels = unreserved(oldest.Labels)
	imp.Annotations = unreserved(oldest.Annotations)
	imp.Conflicts = conflicts(ordered)
	names := namesOf(imp.Ports)
	for _, e := range ordered {
		imp.Clusters = append(imp.Clusters, e.Cluster)
		imp.Slices = append(imp.Slices, importedSlices(e, names)...)
	}
	slices.Sort(imp.Clusters)
	slices.SortStableFunc(imp.Slices, bySource)
	return imp
}

// contributing returns the valid exports from the oldest to the youngest, one for each cluster.
func contributing(exports []Export) []Export {
	ordered := make([]Export, 0, len(exports))
	for _, e := range exports {
		if e.Invalid == "" {
			ordered = append(ordered, e)
		}
	}
	slices.SortStableFunc(ordered, Precedence)
	seen := make(map[ClusterID]struct{}, len(ordered))
	return slices.DeleteFunc(ordered, func(e Export) bool {
		_, found := seen[e.Cluster]
		seen[e.Cluster] = struct{}{}
		return found
	})
}

// bySource orders imported slices by where they come from, which does not change when the order of precedence does.
func bySource(a, b ImportedSlice) int {
	if c := strings.Compare(string(a.Cluster), string(b.Cluster)); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// affinity is the session affinity with the API's default spelled out.
func affinity(e Export) corev1.ServiceAffinity {
	if e.SessionAffinity == "" {
		return corev1.ServiceAffinityNone
	}
	return e.SessionAffinity
}

// affinityTimeout is the seconds a ClientIP affinity holds, with the API's default spelled out, and nil under any other affinity.
func affinityTimeout(e Export) *int32 {
	if affinity(e) != corev1.ServiceAffinityClientIP {
		return nil
	}
	if e.AffinityTimeout == nil {
		return new(corev1.DefaultClientIPServiceAffinitySeconds)
	}
	return e.AffinityTimeout
}

// unreserved returns the entries of an exported map that an export may set, nil when there is none.
func unreserved(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	kept := maps.Clone(m)
	maps.DeleteFunc(kept, func(key, _ string) bool { return ReservedKey(key) })
	if len(kept) == 0 {
		return nil
	}
	return kept
}
