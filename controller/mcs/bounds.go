package mcs

// The bounds of an export. Those on slices are the Kubernetes API's own; the others keep one member from filling the objects of all.
const (
	// MaxPorts is the number of ports that an export and each of its slices may have (EndpointSlice API, "ports").
	MaxPorts = 100
	// MaxSlices is the number of slices that an export may have: a million endpoints where every slice is full.
	MaxSlices = 1000
	// MaxEndpoints is the number of endpoints that a slice may have (EndpointSlice API, "endpoints").
	MaxEndpoints = 1000
	// MaxAddresses is the number of addresses that an endpoint may have (EndpointSlice API, "addresses").
	MaxAddresses = 100
	// MaxExported is the number of entries that the exported labels and the exported annotations may have, each for itself.
	MaxExported = 64
	// MaxExportedBytes is the number of bytes that keys and values of the exported labels, or annotations, may have together: an
	// eighth of what Kubernetes gives the annotations of an object.
	MaxExportedBytes = 32 << 10
	// MaxAffinityTimeout is the number of seconds that a ClientIP affinity may hold: a day (Service API, "timeoutSeconds").
	MaxAffinityTimeout = 86400

	// maxPropertyText is the number of characters that a property's value of free form may have, that of a label value.
	maxPropertyText = 63
)
