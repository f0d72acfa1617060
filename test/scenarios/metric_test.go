package scenarios

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// metricsPort is where a controller listens for those who measure it, in a network of its own.
const metricsPort = "8082"

// noMetrics is why a controller cannot be measured here, "" where it can.
func noMetrics() string {
	if isolation := set.Lab.Isolation(); !isolation.Namespaces() {
		return "the members share one address, and who listens where on it is not told: " + isolation.Why
	}
	return ""
}

// metric reads one sample of a member's controller: that of the metric whose label has the value, or that without labels where
// label is "".
func metric(ctx context.Context, m *clusterset.Member, name, label, value string) (float64, error) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: m.Cluster.DialContext, DisableKeepAlives: true}}
	url := "http://" + net.JoinHostPort(m.Cluster.Node().String(), metricsPort) + "/metrics"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("reading metrics of %q: %w", m.ID, err)
	}
	defer response.Body.Close()
	want := name + " "
	if label != "" {
		want = fmt.Sprintf("%s{%s=%q} ", name, label, value)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if number, found := strings.CutPrefix(lines.Text(), want); found {
			return strconv.ParseFloat(number, 64)
		}
	}
	return 0, lines.Err() // a sample that was never counted is not there
}
