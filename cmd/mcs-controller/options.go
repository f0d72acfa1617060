package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/controller/page"
	"github.com/multicluster-dns/multicluster-dns/controller/page/address"
)

// options are what the flags say.
type options struct {
	kubeconfig          string
	hubKubeconfig       string
	clusterID           string
	useKubeSystemUID    bool
	clusterset          string
	clustersetNamespace string

	exportAnnotation string
	deniedNamespaces []string

	staleAfter   time.Duration
	forgetAfter  time.Duration
	serviceGrace time.Duration

	leaderElect          bool
	leaderElectNamespace string
	leaderElectID        string

	metricsAddress string
	metricsSecure  bool
	metricsCertDir string
	healthAddress  string
	pageAddress    string
	logFormat      string
	logLevel       string
}

func (o *options) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "path of the kubeconfig for this cluster; empty when running in it")
	flags.StringVar(&o.hubKubeconfig, "hub-kubeconfig", "", "path of the kubeconfig for the hub, which may be rewritten while running; empty when running in the hub cluster")
	flags.StringVar(&o.clusterID, "cluster-id", "", "this cluster's id in the clusterset: one or two lower-case DNS labels, at most 63 characters; empty takes it from the ClusterProperty "+membership.PropertyClusterID)
	flags.BoolVar(&o.useKubeSystemUID, "cluster-id-from-kube-system", false, "take the UID of the kube-system namespace for the cluster id where neither --cluster-id nor the ClusterProperty states one")
	flags.StringVar(&o.clusterset, "clusterset", "", "name of the clusterset, compared with what members state of themselves; empty compares nothing")
	flags.StringVar(&o.clustersetNamespace, "clusterset-namespace", "mcs-clusterset", "namespace on the hub that holds the members' ClusterProfiles")

	flags.StringVar(&o.exportAnnotation, "export-annotation", annotate.DefaultKey, `annotation that exports a Service, or all of a Namespace, when it is "true"`)
	flags.StringSliceVar(&o.deniedNamespaces, "denied-namespaces", []string{"kube-system", "kube-public", "kube-node-lease"}, "namespaces that nothing is exported from or imported to")

	flags.DurationVar(&o.staleAfter, "stale-after", membership.DefaultThresholds.Stale, "silence after which a member's endpoints step back where another member can serve")
	flags.DurationVar(&o.forgetAfter, "forget-after", membership.DefaultThresholds.Forget, "silence after which a member's endpoints are removed")
	flags.DurationVar(&o.serviceGrace, "service-grace", 10*time.Second, "how long an import keeps its IP while the exported Service is missing")

	flags.BoolVar(&o.leaderElect, "leader-elect", true, "let only one of several replicas work at a time")
	flags.StringVar(&o.leaderElectNamespace, "leader-elect-namespace", "multicluster-dns", "namespace of the Lease that the replicas compete for")
	flags.StringVar(&o.leaderElectID, "leader-elect-id", "mcs-controller", "name of the Lease that the replicas compete for")

	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "127.0.0.1:8080", "address to serve /metrics on; 0 serves none. Beyond localhost, add --metrics-secure")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", false, "serve /metrics over TLS, and only to those whose bearer token this cluster's API server knows and allows to get the nonResourceURL /metrics")
	flags.StringVar(&o.metricsCertDir, "metrics-cert-dir", "", "directory of tls.crt and tls.key for --metrics-secure, which may be replaced while running; empty makes a self-signed certificate")
	flags.StringVar(&o.healthAddress, "health-bind-address", ":8081", "address to serve /healthz and /readyz on; 0 serves none")
	flags.StringVar(&o.pageAddress, "page-bind-address", address.Default.String(), "address of localhost to serve a page for people on, which shows members, exports, imports and propagation; 0 serves none")
	flags.StringVar(&o.logFormat, "log-format", "text", "form of the log: text or json")
	flags.StringVar(&o.logLevel, "log-level", "info", "what to log: error, info or debug")
}

// validate refuses what could never work, in words that say what to do.
func (o *options) validate() error {
	if o.clusterID != "" {
		if _, err := mcs.ParseClusterID(o.clusterID); err != nil {
			return fmt.Errorf("%w; set --cluster-id to one that is", err)
		}
	}
	if o.clustersetNamespace == "" {
		return fmt.Errorf("--clusterset-namespace is empty: set it to the hub's namespace of the ClusterProfiles")
	}
	if errs := content.IsLabelKey(o.exportAnnotation); len(errs) > 0 {
		return fmt.Errorf("--export-annotation %q is no annotation key: %s", o.exportAnnotation, errs[0])
	}
	if o.staleAfter <= 0 || o.forgetAfter <= o.staleAfter {
		return fmt.Errorf("--stale-after is %v and --forget-after %v: both must be positive and the second the longer", o.staleAfter, o.forgetAfter)
	}
	if o.serviceGrace < 0 {
		return fmt.Errorf("--service-grace is %v: it must not be negative", o.serviceGrace)
	}
	if o.pageAddress != "0" {
		if err := page.CheckAddress(o.pageAddress); err != nil {
			return fmt.Errorf("--page-bind-address is %q: %w; the page asks nobody who they are, set it to 127.0.0.1 with a port, or to 0", o.pageAddress, err)
		}
	}
	if o.metricsCertDir != "" && !o.metricsSecure {
		return fmt.Errorf("--metrics-cert-dir is %q without --metrics-secure: set that too, or leave it empty", o.metricsCertDir)
	}
	if !slices.Contains([]string{"text", "json"}, o.logFormat) {
		return fmt.Errorf("--log-format is %q: it must be text or json", o.logFormat)
	}
	if _, found := logLevels[o.logLevel]; !found {
		return fmt.Errorf("--log-level is %q: it must be error, info or debug", o.logLevel)
	}
	return nil
}

// denied is the set of denied namespaces.
func (o *options) denied() map[string]bool {
	set := make(map[string]bool, len(o.deniedNamespaces))
	for _, namespace := range o.deniedNamespaces {
		set[namespace] = true
	}
	return set
}
