package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// page is where a controller serves its page for people, in its own cluster.
var page = netip.MustParseAddrPort("127.0.0.1:8083")

// openPages opens a door to the page of each member's controller, until ctx ends, and returns where each leads from, by member.
func openPages(ctx context.Context, set *clusterset.Clusterset) map[string]netip.AddrPort {
	pages := map[string]netip.AddrPort{}
	if !set.Lab.Isolation().Namespaces() {
		return pages // Members would share the port, and serve none.
	}
	for _, m := range set.Members {
		if at, err := m.Cluster.OpenDoor(ctx, page); err == nil {
			pages[m.ID] = at
		}
	}
	return pages
}

// tellPages writes into a kubeconfig where the pages are, which other commands read the lag from.
func tellPages(file string, pages map[string]netip.AddrPort) error {
	if file == "" || len(pages) == 0 {
		return nil
	}
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		return fmt.Errorf("reading kubeconfig %q: %w", file, err)
	}
	for id, at := range pages {
		content, err := json.Marshal(map[string]string{"server": at.String()})
		if err != nil {
			return fmt.Errorf("writing where the page of %q is: %w", id, err)
		}
		stanza := config.Contexts[id]
		if stanza == nil {
			return fmt.Errorf("writing where the page of %q is: kubeconfig %q has no such context", id, file)
		}
		if stanza.Extensions == nil {
			stanza.Extensions = map[string]runtime.Object{}
		}
		stanza.Extensions[kube.PageExtension] = &runtime.Unknown{Raw: content, ContentType: runtime.ContentTypeJSON}
	}
	// Under its name only when it is whole: somebody may be reading it.
	if err := clientcmd.WriteToFile(*config, file+".new"); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	return nil
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
