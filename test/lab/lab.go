package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// Config says what lab to start. Only Clusters must be set.
type Config struct {
	// Dir is the directory for all files, made if it is not there. Empty means a temporary one. Two labs cannot share it.
	Dir string
	// Binary is the multi-call binary of the components. Empty means [DefaultBinary].
	Binary string
	// Clusters are the names of the clusters, DNS-1123 subdomains, at most 64.
	Clusters []string
	// DualStack gives every cluster IPv6 next to IPv4. Where IPv6 does not work, Start refuses it; see Isolation.IPv6.
	DualStack bool
	// CRDs are YAML documents of CustomResourceDefinitions that every cluster has from the start.
	CRDs [][]byte
	// Outside opens doors on 127.0.0.1 to the API server and the DNS server of every cluster.
	Outside bool
	// Keep leaves all files where they are when the lab stops.
	Keep bool
	// Progress, if set, is told each finished step of the start. It is called by one goroutine at a time.
	Progress func(step, detail string, took time.Duration)
}

// Lab is a set of running clusters. Its methods are safe for concurrent use.
type Lab struct {
	config    Config
	isolation Isolation
	home      *home
	bridge    *netspace.Bridge
	clusters  []*Cluster
	traffic   traffic
	failures  chan error
	abort     context.CancelCauseFunc // ends a start that waits for something that cannot come
	doors     doorway
	sessions  sessions

	progress sync.Mutex
	stop     sync.Once
	stopErr  error
}

// Start starts the clusters, all at once, and returns when every component works, within a bound of its own for each. An
// error says which one did not and what it said last; then nothing is left running. ctx bounds the start, not the lab,
// which runs until [Lab.Stop]. Call [Enter] first.
func Start(ctx context.Context, config Config) (*Lab, error) {
	isolation := whereWeAre()
	if isolation.Mode == "" {
		return nil, errors.New("starting a lab: lab.Enter was not called; it belongs at the beginning of main or TestMain")
	}
	if config.Binary == "" {
		config.Binary = DefaultBinary()
	}
	if err := usable(config.Binary); err != nil {
		return nil, fmt.Errorf("starting a lab: %w", err)
	}
	binary, err := filepath.Abs(config.Binary) // those who run it are elsewhere
	if err != nil {
		return nil, fmt.Errorf("starting a lab: %w", err)
	}
	config.Binary = binary
	families := plan.IPv4
	if config.DualStack {
		if !isolation.IPv6 {
			return nil, fmt.Errorf("starting a dual-stack lab: IPv6 does not work here: %s", isolation.Why)
		}
		families = plan.DualStack
	}
	plans, err := plan.Clusters(config.Clusters, families)
	if err != nil {
		return nil, fmt.Errorf("starting a lab: %w", err)
	}
	home, err := moveIn(config.Dir)
	if err != nil {
		return nil, fmt.Errorf("starting a lab: %w", err)
	}
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	l := &Lab{config: config, isolation: isolation, home: home, failures: make(chan error, 1), abort: abort}
	if err := l.start(ctx, plans, families); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a lab: %w", err), l.Stop())
	}
	return l, nil
}

func (l *Lab) start(ctx context.Context, plans []plan.Cluster, families plan.Families) error {
	began := time.Now()
	if err := l.connect(plans, families); err != nil {
		return err
	}
	l.report("network", fmt.Sprintf("%d clusters, %s", len(plans), l.isolation.Mode), began)
	if l.config.Outside {
		if err := l.openDoors(); err != nil {
			return err
		}
	}
	if err := l.writeKubectl(); err != nil {
		return err
	}
	l.traffic = chooseTraffic(ctx, l.isolation, os.Getenv(trafficVariable))
	group, starting := errgroup.WithContext(ctx)
	for _, c := range l.clusters {
		group.Go(func() error { return c.start(starting) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := l.openSessions(); err != nil {
		return err
	}
	return l.announce()
}

// report tells Progress of a step.
func (l *Lab) report(step, detail string, began time.Time) {
	if l.config.Progress == nil {
		return
	}
	l.progress.Lock()
	defer l.progress.Unlock()
	l.config.Progress(step, detail, time.Since(began))
}

// watch reports a component that ends although nobody asked it to.
func (l *Lab) watch(cluster string, process *Process) {
	go func() {
		<-process.Done()
		if process.asked.Load() {
			return
		}
		err := fmt.Errorf("cluster %q: %w", cluster, process.ended())
		l.abort(err)
		select {
		case l.failures <- err:
		default: // one is waiting to be read; it came first and says more
		}
	}()
}

// Failures delivers the first component that ended although nobody asked it to, and after it was read the next.
func (l *Lab) Failures() <-chan error { return l.failures }

// Isolation is where the lab runs.
func (l *Lab) Isolation() Isolation { return l.isolation }

// Dir is the directory of all files.
func (l *Lab) Dir() string { return l.home.dir }

// Binary is the multi-call binary in use. Its first argument names the program: "kubectl", say.
func (l *Lab) Binary() string { return l.config.Binary }

// Traffic is what carries packets for ClusterIPs to pods: "kube-proxy"; or "stand-in: " and why it is not kube-proxy, for
// one that carries TCP only; or "none: " and why.
func (l *Lab) Traffic() string { return l.traffic.String() }

// Cluster is the cluster of that name, and nil if there is none.
func (l *Lab) Cluster(name string) *Cluster {
	for _, c := range l.clusters {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Clusters are all clusters in the order of Config.Clusters.
func (l *Lab) Clusters() []*Cluster { return append([]*Cluster(nil), l.clusters...) }

// OutsideKubeconfig is a file for programs outside the lab, with one context for each cluster, named after it; the first
// one is current. It is empty when Config.Outside was not set.
func (l *Lab) OutsideKubeconfig() string {
	if !l.config.Outside {
		return ""
	}
	return filepath.Join(l.home.dir, "kubeconfig")
}

// Stop ends everything the lab started, first what [Cluster.Run] did, asking, then the clusters, not asking, and removes
// its files unless Config.Keep is set. It returns when all of it is gone; a second call returns the same error.
func (l *Lab) Stop() error {
	l.stop.Do(func() {
		l.sessions.close()
		var group sync.WaitGroup
		for _, c := range l.clusters {
			group.Go(c.stop)
		}
		group.Wait()
		l.doors.close()
		if l.bridge != nil {
			l.bridge.Close()
		}
		l.stopErr = l.home.moveOut(l.config.Keep)
	})
	return l.stopErr
}

// usable says in words what is wrong with a binary that cannot be run.
func usable(binary string) error {
	info, err := os.Stat(binary)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no %s; build it with: make lab", binary)
	case err != nil:
		return fmt.Errorf("finding the components: %w", err)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not a program; build it with: make lab", binary)
	}
	return nil
}
