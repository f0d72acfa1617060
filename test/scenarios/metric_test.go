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
	want := name + " "
	if label != "" {
		want = fmt.Sprintf("%s{%s=%q} ", name, label, value)
	}
	return sum(ctx, m, want)
}

// hubWrites is how often a member's controller has written records to the hub since it was started.
func hubWrites(ctx context.Context, m *clusterset.Member) (float64, error) {
	return sum(ctx, m, "mcs_hub_writes_total{")
}

// sum adds the samples of a member's controller that begin with a text; one that was never counted is not there.
func sum(ctx context.Context, m *clusterset.Member, prefix string) (float64, error) {
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
	total := 0.0
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), prefix) {
			continue
		}
		_, number, _ := strings.Cut(lines.Text(), " ")
		sample, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the metric %q of %q: %w", lines.Text(), m.ID, err)
		}
		total += sample
	}
	return total, lines.Err()
}

// connected is nil when a member's controller says that the hub answers, or that it does not, as wanted.
func connected(ctx context.Context, m *clusterset.Member, want float64) error {
	if noMetrics() != "" {
		return nil
	}
	got, err := metric(ctx, m, "mcs_hub_connected", "", "")
	if err == nil && got != want {
		err = fmt.Errorf("mcs_hub_connected of %q is %v, want %v", m.ID, got, want)
	}
	return err
}

// wroteToHub is nil when a member's controller has written as many records since it had written so many before.
func wroteToHub(ctx context.Context, m *clusterset.Member, before, want float64) error {
	if noMetrics() != "" {
		return nil
	}
	got, err := hubWrites(ctx, m)
	if err == nil && got-before != want {
		err = fmt.Errorf("%q wrote %v records, want %v", m.ID, got-before, want)
	}
	return err
}
