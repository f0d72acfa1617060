package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/kubernetes"
)

// scraped are the metrics of one process at one time, by name.
type scraped map[string]*dto.MetricFamily

// parseMetrics reads the text form of metrics.
func parseMetrics(content io.Reader) (scraped, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(content)
	if err != nil {
		return nil, fmt.Errorf("reading metrics: %w", err)
	}
	return families, nil
}

// sum adds the counters and gauges of a name whose labels match says yes to; nil matches all.
func (s scraped) sum(name string, match func(labels map[string]string) bool) float64 {
	total := 0.0
	for _, m := range s[name].GetMetric() {
		if match == nil || match(labelsOf(m)) {
			total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return total
}

func labelsOf(m *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, pair := range m.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}

// cpu is how long the process has computed, by the kernel's account in /proc.
func (s scraped) cpu() time.Duration {
	return time.Duration(s.sum("process_cpu_seconds_total", nil) * float64(time.Second))
}

// writes are the requests that an API server has taken and that change something, by "VERB resource", without those on Leases,
// which are renewed whatever happens. A request that was refused, as one is that rests on a state just past, has written nothing.
func (s scraped) writes() map[string]int {
	made := map[string]int{}
	for _, m := range s["apiserver_request_total"].GetMetric() {
		labels := labelsOf(m)
		switch labels["verb"] {
		case "POST", "PUT", "PATCH", "DELETE", "DELETECOLLECTION", "APPLY":
		default:
			continue
		}
		if labels["resource"] == "leases" || labels["dry_run"] != "" || !strings.HasPrefix(labels["code"], "2") {
			continue
		}
		what := labels["verb"] + " " + labels["resource"]
		if sub := labels["subresource"]; sub != "" {
			what += "/" + sub
		}
		made[what] += int(m.GetCounter().GetValue())
	}
	return made
}

// refused is how many writes an API server has refused as resting on a state just past (409), those to Leases apart.
func (s scraped) refused() int {
	return int(s.sum("apiserver_request_total", func(labels map[string]string) bool {
		return labels["code"] == "409" && labels["resource"] != "leases"
	}))
}

// moreThan is how many more there are of each than before, without what there are no more of.
func moreThan(before, after map[string]int) map[string]int {
	more := map[string]int{}
	for what, n := range after {
		if n -= before[what]; n != 0 {
			more[what] = n
		}
	}
	return more
}

// apiserver reads the metrics of an API server.
func apiserver(ctx context.Context, c kubernetes.Interface) (scraped, error) {
	content, err := c.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking an API server for its metrics: %w", err)
	}
	return parseMetrics(bytes.NewReader(content))
}

// servers reads the metrics of the member's API server and of the hub's.
func (b *bench) servers(ctx context.Context) (member, hub scraped, err error) {
	if member, err = apiserver(ctx, b.member.Cluster.Client()); err != nil {
		return nil, nil, err
	}
	hub, err = apiserver(ctx, b.set.Hub.Cluster.Client())
	return member, hub, err
}

// listenTimeout bounds how long the controller may take from ready to listening for who asks for metrics.
const listenTimeout = 30 * time.Second

// controller reads the metrics of the controller, as soon as it answers.
func (b *bench) controller(ctx context.Context) (scraped, error) {
	for deadline := time.Now().Add(listenTimeout); ; {
		s, err := b.askController(ctx)
		if err == nil || time.Now().After(deadline) {
			return s, err
		}
		select {
		case <-b.member.Controller.Done():
			return nil, fmt.Errorf("asking the controller for its metrics: it ended, its last words are %q", b.member.Controller.Tail(5))
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *bench) askController(ctx context.Context) (scraped, error) {
	address := net.JoinHostPort(b.member.Cluster.Node().String(), strconv.Itoa(b.metricsPort))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	// A connection of its own: the controller that is asked next may be another process.
	c := &http.Client{Transport: &http.Transport{DialContext: b.member.Cluster.DialContext, DisableKeepAlives: true, DisableCompression: true}, Timeout: 10 * time.Second}
	response, err := c.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the controller for its metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New("asking the controller for its metrics: it answers " + response.Status)
	}
	return parseMetrics(response.Body)
}

// quietLooks is how many looks in a row must find nothing to do before the controller counts as idle, and lookEvery the time between two.
const (
	quietLooks = 5
	lookEvery  = 200 * time.Millisecond
)

// settle waits until the controller has nothing to do and says how long its processor has been busy and what it holds in memory.
func (b *bench) settle(ctx context.Context) (scraped, error) {
	deadline := time.Now().Add(10 * time.Minute)
	for quiet := 0; ; {
		s, err := b.controller(ctx)
		if err != nil {
			return nil, err
		}
		if s.sum("workqueue_depth", nil)+s.sum("controller_runtime_active_workers", nil) == 0 {
			quiet++
		} else {
			quiet = 0
		}
		switch {
		case quiet == quietLooks:
			return s, nil
		case time.Now().After(deadline):
			return nil, errors.New("waiting for the controller to become idle: it does not")
		}
		if err := pause(ctx, lookEvery); err != nil {
			return nil, err
		}
	}
}
