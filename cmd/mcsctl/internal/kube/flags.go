package kube

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// DefaultRequestTimeout is how long a cluster may take over one request.
const DefaultRequestTimeout = 10 * time.Second

// Flags choose the kubeconfig, and the hub among its contexts. The zero value is the user's own kubeconfig, by clientcmd's
// rules, with the hub to be found.
type Flags struct {
	// Kubeconfig is a file; empty follows $KUBECONFIG and then ~/.kube/config.
	Kubeconfig string
	// Hub is the hub's context; empty finds the one context whose cluster holds a registry.
	Hub string
	// ClustersetNamespace is the registry's namespace on the hub; empty is manifests.DefaultClustersetNamespace.
	ClustersetNamespace string
	// RequestTimeout bounds each request; zero is DefaultRequestTimeout.
	RequestTimeout time.Duration
}

// Register adds the flags to a command, with completion of contexts.
func (f *Flags) Register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.Kubeconfig, "kubeconfig", "", "path of the kubeconfig; empty follows $KUBECONFIG, then ~/.kube/config")
	flags.StringVar(&f.Hub, "hub", "", "context of the hub; empty finds the one whose cluster holds the clusterset's registry")
	flags.StringVar(&f.ClustersetNamespace, "clusterset-namespace", manifests.DefaultClustersetNamespace, "namespace of the registry on the hub")
	flags.DurationVar(&f.RequestTimeout, "request-timeout", DefaultRequestTimeout, "how long a cluster may take over one request")
	_ = cmd.RegisterFlagCompletionFunc("hub", f.CompleteContexts) // the flag was defined just above
}

// Load reads the kubeconfig. That it has no contexts is an error that says where one was looked for.
func (f *Flags) Load() (*Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.Kubeconfig
	raw, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if f.Kubeconfig == "" && len(rules.Precedence) == 1 {
		if _, err := os.Stat(rules.Precedence[0]); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no kubeconfig %s: set --kubeconfig or $KUBECONFIG to one that leads to your clusters", rules.Precedence[0])
		}
	}
	if len(raw.Contexts) == 0 {
		places := rules.Precedence
		if f.Kubeconfig != "" {
			places = []string{f.Kubeconfig}
		}
		return nil, fmt.Errorf("no context in %s: set --kubeconfig or $KUBECONFIG to a kubeconfig that leads to your clusters", strings.Join(places, ", "))
	}
	config := &Config{raw: *raw, hub: f.Hub, namespace: f.ClustersetNamespace, timeout: f.RequestTimeout, clusters: map[string]*Cluster{}}
	if config.namespace == "" {
		config.namespace = manifests.DefaultClustersetNamespace
	}
	if config.timeout <= 0 {
		config.timeout = DefaultRequestTimeout
	}
	return config, nil
}

// CompleteContexts completes the name of a context, for cobra.
func (f *Flags) CompleteContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	config, err := f.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return config.Contexts(), cobra.ShellCompDirectiveNoFileComp
}
