package gather

import (
	"context"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/dnsask"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

// asker asks the servers of one cluster.
type asker struct {
	servers []dnsask.Server
	close   func()
	why     string // there is none
}

// findServers returns the server that was named, if one was, and those of the cluster.
func findServers(ctx context.Context, cluster *kube.Cluster, named string) *asker {
	servers, closeAll, err := dnsask.Find(ctx, cluster)
	a := &asker{close: closeAll}
	if err != nil {
		a.why = err.Error()
	}
	if named != "" {
		a.servers = append(a.servers, dnsask.At(named))
	}
	for _, server := range servers {
		if len(a.servers) == 0 || server.Name != a.servers[0].Name {
			a.servers = append(a.servers, server)
		}
	}
	return a
}

// ask puts the question to every server, and the first is asked for what only the server of the zone knows.
func (a *asker) ask(ctx context.Context, q explain.Question, im *explain.Importer) {
	if len(a.servers) == 0 {
		im.Version.Err = a.why
		return
	}
	answers := make([]explain.Answer, len(a.servers))
	var group sync.WaitGroup
	for i, server := range a.servers {
		group.Go(func() { answers[i] = one(ctx, server, q.Name, q.Type) })
	}
	zone := q.Zone
	if zone == "" {
		zone = explain.DefaultZone
	}
	group.Go(func() { im.Version = one(ctx, a.servers[0], "dns-version."+zone, dns.TypeTXT) })
	group.Wait()
	im.Answers = answers
}

// search asks for the names that the resolver tries first.
func (a *asker) search(ctx context.Context, q explain.Question, im *explain.Importer) {
	ndots := im.Resolver.Ndots
	if ndots == 0 {
		ndots = explain.DefaultNdots
	}
	if q.Absolute || q.Service == "" || len(a.servers) == 0 || strings.Count(q.Name, ".")-1 >= ndots {
		return
	}
	im.Searched = make([]explain.Answer, len(im.Resolver.Search))
	var group sync.WaitGroup
	for i, domain := range im.Resolver.Search {
		group.Go(func() { im.Searched[i] = one(ctx, a.servers[0], q.Name+dns.Fqdn(domain), q.Type) })
	}
	group.Wait()
}

func one(ctx context.Context, server dnsask.Server, name string, qtype uint16) explain.Answer {
	message, took, err := server.Ask(ctx, name, qtype)
	if err != nil {
		return explain.Answer{Server: server.Name, Name: name, Took: took, Err: err.Error()}
	}
	return explain.Read(server.Name, message, took)
}
