package clusterset

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// HubName is the name of the lab cluster that serves as the hub.
const HubName = "hub"

// Namespace is the clusterset's own namespace on the hub: it holds the registry of members.
const Namespace = manifests.DefaultClustersetNamespace

// Config says what Start starts. Members is required; the zero value of everything else is usable.
type Config struct {
	// Dir is where state and logs go. It is created, and Stop removes it.
	Dir string
	// Members are the ids of the members, which are also the lab's names of their clusters.
	Members []string
	// DualStack gives every member IPv6 beside IPv4 where the machine can.
	DualStack bool
	// Outside opens doors on 127.0.0.1 to every API server and DNS server.
	Outside bool
	// Binaries is the directory of coredns and mcs-controller; empty is where the lab's own binary is, bin/.
	Binaries string
	// ControllerFlags are added to every member's mcs-controller.
	ControllerFlags []string
	// Progress is told of each step done; nil is silence.
	Progress func(step, detail string, took time.Duration)
}

// Clusterset is a running hub and its members.
type Clusterset struct {
	// Lab is what it runs on.
	Lab *lab.Lab
	// Hub is the cluster that holds the records.
	Hub *Hub
	// Members are in the order of Config.Members.
	Members []*Member

	config Config
}

// Start brings up the control planes, the hub's objects and every member with its controller and DNS server. On an error
// nothing of it is left running.
func Start(ctx context.Context, config Config) (_ *Clusterset, err error) {
	ctrllog.SetLogger(logr.Discard()) // the clients here have nothing to say that an error does not
	if config.Progress == nil {
		config.Progress = func(string, string, time.Duration) {}
	}
	if config.Binaries == "" {
		config.Binaries = filepath.Dir(lab.DefaultBinary())
	}
	l, err := lab.Start(ctx, lab.Config{
		Dir:       config.Dir,
		Clusters:  append(append([]string{}, config.Members...), HubName),
		DualStack: config.DualStack,
		Outside:   config.Outside,
		Progress:  config.Progress,
	})
	if err != nil {
		return nil, fmt.Errorf("starting the lab: %w", err)
	}
	set := &Clusterset{Lab: l, config: config}
	defer func() {
		if err != nil {
			_ = l.Stop() // the error that matters is the one returned
		}
	}()
	if err = set.tellDNS(); err != nil {
		return nil, err
	}
	begun := time.Now()
	if set.Hub, err = newHub(ctx, l.Cluster(HubName)); err != nil {
		return nil, fmt.Errorf("preparing the hub: %w", err)
	}
	config.Progress("hub", "records, registry and members' permissions", time.Since(begun))
	set.Members = make([]*Member, len(config.Members))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, id := range config.Members {
		group.Go(func() error {
			begun := time.Now()
			member, err := join(groupCtx, set, id)
			if err != nil {
				return fmt.Errorf("joining member %q: %w", id, err)
			}
			set.Members[i] = member
			config.Progress("join", fmt.Sprintf("%s -> hub, controller and DNS up", id), time.Since(begun))
			return nil
		})
	}
	if err = group.Wait(); err != nil {
		return nil, err
	}
	return set, nil
}

// Stop ends everything and removes its files.
func (s *Clusterset) Stop() error { return s.Lab.Stop() }

// Member returns the member with the id; it panics for an id that Start was not given.
func (s *Clusterset) Member(id string) *Member {
	for _, m := range s.Members {
		if m.ID == id {
			return m
		}
	}
	panic(fmt.Sprintf("clusterset: no member %q", id))
}
