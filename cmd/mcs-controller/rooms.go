package main

import (
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/controller/export"
	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	"github.com/multicluster-dns/multicluster-dns/controller/importer"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/controller/page"
)

// reporter names this program in the Events it raises.
const reporter = "multicluster-dns.github.io/mcs-controller"

// workers is how many names each controller works on at the same time. Writes to one name follow each other; the API server's own
// priority and fairness decides how many it takes at once.
const workers = 8

// turns says how a controller takes its turns. One that fails is taken again soon, and no later than half a minute later.
func turns() controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](5*time.Millisecond, 30*time.Second),
	}
}

// attach wires the rooms to each other and to the manager.
func attach(m manager.Manager, o options, who identity, log logr.Logger) error {
	recorder := m.GetEventRecorder(reporter)
	imported := &importer.Reconciler{
		Client: m.GetClient(), Self: who.id, Denied: o.denied(), Grace: o.serviceGrace, Clock: clock.RealClock{}, Events: recorder,
	}
	h, err := hub.New(hub.Config{
		Kubeconfig:          o.hubKubeconfig,
		ClustersetNamespace: o.clustersetNamespace,
		Clusterset:          o.clusterset,
		Self:                who.id,
		UID:                 who.uid,
		Thresholds:          membership.Thresholds{Stale: o.staleAfter, Forget: o.forgetAfter},
		Missing:             imported.Absent,
		Log:                 log.WithName("hub"),
		Registerer:          metrics.Registry,
	})
	if err != nil {
		return err
	}
	if err := m.Add(manager.RunnableFunc(runHub(h, who.id, m.GetCache()))); err != nil {
		return fmt.Errorf("adding the hub: %w", err)
	}
	own := &export.Source{
		Reader: m.GetCache(), Self: who.id, Denied: o.denied(), Recorded: h.Recorded, Grace: o.serviceGrace, Clock: clock.RealClock{},
	}
	exports, imports := export.NewMetrics(m.GetCache()), importer.NewMetrics(m.GetCache(), transport{h}.Stale)
	imported.Own, imported.Hub, imported.Metrics = own, transport{h}, imports
	for _, room := range []interface {
		Attach(ctrl.Manager, controller.Options) error
	}{
		&annotate.Reconciler{Client: m.GetClient(), Rules: annotate.Rules{Key: o.exportAnnotation, Denied: o.denied()}, Events: recorder},
		&export.Reconciler{
			Source: own, Client: m.GetClient(), Hub: transport{h}, Unreachable: unreachable,
			Events: recorder, Metrics: exports, Clock: clock.RealClock{},
		},
		imported,
	} {
		if err := room.Attach(m, turns()); err != nil {
			return err
		}
	}
	for _, c := range []prometheus.Collector{exports, imports} {
		if err := metrics.Registry.Register(c); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return addPage(m, o.pageAddress, h, who)
}

// addPage adds the page for people, unless the address says that there is none.
func addPage(m manager.Manager, address string, h *hub.Hub, who identity) error {
	if address == "0" {
		return nil
	}
	sampler := page.NewSampler(metrics.Registry, clock.RealClock{})
	working := func() bool {
		select {
		case <-m.Elected():
			return true
		default:
			return false
		}
	}
	served := &page.Page{Reader: m.GetCache(), Hub: h, Self: who.id, Working: working, Sampler: sampler, Clock: clock.RealClock{}}
	for _, runnable := range []manager.Runnable{sampler, &page.Server{Address: address, Page: served, Log: m.GetLogger().WithName("page")}} {
		if err := m.Add(runnable); err != nil {
			return fmt.Errorf("adding the page: %w", err)
		}
	}
	return nil
}
