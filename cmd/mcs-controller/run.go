package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	crlog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// run works until ctx ends or something fails that waiting does not mend.
func run(ctx context.Context, o options, stderr io.Writer) error {
	local, err := localConfig(o.kubeconfig)
	if err != nil {
		return err
	}
	if o.hubKubeconfig != "" {
		if _, err := clientcmd.LoadFromFile(o.hubKubeconfig); err != nil {
			return fmt.Errorf("finding the hub by --hub-kubeconfig %q: %w; set it to a file that can be used", o.hubKubeconfig, err)
		}
	}
	log := newLogger(o, stderr)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	ready := &readiness{}
	begin := &patience{log: log}
	begin.set("starting")
	ready.add(begin.reason)
	if err := serveHealth(ctx, group, o.healthAddress, ready); err != nil {
		return err
	}
	group.Go(func() error {
		defer cancel()
		return work(ctx, o, local, log, begin, ready)
	})
	return group.Wait()
}

// localConfig returns how to reach this cluster. There is no rate limit on this side: the API server's own decides.
func localConfig(kubeconfig string) (*rest.Config, error) {
	load := rest.InClusterConfig
	if kubeconfig != "" {
		load = func() (*rest.Config, error) { return clientcmd.BuildConfigFromFlags("", kubeconfig) }
	}
	local, err := load()
	if err != nil {
		return nil, fmt.Errorf("finding this cluster by --kubeconfig %q: %w; set it to a file that can be used, or leave it empty in a pod", kubeconfig, err)
	}
	local.QPS = -1
	local.UserAgent = "mcs-controller"
	// An older schema warns of each field that it drops from each object: once is enough.
	local.WarningHandlerWithContext = crlog.NewKubeAPIWarningLogger(crlog.KubeAPIWarningLoggerOptions{Deduplicate: true})
	return local, nil
}

// work waits for what has to be there, wires everything, and runs it.
func work(ctx context.Context, o options, local *rest.Config, log logr.Logger, begin *patience, ready *readiness) error {
	writes := newWrites()
	if err := metrics.Registry.Register(writes); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	var who identity
	var m manager.Manager
	var synced []check
	err := begin.until(ctx, func(ctx context.Context) error {
		version, err := awaitedVersion(local)
		if err != nil {
			return err
		}
		if who, err = awaitedIdentity(ctx, o, local); err != nil {
			return err
		}
		t := newTroubles(log)
		if m, err = newManager(o, local, version, cacheOptions(t), writes, log.WithValues("self", who.id)); err != nil {
			return &permanentError{err}
		}
		synced, err = warm(ctx, m.GetCache(), t)
		return err
	})
	if err != nil {
		return err
	}
	served, err := addMetrics(m, o, local)
	if err != nil {
		return err
	}
	for _, c := range append(synced, served) {
		ready.add(c)
	}
	log = m.GetLogger()
	if err := attach(m, o, who, log); err != nil {
		return err
	}
	log.Info("controller starts", "clustersetNamespace", o.clustersetNamespace)
	defer log.Info("controller ends")
	if err := m.Start(ctx); err != nil {
		return fmt.Errorf("running the controller: %w", err)
	}
	return nil
}

// awaitedVersion returns the API version that is served now.
func awaitedVersion(local *rest.Config) (schema.GroupVersion, error) {
	discoverer, err := discovery.NewDiscoveryClientForConfig(local)
	if err != nil {
		return schema.GroupVersion{}, &permanentError{fmt.Errorf("using this cluster's kubeconfig: %w", err)}
	}
	return servedVersion(discoverer)
}

// awaitedIdentity returns who this cluster says now that it is.
func awaitedIdentity(ctx context.Context, o options, local *rest.Config) (identity, error) {
	reader, err := client.New(local, client.Options{Scheme: clientgoscheme.Scheme})
	if err != nil {
		return identity{}, fmt.Errorf("connecting to this cluster: %w", err)
	}
	return identify(ctx, reader, o)
}

// newManager returns a manager of this cluster whose writes are counted.
func newManager(o options, local *rest.Config, version schema.GroupVersion, caches cache.Options, writes *prometheus.CounterVec, log logr.Logger) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("registering the cluster's types: %w", err)
	}
	register(scheme, version)
	m, err := ctrl.NewManager(local, manager.Options{
		Scheme:                        scheme,
		Logger:                        log,
		NewClient:                     newCountingClient(writes),
		Cache:                         caches,
		Metrics:                       metricsserver.Options{BindAddress: "0"}, // It has one of its own: see addMetrics.
		HealthProbeBindAddress:        "0",
		LeaderElection:                o.leaderElect,
		LeaderElectionNamespace:       o.leaderElectNamespace,
		LeaderElectionID:              o.leaderElectID,
		LeaderElectionReleaseOnCancel: true,
		// A watch that cannot begin is waited for, and readiness says so; it is no reason to start over and over again.
		Controller: config.Controller{CacheSyncTimeout: 365 * 24 * time.Hour},
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the controller: %w", err)
	}
	return m, nil
}
