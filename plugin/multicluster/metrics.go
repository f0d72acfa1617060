package multicluster

import (
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// result is how a query ended.
type result uint8

// The results.
const (
	resultHit       result = iota // answered with records
	resultNoData                  // the name has no such record
	resultNameError               // no such name
	resultNotSynced               // SERVFAIL: nothing is known yet
	resultStale                   // any answer given from a snapshot file
	resultCount
)

func (r result) String() string {
	return [resultCount]string{"hit", "nodata", "nxdomain", "notsynced", "stale"}[r]
}

func resultOf(s *snapshot, v verdict) result {
	if s.stale() {
		return resultStale
	}
	return [...]result{nameError: resultNameError, noData: resultNoData, success: resultHit}[v]
}

var (
	answersTotal = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "answers_total",
		Help: "Queries answered, by type and result.",
	}, []string{"type", "result"})
	rejectedTotal = promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: "rejected_objects_total",
		Help: "Parts of imported objects left out because they cannot be served, by reason.",
	}, []string{"reason"})
)

// countedTypes are the query types with a label of their own; the last stands
// for all others.
var countedTypes = [...]struct {
	qtype uint16
	label string
}{{dns.TypeA, "A"}, {dns.TypeAAAA, "AAAA"}, {dns.TypeSRV, "SRV"}, {dns.TypeTXT, "TXT"}, {dns.TypeSOA, "SOA"}, {dns.TypeNS, "NS"}, {0, "other"}}

// answerCounters are looked up once, so that counting an answer is one addition.
var answerCounters = func() (counters [len(countedTypes)][resultCount]prometheus.Counter) {
	for i, t := range countedTypes {
		for r := range resultCount {
			counters[i][r] = answersTotal.WithLabelValues(t.label, r.String())
		}
	}
	return counters
}()

func countAnswer(qtype uint16, r result) {
	i := 0
	for i < len(countedTypes)-1 && countedTypes[i].qtype != qtype {
		i++
	}
	answerCounters[i][r].Inc()
}

func countRejected(left tally) {
	for r, n := range left {
		if n > 0 {
			rejectedTotal.WithLabelValues(reason(r).String()).Add(float64(n))
		}
	}
}
