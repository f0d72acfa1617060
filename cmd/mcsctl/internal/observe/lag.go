package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/forward"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/controller/page/address"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

const (
	// lagPatience bounds asking for the lag: nobody waits for a number that is nice to have.
	lagPatience = 2 * time.Second
	// longestPage is how much is read of what claims to be a controller's page.
	longestPage = 64 << 10
)

// readLag asks the controller of a member how long endpoint changes took to arrive: at the address that the context's extension
// names, or else through forwarded ports, as one replica alone works and knows. Zero is that none arrived, or that no way leads there,
// which is no fault: a forwarded port is a right that few have.
func readLag(ctx context.Context, c *kube.Cluster) time.Duration {
	if c.Page != "" {
		return askLag(ctx, (&net.Dialer{}).DialContext, c.Page)
	}
	var list corev1.PodList
	if err := c.List(ctx, &list, client.InNamespace(manifests.ControllerNamespace), client.MatchingLabels(pods.Controller), client.Limit(page)); err != nil {
		return 0
	}
	var forwards forward.Forwards
	defer forwards.Close()
	var worst time.Duration
	for _, pod := range list.Items {
		if !pods.Ready(&pod) {
			continue
		}
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return forwards.Dial(ctx, c.REST, forward.Pod{Namespace: pod.Namespace, Name: pod.Name, Port: int32(address.Default.Port())})
		}
		worst = max(worst, askLag(ctx, dial, "localhost"))
	}
	return worst
}

// askLag asks one controller.
func askLag(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error), host string) time.Duration {
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/propagation", host), nil)
	if err != nil {
		return 0
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	var said struct {
		P99 float64 `json:"p99Seconds"`
	}
	if response.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(response.Body, longestPage)).Decode(&said) != nil || !(said.P99 > 0 && said.P99 < 1e6) {
		return 0
	}
	return time.Duration(said.P99 * float64(time.Second))
}
