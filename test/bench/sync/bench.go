package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

const (
	// realID is the member that has clusters and a controller of its own; all others are simulated.
	realID = "real"
	// bulkNamespaces are the namespaces that the data set is spread over, and probeNamespace that of the samples.
	bulkNamespaces = 10
	probeNamespace = "probe"
	// stopTimeout bounds how long the controller may take to end.
	stopTimeout = 30 * time.Second
)

// bench is one data set's clusters while they are measured.
type bench struct {
	size     size
	samples  int
	rate     int
	progress io.Writer

	set         *clusterset.Clusterset
	member      *clusterset.Member
	local, hub  client.WithWatch // administrators' clients of the member and the hub
	metricsPort int              // of the controller
	others      []simulated
	sights      *sights
	probes      int // how many there were
}

// measure measures one data set.
func measure(ctx context.Context, s size, o options, progress io.Writer) (f figures, err error) {
	dir, err := os.MkdirTemp("", "bench-sync-")
	if err != nil {
		return figures{}, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &bench{size: s, samples: o.samples, rate: o.rate, progress: progress}
	if err := b.start(ctx, filepath.Join(dir, "lab")); err != nil {
		return figures{}, err
	}
	defer func() {
		cancel()
		if stopErr := b.set.Stop(); err == nil {
			err = stopErr
		}
	}()
	f = figures{Size: s}
	for _, step := range []struct {
		what string
		do   func(context.Context, *figures) error
	}{
		{"filling the hub", b.fill},
		{"cold start", b.coldStart},
		{"restart", b.restart},
		{"pod changes", b.podChanges},
		{"samples while idle", b.idle},
		{"samples under load", b.loaded},
	} {
		begun := time.Now()
		if err := step.do(ctx, &f); err != nil {
			return figures{}, fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Fprintf(progress, "bench-sync: %-20s %6.1fs\n", step.what, time.Since(begun).Seconds())
	}
	return f, nil
}

// start starts the real member and the hub, with the controller and everything else that would compute beside it stopped again.
func (b *bench) start(ctx context.Context, dir string) (err error) {
	if b.metricsPort, err = freePort(); err != nil {
		return err
	}
	b.set, err = clusterset.Start(ctx, clusterset.Config{
		Dir: dir, Members: []string{realID},
		ControllerFlags: []string{"--metrics-bind-address=:" + strconv.Itoa(b.metricsPort)},
	})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = b.set.Stop() // the error that matters is the one returned
		}
	}()
	b.member = b.set.Member(realID)
	b.member.DNS.Kill() // bench-dns measures it
	if err := b.stopController(ctx); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, mcsv1beta1.Install, hubv1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	if b.local, err = client.NewWithWatch(b.member.Cluster.Config(), client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("connecting to the member: %w", err)
	}
	if b.hub, err = client.NewWithWatch(b.set.Hub.Cluster.Config(), client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("connecting to the hub: %w", err)
	}
	namespaces := []string{probeNamespace}
	for i := range bulkNamespaces {
		namespaces = append(namespaces, bulkNamespace(i))
	}
	for _, name := range namespaces {
		if err := b.local.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return fmt.Errorf("creating namespace %q: %w", name, err)
		}
	}
	return nil
}

func bulkNamespace(i int) string { return fmt.Sprintf("bulk-%d", i%bulkNamespaces) }

// stopController asks the controller to end, and waits for it.
func (b *bench) stopController(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return b.member.Controller.Stop(ctx)
}

// freePort finds a port that is free where this process is.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// pause waits for a time or the end of ctx, whose error it returns.
func pause(ctx context.Context, lasts time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lasts):
		return nil
	}
}
