package clusterset

import (
	"context"
	"sync"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// restartDelay is what a kubelet waits before it restarts a container the first time, about.
const restartDelay = time.Second

// Supervise restarts every member's controller and DNS server when it ends and follows its Corefile, as a kubelet would, until ctx
// ends; it returns then. report is told of each restart. It is for a clusterset that people play with: a test restarts what it kills
// itself.
func (s *Clusterset) Supervise(ctx context.Context, report func(member, program string)) {
	var group sync.WaitGroup
	for _, m := range s.Members {
		group.Go(func() { keep(ctx, m, &m.Controller, m.StartController, report) })
		group.Go(func() { keep(ctx, m, &m.DNS, m.StartDNS, report) })
		group.Go(func() { follow(ctx, m) })
	}
	group.Wait()
}

// follow brings the member's Corefile to its DNS server as long as it is followed. What cannot be read now is read later.
func follow(ctx context.Context, m *Member) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(restartDelay):
			_ = m.FollowCorefile(ctx)
		}
	}
}

// keep restarts one program of a member whenever it ends.
func keep(ctx context.Context, m *Member, process **lab.Process, start func(context.Context) error, report func(member, program string)) {
	for {
		name := (*process).Name()
		select {
		case <-ctx.Done():
			return
		case <-(*process).Done():
		}
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(restartDelay):
			}
			if start(ctx) == nil {
				break
			}
		}
		report(m.ID, name)
	}
}
