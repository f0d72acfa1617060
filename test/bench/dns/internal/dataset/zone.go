package dataset

import (
	"bufio"
	"fmt"
	"io"
)

// WriteZone writes the services as a zone file: what the floor serves.
func WriteZone(to io.Writer, services []Service) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "%s 5 IN SOA ns.dns.%s hostmaster.%s 1 7200 1800 86400 5\n", Zone, Zone, Zone)
	for _, s := range services {
		name := s.FQDN()
		srv := fmt.Sprintf("_%s._tcp.%s", portName, name)
		if !s.Headless() {
			fmt.Fprintf(w, "%s 5 IN A %s\n%s 5 IN SRV 0 100 %d %s\n", name, s.IP, srv, port, name)
			continue
		}
		for _, slice := range s.Slices {
			for _, e := range slice.Endpoints {
				host := s.HostFQDN(slice.Cluster, e)
				fmt.Fprintf(w, "%s 5 IN A %s\n%s 5 IN A %s\n", name, e.Address, host, e.Address)
				fmt.Fprintf(w, "%s 5 IN SRV 0 1 %d %s\n", srv, port, host)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the zone file: %w", err)
	}
	return nil
}
