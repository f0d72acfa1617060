package hub

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// rejectedName is the reason of a record whose object name does not belong to its content, beside those of [mcs.Rejection].
const rejectedName = "name"

// metrics are what is counted of the hub.
type metrics struct {
	hubConnected    prometheus.Gauge
	recordsRejected *prometheus.CounterVec
	peers           *prometheus.GaugeVec
	writes          *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		hubConnected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mcs_hub_connected",
			Help: "Whether the hub answered the last request: 1 or 0.",
		}),
		recordsRejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mcs_records_rejected_total",
			Help: "Parts of other members' records that were left out, by reason.",
		}, []string{"reason"}),
		peers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mcs_peer_state",
			Help: "The state of each other member: 1 for the one it is in (unknown, fresh, stale, forgotten).",
		}, []string{"peer", "state"}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mcs_hub_writes_total",
			Help: "Writes of this cluster's records to the hub, by kind and operation.",
		}, []string{"kind", "op"}),
	}
	for _, reason := range []string{
		rejectedName, mcs.RejectedAddress, mcs.RejectedEndpoint, mcs.RejectedHostname, mcs.RejectedZone, mcs.RejectedSlice,
		mcs.RejectedPort, mcs.RejectedProperty, mcs.RejectedLabel, mcs.RejectedDuplicate, mcs.RejectedTooMany, mcs.RejectedExport,
	} {
		m.recordsRejected.WithLabelValues(reason)
	}
	if registerer == nil {
		return m, nil
	}
	return m, errors.Join(
		registerer.Register(m.hubConnected),
		registerer.Register(m.recordsRejected),
		registerer.Register(m.peers),
		registerer.Register(m.writes),
	)
}

func (m *metrics) connected(yes bool) {
	m.hubConnected.Set(0)
	if yes {
		m.hubConnected.Set(1)
	}
}

func (m *metrics) rejected(reason string, parts int) {
	m.recordsRejected.WithLabelValues(reason).Add(float64(parts))
}

func (m *metrics) wrote(kind, op string) { m.writes.WithLabelValues(kind, op).Inc() }

// members shows a roster.
func (m *metrics) members(r *roster) {
	m.peers.Reset()
	for _, member := range r.others {
		for _, state := range []membership.State{membership.Unknown, membership.Fresh, membership.Stale, membership.Forgotten} {
			gauge := m.peers.WithLabelValues(string(member.ID), state.String())
			if state == member.State {
				gauge.Set(1)
			}
		}
	}
}
