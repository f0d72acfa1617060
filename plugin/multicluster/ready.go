package multicluster

import (
	"sync/atomic"

	"github.com/coredns/coredns/plugin/ready"
)

var _ ready.Readiness = (*Multicluster)(nil)

// readiness is false until the plugin first has something to serve or has waited
// long enough, and never again: CoreDNS' readiness is one for all plugins, and
// the names of the cluster itself must not pay for those of the clusterset.
type readiness struct{ reached atomic.Bool }

// Ready implements ready.Readiness.
func (m *Multicluster) Ready() bool { return m.ready.reached.Load() }
