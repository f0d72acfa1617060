package mcs

import (
	"fmt"
	"regexp"
)

// ClusterID names a member of the clusterset: one or two DNS labels of lower-case letters, digits and hyphens, at most 63
// characters in all, so that it fits a label value, a DNS name and an object name alike (KEP-1645 "Terminology", KEP-2149).
// The zero value is no cluster.
type ClusterID string

// MaxClusterIDLength is the number of characters a cluster id may have: that of a label value, which carries it on every
// imported EndpointSlice.
const MaxClusterIDLength = 63

var clusterIDPattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)?$`)

// ParseClusterID returns s as a ClusterID, or an error that says which rule it breaks.
func ParseClusterID(s string) (ClusterID, error) {
	switch {
	case s == "":
		return "", fmt.Errorf("cluster id is empty: it must be one or two lower-case DNS labels")
	case len(s) > MaxClusterIDLength:
		return "", fmt.Errorf("cluster id %q has %d characters: it may have %d", s, len(s), MaxClusterIDLength)
	case !clusterIDPattern.MatchString(s):
		return "", fmt.Errorf("cluster id %q is not one or two lower-case DNS labels (letters, digits and inner hyphens, at most one dot)", s)
	}
	return ClusterID(s), nil
}
