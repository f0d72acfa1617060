package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for _, tc := range []struct {
		name   string
		values []float64
		share  float64
		want   float64
	}{
		{"of none there is none", nil, 0.5, 0},
		{"of one it is that one", []float64{7}, 0.99, 7},
		{"the median of an odd number is the middle one", []float64{3, 1, 2}, 0.5, 2},
		{"the median of an even number is the lower of the middle ones", []float64{4, 1, 3, 2}, 0.5, 2},
		{"99 of a hundred is not the worst", hundred, 0.99, 99},
		{"99 of fifty is the worst", hundred[:50], 0.99, 100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := percentile(tc.values, tc.share); got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
		})
	}
}

func TestEachObject(t *testing.T) {
	f := coldFigures{Took: 10, Objects: 1000, MemberCPU: 0.6, ControllerCPU: 2}
	if got, want := f.eachObject(), "API server 6.0 ms (75 %), controller 2.0 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (coldFigures{}).eachObject(); got != "" {
		t.Errorf("of no objects it says %q", got)
	}
}

func TestRefusedWrites(t *testing.T) {
	s, err := parseMetrics(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.refused(); got != 1 {
		t.Errorf("%d writes were refused, want 1", got)
	}
}

const page = `
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",dry_run="",resource="services",subresource="",verb="GET"} 9
apiserver_request_total{code="201",dry_run="",resource="services",subresource="",verb="POST"} 2
apiserver_request_total{code="409",dry_run="",resource="services",subresource="",verb="POST"} 1
apiserver_request_total{code="200",dry_run="",resource="serviceimports",subresource="status",verb="PATCH"} 4
apiserver_request_total{code="200",dry_run="",resource="leases",subresource="",verb="PUT"} 8
apiserver_request_total{code="200",dry_run="All",resource="services",subresource="",verb="DELETE"} 5
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# TYPE workqueue_depth gauge
workqueue_depth{name="export"} 2
workqueue_depth{name="import"} 3
`

func TestScraped(t *testing.T) {
	s, err := parseMetrics(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"POST services": 2, "PATCH serviceimports/status": 4}
	if diff := cmp.Diff(want, s.writes()); diff != "" {
		t.Errorf("writes, without what was refused, Leases and dry runs (-want +got):\n%s", diff)
	}
	if got := s.cpu().Seconds(); got != 1.5 {
		t.Errorf("CPU: want 1.5 s, got %v", got)
	}
	if got := s.sum("workqueue_depth", nil); got != 5 {
		t.Errorf("all queues: want 5, got %v", got)
	}
	if got := s.sum("workqueue_depth", func(l map[string]string) bool { return l["name"] == "import" }); got != 3 {
		t.Errorf("one queue: want 3, got %v", got)
	}
	after := map[string]int{"POST services": 2, "PATCH serviceimports/status": 6, "DELETE services": 1}
	if diff := cmp.Diff(map[string]int{"PATCH serviceimports/status": 2, "DELETE services": 1}, moreThan(want, after)); diff != "" {
		t.Errorf("more than before (-want +got):\n%s", diff)
	}
	if _, err := parseMetrics(strings.NewReader("not { metrics")); err == nil {
		t.Error("there is no error for what is no metrics")
	}
}

func TestAddressesAreGlobalAndApart(t *testing.T) {
	for _, tc := range []struct {
		name string
		n    int
		want string
	}{
		{"the last octet counts up", 1, "100.64.0.1"},
		{"and carries", 256, "100.64.1.0"},
		{"into the second", 100_000, "100.65.134.160"},
		{"to the end of the block", 1<<21 - 1, "100.95.255.255"},
		{"and begins anew", 1<<21 + 1, "100.64.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := addressIn(bulkBlock, tc.n); got != tc.want {
				t.Errorf("want %s, got %s", tc.want, got)
			}
		})
	}
}
