package address

import "net/netip"

// Default is where a controller serves its page unless it is told otherwise: on localhost of its pod, or of its cluster where it runs as a
// process. It is not to be changed.
var Default = netip.MustParseAddrPort("127.0.0.1:8083")
