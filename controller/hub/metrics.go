package hub

import (
	"errors"
	"time"

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
	peerUp          *prometheus.GaugeVec
	peerState       *prometheus.GaugeVec
	peerHeard       *prometheus.GaugeVec
	expires         *prometheus.GaugeVec
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
		peerUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mcs_peer_up",
			Help: "Whether another member has been heard within the stale time: 1 or 0.",
		}, []string{"peer"}),
		peerState: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mcs_peer_state",
			Help: "The state of each other member: 1 for the one it is in (unknown, fresh, stale, forgotten).",
		}, []string{"peer", "state"}),
		peerHeard: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mcs_peer_last_sync_timestamp_seconds",
			Help: "When another member was last seen to renew its Lease on the hub, by this cluster's clock: what is known of it is as of then. Absent until it does.",
		}, []string{"peer"}),
		expires: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mcs_peer_credential_expiry_timestamp_seconds",
			Help: "When this cluster's own credential for a peer ends; the peer is always the hub. Absent where the credential does not say.",
		}, []string{"peer"}),
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
		registerer.Register(m.peerUp),
		registerer.Register(m.peerState),
		registerer.Register(m.peerHeard),
		registerer.Register(m.expires),
		registerer.Register(m.writes),
	)
}

func (m *metrics) connected(yes bool) { m.hubConnected.Set(oneIf(yes)) }

func (m *metrics) rejected(reason string) { m.recordsRejected.WithLabelValues(reason).Inc() }

func (m *metrics) wrote(kind, op string) { m.writes.WithLabelValues(kind, op).Inc() }

// members shows a roster.
func (m *metrics) members(r *roster) {
	m.peerUp.Reset()
	m.peerState.Reset()
	m.peerHeard.Reset()
	for _, member := range r.others {
		for _, state := range []membership.State{membership.Unknown, membership.Fresh, membership.Stale, membership.Forgotten} {
			m.peerState.WithLabelValues(string(member.ID), state.String()).Set(oneIf(state == member.State))
		}
		m.peerUp.WithLabelValues(string(member.ID)).Set(oneIf(member.State == membership.Fresh))
	}
}

// heard shows when members were last heard.
func (m *metrics) heard(at map[mcs.ClusterID]time.Time) {
	for id, when := range at {
		m.peerHeard.WithLabelValues(string(id)).Set(float64(when.UnixMilli()) / 1000)
	}
}

// credentials shows when the credentials for the hub end.
func (m *metrics) credentials(end time.Time, known bool) {
	if !known {
		m.expires.Reset()
		return
	}
	m.expires.WithLabelValues("hub").Set(float64(end.Unix()))
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
