package demo

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/multicluster-dns/multicluster-dns/controller/page/address"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// openPages opens a door to the page of each member's controller, until ctx ends, and returns where each leads from, by member.
func openPages(ctx context.Context, set *clusterset.Clusterset) map[string]netip.AddrPort {
	pages := map[string]netip.AddrPort{}
	if !set.Lab.Isolation().Namespaces() {
		return pages // Members would share the port, and serve none.
	}
	for _, m := range set.Members {
		if at, err := m.Cluster.OpenDoor(ctx, address.Default); err == nil {
			pages[m.ID] = at
		}
	}
	return pages
}

// pageHints are where a browser finds the pages.
func pageHints(set *clusterset.Clusterset, pages map[string]netip.AddrPort) []string {
	var lines []string
	for _, m := range set.Members {
		if at, found := pages[m.ID]; found {
			lines = append(lines, fmt.Sprintf("http://%v/   # in a browser: as %s sees it", at, m.ID))
		}
	}
	return lines
}
