package mcs

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// DNS names and the labels between their dots may have so many characters (RFC 1035, section 2.3.4, less the octets that the wire
// form adds).
const (
	maxNameLength  = 253
	maxLabelLength = 63
)

// zone is the zone that imported services have names in (KEP-1645, "DNS").
const zone = "svc.clusterset.local"

// CheckNameLength returns an error, which is the reason [ReasonNameTooLong], if a DNS name of the service would be longer than DNS
// allows: that of the service, or that of one of the hostnames of a headless one,
// <hostname>.<cluster>.<name>.<namespace>.svc.clusterset.local. Kubernetes' own bounds on names let only the latter happen, since
// four of its labels may have 63 characters. A service without hostnames passes none.
func CheckNameLength(cluster ClusterID, key types.NamespacedName, hostnames ...string) error {
	for _, label := range []string{key.Name, key.Namespace} {
		if len(label) > maxLabelLength {
			return fmt.Errorf("label %q of the service's DNS name has %d characters: it may have %d", label, len(label), maxLabelLength)
		}
	}
	if len(hostnames) == 0 {
		return nil
	}
	longest := slices.MaxFunc(hostnames, func(a, b string) int { return len(a) - len(b) })
	if len(longest) > maxLabelLength {
		return fmt.Errorf("hostname %q has %d characters: it may have %d", longest, len(longest), maxLabelLength)
	}
	if name := longest + "." + serviceName(cluster, key); len(name) > maxNameLength {
		return fmt.Errorf("DNS name %q has %d characters: it may have %d", name, len(name), maxNameLength)
	}
	return nil
}

// serviceName is the DNS name below which the hosts of one cluster are.
func serviceName(cluster ClusterID, key types.NamespacedName) string {
	return fmt.Sprintf("%s.%s.%s.%s", cluster, key.Name, key.Namespace, zone)
}
