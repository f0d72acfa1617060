package multicluster

import (
	"sync"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
)

// maxClusters bounds the values of the label source_cluster: cluster ids come
// from other clusters. What is beyond counts as otherClusters.
const (
	maxClusters   = 256
	otherClusters = "(other)"
)

var (
	importsDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "imports"),
		"Imported services that are served, by type.", []string{"type"}, nil)
	endpointsDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "endpoints"),
		"Ready endpoint addresses of imported services, by source cluster.", []string{"source_cluster"}, nil)
	syncedDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "synced"),
		"Whether everything of a resource has been read once.", []string{"resource"}, nil)
	lastEventDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "last_event_timestamp_seconds"),
		"When the API server last told of an object, in seconds since 1970; 0 before.", nil, nil)
	snapshotAgeDesc = prometheus.NewDesc(prometheus.BuildFQName(plugin.Namespace, pluginName, "snapshot_age_seconds"),
		"Seconds since the state in the snapshot file was known to be current; absent without a file.", nil, nil)
)

// collector reports the gauges of every plugin instance that runs: two overlap
// during a reload. It reads what it reports when it is asked, so that queries
// and events keep no books.
type collector struct {
	mu   sync.Mutex
	live map[*running]bool
}

var instances = func() *collector {
	c := &collector{live: make(map[*running]bool)}
	prometheus.MustRegister(c)
	return c
}()

func (c *collector) add(w *running) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[w] = true
}

func (c *collector) remove(w *running) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.live, w)
}

func (c *collector) running() []*running {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*running, 0, len(c.live))
	for w := range c.live {
		all = append(all, w)
	}
	return all
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{importsDesc, endpointsDesc, syncedDesc, lastEventDesc, snapshotAgeDesc} {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	all := c.running()
	if len(all) == 0 {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := time.Now()
	total := census{endpoints: make(map[string]int)}
	synced, lastEvent := make(map[string]float64), 0.0
	var savedAt time.Time
	for _, w := range all {
		if s := w.handler.current.Load(); s != nil {
			total.add(s)
		}
		for resource, done := range w.feed.told() {
			if _, seen := synced[resource]; !seen || !done {
				synced[resource] = map[bool]float64{true: 1}[done]
			}
		}
		lastEvent = max(lastEvent, float64(w.feed.lastEvent.Load())/float64(time.Second))
		if at := w.saved(); at.After(savedAt) {
			savedAt = at
		}
	}
	gauge(importsDesc, float64(total.clusterSetIP), "ClusterSetIP")
	gauge(importsDesc, float64(total.headless), "Headless")
	for cluster, n := range total.endpoints {
		gauge(endpointsDesc, float64(n), cluster)
	}
	for resource, v := range synced {
		gauge(syncedDesc, v, resource)
	}
	gauge(lastEventDesc, lastEvent)
	if !savedAt.IsZero() {
		gauge(snapshotAgeDesc, max(0, now.Sub(savedAt).Seconds()))
	}
}

// census counts what snapshots serve.
type census struct {
	clusterSetIP, headless int
	endpoints              map[string]int
}

func (c *census) add(s *snapshot) {
	for svc := range s.services.all() {
		if svc.imp == nil {
			continue
		}
		if svc.imp.headless {
			c.headless++
		} else {
			c.clusterSetIP++
		}
		for _, p := range svc.slices {
			cluster := p.cluster
			if _, known := c.endpoints[cluster]; !known && len(c.endpoints) >= maxClusters {
				cluster = otherClusters
			}
			c.endpoints[cluster] += p.len()
		}
	}
}
