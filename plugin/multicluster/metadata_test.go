package multicluster

import (
	"context"
	"testing"

	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/plugin/test"
	"github.com/coredns/coredns/request"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func TestMetadata(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	unsynced := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	type values struct{ service, namespace, cluster, result string }
	for _, tc := range []struct {
		name    string
		handler *Multicluster
		qname   string
		want    values
	}{
		{"a service", m, "bystander.test.svc.clusterset.local.", values{"bystander", "test", "", "hit"}},
		{"a host", m, "b.ca.bystander.test.svc.clusterset.local.", values{"bystander", "test", "ca", "hit"}},
		{"a host that is not there", m, "x.ca.bystander.test.svc.clusterset.local.", values{"bystander", "test", "", "nxdomain"}},
		{"a port", m, "_http._tcp.bystander.test.svc.clusterset.local.", values{"bystander", "test", "", "nodata"}},
		{"a namespace", m, "test.svc.clusterset.local.", values{"", "test", "", "nodata"}},
		{"the apex", m, "clusterset.local.", values{"", "", "", "nodata"}},
		{"a service that is not there", m, "nosuch.test.svc.clusterset.local.", values{"nosuch", "test", "", "nxdomain"}},
		{"before the first sync", unsynced, "b.ca.bystander.test.svc.clusterset.local.", values{"bystander", "test", "", "notsynced"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			state := request.Request{Req: new(dns.Msg).SetQuestion(tc.qname, dns.TypeA), W: &test.ResponseWriter{}}
			ctx := tc.handler.Metadata(metadata.ContextWithMetadata(context.Background()), state)
			value := func(label string) string {
				if f := metadata.ValueFunc(ctx, "multicluster/"+label); f != nil {
					return f()
				}
				return "(none)"
			}
			got := values{value("service"), value("namespace"), value("source-cluster"), value("result")}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(values{})); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
		})
	}
	state := request.Request{Req: new(dns.Msg).SetQuestion("example.org.", dns.TypeA), W: &test.ResponseWriter{}}
	if got := metadata.Labels(m.Metadata(metadata.ContextWithMetadata(context.Background()), state)); len(got) != 0 {
		t.Errorf("another zone has metadata %v", got)
	}
}
