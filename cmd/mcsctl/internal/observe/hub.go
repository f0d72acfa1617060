package observe

import (
	"context"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	coordinationv1 "k8s.io/api/coordination/v1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// hubTime is the time on the hub's clock, to a second: members keep theirs in line with each other, this machine may not. Where the
// hub does not say, it is this machine's.
func hubTime(ctx context.Context, hub *kube.Cluster) time.Time {
	httpClient, err := rest.HTTPClientFor(hub.REST)
	if err != nil {
		return time.Now()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, hub.REST.Host+"/version", nil)
	if err != nil {
		return time.Now()
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return time.Now()
	}
	_ = response.Body.Close() // its header has come; nobody reads the rest
	stated, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return time.Now()
	}
	return closer(time.Now(), stated)
}

// closer is this machine's time where the hub's, which has whole seconds only, does not differ from it by more than that says.
func closer(own, stated time.Time) time.Time {
	if off := own.Sub(stated); off > -2*time.Second && off < 2*time.Second {
		return own
	}
	return stated
}

// peek is how often a Lease is looked at while it is watched.
const peek = 500 * time.Millisecond

// listen watches the Leases of members that seem silent by their own clock until each has moved, or for as long as is said.
func listen(ctx context.Context, set *kube.Clusterset, facts *health.Facts, long time.Duration) {
	var wg sync.WaitGroup
	for i := range facts.Members {
		if health.Doubtful(facts.Members[i].Lease, facts.Now, membership.DefaultThresholds) {
			wg.Go(func() { watchLease(ctx, set.Hub, &facts.Members[i], long) })
		}
	}
	wg.Wait()
}

func watchLease(ctx context.Context, hub *kube.Cluster, member *health.MemberFacts, long time.Duration) {
	begun := time.Now()
	ticker := time.NewTicker(peek)
	defer ticker.Stop()
	for time.Since(begun) < long {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var lease coordinationv1.Lease
		if err := hub.Get(ctx, client.ObjectKey{Namespace: member.HubNamespace, Name: membership.LeaseName}, &lease); err != nil {
			continue // it was there a moment ago; what is not seen proves nothing
		}
		member.Lease.Watched = time.Since(begun)
		if renewed := membership.Renewed(&lease); !renewed.IsZero() && !renewed.Equal(member.Lease.Renewed) {
			member.Lease.Renewed, member.Lease.Moved = renewed, true
			return
		}
	}
}
