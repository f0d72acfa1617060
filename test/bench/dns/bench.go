package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/load"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// bench is one data set on an API server of its own.
type bench struct {
	options   options
	generator load.Generator
	programs  string // directory of the servers' programs
	progress  io.Writer
	shape     dataset.Shape

	dir       string // for files of its own
	cluster   *lab.Cluster
	discovery discoveryclient.DiscoveryV1Interface
	services  []dataset.Service // as they are on the API server, changes included
	fresh     atomic.Uint32     // addresses given to changed endpoints so far
}

// run starts an API server, fills it, and measures everything that is to be measured on the data set, into set.
func (b *bench) run(ctx context.Context, set *setReport) (err error) {
	b.dir, err = os.MkdirTemp("", "bench-dns-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	crds, err := importCRDs()
	if err != nil {
		return err
	}
	l, err := lab.Start(ctx, lab.Config{Dir: filepath.Join(b.dir, "lab"), Clusters: []string{"bench"}, CRDs: crds})
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := l.Stop(); err == nil {
			err = stopErr
		}
	}()
	b.cluster = l.Cluster("bench")
	// They would watch every slice too, and compute on the same cores.
	for _, component := range []string{lab.KubeProxy, lab.ControllerManager} {
		if b.cluster.Component(component) == nil {
			continue
		}
		if err := b.cluster.StopComponent(ctx, component); err != nil {
			return err
		}
	}
	if b.discovery, err = discoveryclient.NewForConfig(protobuf(b.cluster.Config())); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return b.measure(ctx, set)
}

// measure is the order in which figures are taken; each leaves the data as its model says.
func (b *bench) measure(ctx context.Context, set *setReport) error {
	steps := []struct {
		what  string
		apart bool // only on data sets for load
		take  func(context.Context, *setReport) error
	}{
		{"creating the objects", false, b.populate},
		{"starts: time, memory, bytes read", false, b.measureStarts},
		{"answers, CPU per query, changes", true, b.measureRunning},
		{"start without the API server", false, b.measureWarmStart},
	}
	for _, step := range steps {
		if step.apart && !slices.Contains(b.options.loaded, b.shape) {
			continue
		}
		begun := time.Now()
		b.say("%s", step.what)
		if err := step.take(ctx, set); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		b.say("%s: done in %.1f s", step.what, time.Since(begun).Seconds())
	}
	return nil
}

// measureRunning takes what is measured while all servers run.
func (b *bench) measureRunning(ctx context.Context, set *setReport) error {
	var all []*server
	defer func() {
		for _, s := range all {
			s.stop()
		}
	}()
	for _, software := range everySoftware {
		s, err := b.serve(ctx, software, b.cluster.AdminKubeconfig())
		if err != nil {
			return err
		}
		all = append(all, s)
		if _, err := b.untilRight(ctx, s, startPatience); err != nil {
			return err
		}
	}
	for _, take := range []func(context.Context, []*server, *setReport) error{
		b.compareAnswers, b.measureCPU, b.measureChanges, b.measureLarge,
	} {
		if err := take(ctx, all, set); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) say(format string, arguments ...any) {
	fmt.Fprintf(b.progress, "bench-dns %s: %s\n", b.shape.Name, fmt.Sprintf(format, arguments...))
}

// importCRDs are the definitions a cluster has that imports services.
func importCRDs() ([][]byte, error) {
	objects, err := manifests.MemberCRDs()
	if err != nil {
		return nil, err
	}
	var files [][]byte
	for _, object := range objects {
		file, err := yaml.Marshal(object.Object)
		if err != nil {
			return nil, fmt.Errorf("writing the definition %q: %w", object.GetName(), err)
		}
		files = append(files, file)
	}
	return files, nil
}

// protobuf makes clients of built-in types cheap.
func protobuf(config *rest.Config) *rest.Config {
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = config.ContentType + ",application/json"
	return config
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
