package multicluster

// reason says why a part of an imported object was left out. The set is closed,
// because it is a metric label.
type reason uint8

// Each reason names the narrowest thing that is left out; what surrounds it is
// still served.
const (
	badImportName    reason = iota // a ServiceImport or service label whose name is no DNS label
	badImportType                  // a ServiceImport that is neither ClusterSetIP nor Headless
	badAddress                     // an address that does not parse, or is IPv4-mapped, zoned or of the other family
	badAddressType                 // an EndpointSlice that is neither IPv4 nor IPv6
	badCluster                     // an EndpointSlice without a source cluster of one or two DNS labels
	badHostname                    // an endpoint host name that is no DNS label
	badPortName                    // a port name that cannot follow an underscore in a DNS label
	badPortNumber                  // a port number outside 1..65535
	badProtocol                    // a protocol other than TCP, UDP and SCTP
	duplicatePort                  // a second port of the same name and protocol
	nameTooLong                    // a name that exceeds 63 octets in a label or 255 in all
	noImport                       // an EndpointSlice of a service that is not imported
	unexpectedObject               // an object of a kind that was not asked for
	reasonCount
)

// String returns the reason as it stands in the metric.
func (r reason) String() string {
	return [reasonCount]string{
		"import_name", "import_type", "address", "address_type", "cluster", "hostname", "port_name",
		"port_number", "protocol", "duplicate_port", "name_too_long", "no_import", "unexpected_object",
	}[r]
}

// tally counts what was left out, by reason. The zero value is an empty count.
type tally [reasonCount]uint32
