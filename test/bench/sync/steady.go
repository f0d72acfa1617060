package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// restart starts the controller again with everything in place and counts what it writes until it is idle and a while after.
func (b *bench) restart(ctx context.Context, f *figures) error {
	if err := b.stopController(ctx); err != nil {
		return err
	}
	elections, err := b.elections(ctx)
	if err != nil {
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
	f.Restart.Ready = elapsed(begun)
	if _, err := b.settle(ctx); err != nil {
		return err
	}
	f.Restart.Idle = elapsed(begun)
	const late = 5 * time.Second // what is written late is written too
	if err := pause(ctx, late); err != nil {
		return err
	}
	s, err := b.settle(ctx)
	if err != nil {
		return err
	}
	member, hub, err := b.servers(ctx)
	if err != nil {
		return err
	}
	f.Restart.MemberWrites = moreThan(memberBefore.writes(), member.writes())
	after, err := b.elections(ctx)
	if err != nil {
		return err
	}
	takeOff(f.Restart.MemberWrites, "POST events", after-elections)
	f.Restart.HubWrites = moreThan(hubBefore.writes(), hub.writes())
	f.Memory.Resident = residentOf(s)
	f.Memory.HeapInUse = int64(s.sum("go_memstats_heap_inuse_bytes", nil))
	f.Memory.HeapAllocated = int64(s.sum("go_memstats_heap_alloc_bytes", nil))
	f.Memory.PeakResident = max(f.Memory.PeakResident, f.Memory.Resident)
	return nil
}

// elections counts the Events that tell who leads the replicas. They belong to the Lease of the leader, which is not counted either.
func (b *bench) elections(ctx context.Context) (int, error) {
	var list corev1.EventList
	if err := b.local.List(ctx, &list, client.InNamespace(manifests.ControllerNamespace)); err != nil {
		return 0, fmt.Errorf("listing Events: %w", err)
	}
	n := 0
	for _, e := range list.Items {
		if e.Reason == "LeaderElection" {
			n++
		}
	}
	return n, nil
}

// podChanges changes endpoints one after the other, first the member's own and then another's, and counts the writes of each.
func (b *bench) podChanges(ctx context.Context, f *figures) error {
	p, err := b.newProbe(ctx)
	if err != nil {
		return err
	}
	if _, err := b.export(ctx, p); err != nil {
		return err
	}
	const changes = 10
	f.Pod.Changes = changes
	// What this program writes itself is known and taken off: one PATCH for each change.
	f.Pod.OwnMember, f.Pod.OwnHub, err = b.writesOf(ctx, func(i int) error {
		_, err := b.changeNear(ctx, p, addressIn(sampleBlock, 1<<18+i))
		return err
	}, changes)
	if err != nil {
		return err
	}
	takeOff(f.Pod.OwnMember, "PATCH endpointslices", changes)
	f.Pod.OthersMember, f.Pod.OthersHub, err = b.writesOf(ctx, func(i int) error {
		_, err := b.changeFar(ctx, p, addressIn(sampleBlock, 1<<18+changes+i))
		return err
	}, changes)
	takeOff(f.Pod.OthersHub, "PATCH exportedendpointslices", changes)
	return err
}

// writesOf counts the writes at the member and at the hub while something is done n times, and until the controller is idle again.
func (b *bench) writesOf(ctx context.Context, do func(i int) error, n int) (member, hub map[string]int, err error) {
	if _, err := b.settle(ctx); err != nil {
		return nil, nil, err
	}
	memberBefore, hubBefore, err := b.servers(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		if err := do(i); err != nil {
			return nil, nil, fmt.Errorf("change %d: %w", i+1, err)
		}
	}
	if _, err := b.settle(ctx); err != nil {
		return nil, nil, err
	}
	memberAfter, hubAfter, err := b.servers(ctx)
	if err != nil {
		return nil, nil, err
	}
	return moreThan(memberBefore.writes(), memberAfter.writes()), moreThan(hubBefore.writes(), hubAfter.writes()), nil
}

// takeOff takes n off a count, which is not listed if nothing is left.
func takeOff(counts map[string]int, what string, n int) {
	if counts == nil {
		return
	}
	if counts[what] -= n; counts[what] == 0 {
		delete(counts, what)
	}
}
