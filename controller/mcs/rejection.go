package mcs

import "fmt"

// Rejection is one thing that [Sanitize] left out of an export.
type Rejection struct {
	// Reason is one of the Rejected constants: a small fixed set, fit for a metric label.
	Reason string
	// Detail names what was left out and why, in at most a few hundred characters, for a log line.
	Detail string
}

// The reasons of a [Rejection].
const (
	// RejectedAddress is an endpoint address that is no usable unicast address of its slice's family.
	RejectedAddress = "address"
	// RejectedEndpoint is an endpoint without any address. One whose addresses are all unusable counts by these.
	RejectedEndpoint = "endpoint"
	// RejectedHostname is an endpoint's hostname that is no DNS label; the endpoint stays.
	RejectedHostname = "hostname"
	// RejectedZone is an endpoint's zone that is no label value; the endpoint stays.
	RejectedZone = "zone"
	// RejectedSlice is an EndpointSlice of another type than IPv4 and IPv6, or with an unusable name.
	RejectedSlice = "slice"
	// RejectedPort is a port with an unusable name, number or protocol.
	RejectedPort = "port"
	// RejectedProperty is a property of the service with a value that Kubernetes does not know; it is unset.
	RejectedProperty = "property"
	// RejectedLabel is an exported label or annotation with an unusable or reserved key, or an unusable value.
	RejectedLabel = "label"
	// RejectedDuplicate is a second port, slice or address of the same name or value.
	RejectedDuplicate = "duplicate"
	// RejectedTooMany is what is beyond one of the bounds of an export; the Detail counts it.
	RejectedTooMany = "too_many"
	// RejectedExport is a whole export: what a caller counts when Sanitize returns an error.
	RejectedExport = "export"
)

// rejections collects what is left out.
type rejections []Rejection

// add notes one thing left out. Texts of the export belong in %q, shortened by clip.
func (r *rejections) add(reason, format string, args ...any) {
	*r = append(*r, Rejection{Reason: reason, Detail: fmt.Sprintf(format, args...)})
}
