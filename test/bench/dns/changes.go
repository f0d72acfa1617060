package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
)

const (
	// otherChanges is how many changes of other services a second there are in the busy half.
	otherChanges = 100
	// changePatience bounds how long a change is looked for.
	changePatience = 10 * time.Second
	// changeRest is between two changes, so that each meets a server at rest.
	changeRest = 20 * time.Millisecond
)

// measureChanges follows changes of one endpoint from the PATCH to the answer, first with nothing else going on and then
// under changes of other services.
func (b *bench) measureChanges(ctx context.Context, servers []*server, set *setReport) error {
	var followed, others []*dataset.Service
	for i := range b.services {
		if s := &b.services[i]; s.Headless() && s.Endpoints() == 9 {
			if len(followed) <= len(others) {
				followed = append(followed, s)
			} else {
				others = append(others, s)
			}
		}
	}
	idle, err := b.followChanges(ctx, servers[:len(compared)], followed)
	if err != nil {
		return err
	}
	set.Changes = append(set.Changes, changeReport{Load: "idle", Servers: idle})

	ctx, cancel := context.WithCancel(ctx)
	var done atomic.Int64
	group, changing := errgroup.WithContext(ctx)
	group.Go(func() error { return b.changeOthers(changing, others, &done) })
	begun := time.Now()
	busy, err := b.followChanges(changing, servers[:len(compared)], followed)
	rate := float64(done.Load()) / time.Since(begun).Seconds()
	cancel()
	if other := group.Wait(); other != nil {
		return fmt.Errorf("changing other services: %w", other)
	}
	if err != nil {
		return err
	}
	set.Changes = append(set.Changes, changeReport{Load: fmt.Sprintf("%.0f other changes/s", rate), Servers: busy})
	return nil
}

// followChanges follows a number of changes for each server, in turn.
func (b *bench) followChanges(ctx context.Context, servers []*server, followed []*dataset.Service) ([]changeServer, error) {
	reports := make([]changeServer, len(servers))
	askers := make([]*asker, len(servers))
	for i, s := range servers {
		var err error
		if askers[i], err = b.asker(ctx, s); err != nil {
			return nil, err
		}
		defer askers[i].close()
		reports[i].Software = s.id
	}
	for n := range b.options.changes * len(servers) {
		i := n % len(servers)
		service := followed[n%len(followed)]
		c, err := b.followChange(ctx, askers[i], service, 0, dataset.Question{Name: service.FQDN(), Type: dns.TypeA})
		if err != nil {
			return nil, fmt.Errorf("following a change to the answer of %s: %w", servers[i].title, err)
		}
		reports[i].add(c)
		if err := pause(ctx, changeRest); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// change is one change, timed from when its PATCH was sent.
type change struct {
	written, seen time.Duration
	silent        int  // queries without an answer in time
	missed        bool // it was not seen within changePatience, which seen then is
}

// followChange gives the first endpoint of a slice a new address and asks a question until the address is in the answer. An
// empty name asks for the endpoint's own.
func (b *bench) followChange(ctx context.Context, a *asker, service *dataset.Service, slice int, q dataset.Question) (change, error) {
	address := b.changeAddress(service, slice)
	if q.Name == "" {
		q.Name = service.HostFQDN(service.Slices[slice].Cluster, service.Slices[slice].Endpoints[0])
	}
	type outcome struct {
		at  time.Time
		err error
	}
	written := make(chan outcome, 1)
	begun := time.Now()
	patch, err := b.patch(service, slice)
	if err != nil {
		return change{}, err
	}
	go func() {
		err := patch(ctx)
		written <- outcome{time.Now(), err}
	}()
	c := change{seen: changePatience, missed: true}
	for c.missed && time.Since(begun) < changePatience {
		reply, err := a.ask(q, replyPatience)
		switch {
		case err != nil:
			c.silent++
		case slices.Contains(addresses(reply), address):
			c.seen, c.missed = time.Since(begun), false
		default:
			if err := pause(ctx, 100*time.Microsecond); err != nil {
				return change{}, err
			}
		}
	}
	result := <-written
	c.written = result.at.Sub(begun)
	return c, result.err
}

// changeAddress gives the first endpoint of a slice an address that no endpoint had before.
func (b *bench) changeAddress(service *dataset.Service, slice int) netip.Addr {
	n := b.fresh.Add(1)
	address := netip.AddrFrom4([4]byte{10, 128 + byte(n>>16), byte(n >> 8), byte(n)})
	service.Slices[slice].Endpoints[0].Address = address
	return address
}

// patch prepares a write of the endpoints of a slice as they are in the model now.
func (b *bench) patch(service *dataset.Service, slice int) (write func(context.Context) error, err error) {
	namespace, name := service.Namespace, service.Slices[slice].Name
	body, err := json.Marshal(map[string]any{"endpoints": service.Slices[slice].APIEndpoints()})
	if err != nil {
		return nil, fmt.Errorf("patching EndpointSlice %s/%s: %w", namespace, name, err)
	}
	return func(ctx context.Context) error {
		_, err := b.discovery.EndpointSlices(namespace).Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("patching EndpointSlice %s/%s: %w", namespace, name, err)
		}
		return nil
	}, nil
}

// changeOthers changes other services at a steady rate until ctx ends, and counts.
func (b *bench) changeOthers(ctx context.Context, others []*dataset.Service, done *atomic.Int64) error {
	ticker := time.NewTicker(time.Second / otherChanges)
	defer ticker.Stop()
	group, changing := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n := 0; ; n++ {
		select {
		case <-changing.Done():
			return group.Wait()
		case <-ticker.C:
		}
		service := others[n%len(others)]
		slice := n / len(others) % len(service.Slices)
		b.changeAddress(service, slice)
		patch, err := b.patch(service, slice)
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		group.Go(func() error {
			if err := patch(context.WithoutCancel(ctx)); err != nil { // what was begun is finished: the model has it
				return err
			}
			done.Add(1)
			return nil
		})
	}
}
