package main

import (
	"context"
	"fmt"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// coldStart starts the controller on an empty member and a full hub, and takes samples while it works.
func (b *bench) coldStart(ctx context.Context, f *figures) error {
	if err := b.watch(ctx); err != nil {
		return err
	}
	memberBefore, hubBefore, err := b.servers(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := b.member.RestartController(ctx); err != nil {
		return err
	}
	f.Cold.Ready = elapsed(begun)
	under := backlog{begun: make(chan struct{}), enough: make(chan struct{}), sampled: make(chan error, 1)}
	go func() { under.sampled <- b.sampleBacklog(ctx, under, f) }()
	peak, err := b.written(ctx, under)
	if err != nil {
		return err
	}
	f.Cold.Took = elapsed(begun)
	f.Cold.Objects = 3*b.size.imports() + 6*b.probes
	f.Cold.PerSecond = float64(f.Cold.Objects) / float64(f.Cold.Took)
	member, hub, err := b.servers(ctx)
	if err != nil {
		return err
	}
	f.Cold.MemberCPU = share(memberBefore, member, begun)
	f.Cold.HubCPU = share(hubBefore, hub, begun)
	f.Cold.Refused = member.refused() - memberBefore.refused()
	if err := b.complete(ctx); err != nil {
		return err
	}
	s, err := b.settle(ctx)
	if err != nil {
		return err
	}
	f.Cold.ControllerCPU = s.cpu().Seconds()
	f.Memory.PeakResident = max(peak, residentOf(s))
	return nil
}

// share is how much of one processor a process has used since.
func share(before, after scraped, begun time.Time) float64 {
	return (after.cpu() - before.cpu()).Seconds() / time.Since(begun).Seconds()
}

func residentOf(s scraped) int64 { return int64(s.sum("process_resident_memory_bytes", nil)) }

// backlog is the part of a cold start in which samples are taken.
type backlog struct {
	begun, enough chan struct{} // closed when the first import is written, and when four fifths are
	sampled       chan error    // how taking samples ended
}

// sampleBacklog takes samples from the time when the first import is written until enough are. The first is taken in any case.
func (b *bench) sampleBacklog(ctx context.Context, under backlog, f *figures) error {
	select {
	case <-under.begun:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		s, err := b.take(ctx)
		if err != nil {
			return err
		}
		f.Backlog.add(s)
		select {
		case <-under.enough:
			return nil
		case <-time.After(rest):
		}
	}
}

// written waits until everything there is to import has been written, by the controller's own count, and returns the most memory it
// held. What samples add is waited for too.
func (b *bench) written(ctx context.Context, under backlog) (peak int64, err error) {
	var ended, begun, enough bool
	for deadline := time.Now().Add(30 * time.Minute); time.Now().Before(deadline); {
		s, err := b.controller(ctx)
		if err != nil {
			return 0, err
		}
		peak = max(peak, residentOf(s))
		least := leastWritten(s)
		if !begun && least > 0 {
			begun = true
			close(under.begun)
		}
		if !enough && least >= b.size.imports()*4/5 {
			enough = true
			close(under.enough)
		}
		select {
		case err := <-under.sampled:
			if err != nil {
				return 0, err
			}
			ended = true
		default:
		}
		if ended && least >= b.size.imports()+2*b.probes {
			return peak, nil
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil { // Each look costs the controller some milliseconds.
			return 0, err
		}
	}
	return 0, fmt.Errorf("waiting for %d imports: they are not all written", b.size.imports())
}

// leastWritten is of how many imports every part is written.
func leastWritten(s scraped) int {
	least := -1
	for _, part := range []struct{ kind, op string }{
		{"Service", "create"}, {"ServiceImport", "create"}, {"ServiceImport", "status"}, {"EndpointSlice", "create"},
	} {
		n := int(s.sum("mcs_writes_total", func(labels map[string]string) bool { return labels["kind"] == part.kind && labels["op"] == part.op }))
		if least < 0 || n < least {
			least = n
		}
	}
	return least
}

// pageSize is how many objects are read at a time where all are.
const pageSize = 500

// complete is nil if every import of the data set is there and ready, with every endpoint.
func (b *bench) complete(ctx context.Context) error {
	ready, endpoints := 0, 0
	for i := range bulkNamespaces {
		err := b.pages(ctx, &mcsv1beta1.ServiceImportList{}, bulkNamespace(i), func(list client.ObjectList) {
			for _, o := range list.(*mcsv1beta1.ServiceImportList).Items {
				if meta.IsStatusConditionTrue(o.Status.Conditions, "Ready") && len(o.Spec.IPs) == 1 && len(o.Status.Clusters) == 1 {
					ready++
				}
			}
		})
		if err != nil {
			return err
		}
		err = b.pages(ctx, &discoveryv1.EndpointSliceList{}, bulkNamespace(i), func(list client.ObjectList) {
			for _, o := range list.(*discoveryv1.EndpointSliceList).Items {
				if o.Labels[discoveryv1.LabelManagedBy] == mcs.ManagedBy {
					endpoints += len(o.Endpoints)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	if want := b.size.imports(); ready != want || endpoints != want*b.size.Endpoints {
		return fmt.Errorf("looking at what was imported: %d of %d imports are ready, with %d of %d endpoints", ready, want, endpoints, want*b.size.Endpoints)
	}
	return nil
}

// pages reads a list of the member page by page.
func (b *bench) pages(ctx context.Context, list client.ObjectList, namespace string, page func(client.ObjectList)) error {
	for next := ""; ; {
		if err := b.local.List(ctx, list, client.InNamespace(namespace), client.Limit(pageSize), client.Continue(next)); err != nil {
			return fmt.Errorf("listing %T in %q: %w", list, namespace, err)
		}
		page(list)
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
}
