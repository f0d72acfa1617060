package main

import (
	"fmt"
	"net/http"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// addMetrics has m serve /metrics as the flags say, and returns a check of whether it does: a process that says it is ready can be
// scraped.
func addMetrics(m manager.Manager, o options, local *rest.Config) (check, error) {
	settings := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.metricsSecure, CertDir: o.metricsCertDir}
	if o.metricsSecure {
		settings.FilterProvider = guarded
	}
	server, err := metricsserver.NewServer(settings, local, m.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("serving metrics on --metrics-bind-address %q: %w", o.metricsAddress, err)
	}
	if server == nil {
		return func() string { return "" }, nil
	}
	if err := m.Add(server); err != nil {
		return nil, fmt.Errorf("adding the metrics server: %w", err)
	}
	bound, ok := server.(interface{ GetBindAddr() string })
	return func() string {
		if ok && bound.GetBindAddr() == "" {
			return "waiting to serve metrics"
		}
		return ""
	}, nil
}

// guarded admits to metrics whom this cluster's API server knows and allows to get them.
func guarded(local *rest.Config, client *http.Client) (metricsserver.Filter, error) {
	cluster, err := kubernetes.NewForConfigAndClient(local, client)
	if err != nil {
		return nil, fmt.Errorf("connecting to this cluster for who may read metrics: %w", err)
	}
	return func(log logr.Logger, next http.Handler) (http.Handler, error) {
		return &guard{
			tokens: cluster.AuthenticationV1().TokenReviews(), rights: cluster.AuthorizationV1().SubjectAccessReviews(),
			clock: clock.RealClock{}, log: log, next: next,
		}, nil
	}, nil
}
