package multicluster

import (
	"context"
	"strings"

	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/request"
)

var _ metadata.Provider = (*Multicluster)(nil)

// Metadata implements metadata.Provider. It describes queries in the zones by
//
//	multicluster/service         the service asked for
//	multicluster/namespace       its namespace
//	multicluster/source-cluster  the cluster whose host is asked for
//	multicluster/result          hit, nodata, nxdomain, notsynced or stale
//
// A value that a query does not have is empty. Values are worked out when
// somebody reads them, from the state of that moment.
func (m *Multicluster) Metadata(ctx context.Context, state request.Request) context.Context {
	q, ok := ask(m.zones, state.Req)
	if !ok {
		return ctx
	}
	metadata.SetValueFunc(ctx, "multicluster/service", func() string { return partsOf(q.name).service })
	metadata.SetValueFunc(ctx, "multicluster/namespace", func() string { return partsOf(q.name).namespace })
	metadata.SetValueFunc(ctx, "multicluster/source-cluster", func() string { return m.sourceCluster(q) })
	metadata.SetValueFunc(ctx, "multicluster/result", func() string {
		s := m.current.Load()
		if s == nil {
			return resultNotSynced.String()
		}
		_, v := lookup(s, q)
		return resultOf(s, v).String()
	})
	return ctx
}

// parts is a name as the schema reads it.
type parts struct{ below, service, namespace string }

func partsOf(name string) parts {
	names, ok := strings.CutSuffix(name, ".svc")
	if !ok {
		return parts{}
	}
	dot := strings.LastIndexByte(names, '.')
	if dot < 0 {
		return parts{namespace: names}
	}
	p := parts{namespace: names[dot+1:], service: names[:dot]}
	if dot = strings.LastIndexByte(p.service, '.'); dot >= 0 {
		p.below, p.service = p.service[:dot], p.service[dot+1:]
	}
	return p
}

// sourceCluster returns the cluster in the name of a host that exists.
func (m *Multicluster) sourceCluster(q question) string {
	s := m.current.Load()
	p := partsOf(q.name)
	if s == nil || p.below == "" {
		return ""
	}
	svc, _ := s.services.get(serviceKey(p.service, p.namespace))
	if !svc.exists() || q.zone.reverse {
		return ""
	}
	if _, exists := svc.host(nil, p.below); !exists {
		return ""
	}
	_, cluster, _ := strings.Cut(p.below, ".")
	return cluster
}
