package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// DNSExtension is the extension of a kubeconfig's context that says where the cluster's DNS server is to be asked from here, as
// {"server": "host:port"}: for clusters without a kubelet, through which it would be reached otherwise.
const DNSExtension = "multicluster-dns.github.io/dns"

// PageExtension is the one that says where the page of the cluster's controller is to be found from here, in the same form.
const PageExtension = "multicluster-dns.github.io/page"

// Config is a kubeconfig that was read. It may be used concurrently.
type Config struct {
	raw       clientcmdapi.Config
	hub       string
	namespace string
	timeout   time.Duration

	mu       sync.Mutex
	clusters map[string]*Cluster // by context
}

// Contexts are the names of the contexts, sorted.
func (c *Config) Contexts() []string { return slices.Sorted(maps.Keys(c.raw.Contexts)) }

// Current is the name of the current context; "" where none is set.
func (c *Config) Current() string { return c.raw.CurrentContext }

// HubContext is the context that --hub names; "" where the hub is to be found.
func (c *Config) HubContext() string { return c.hub }

// ClustersetNamespace is the registry's namespace on the hub.
func (c *Config) ClustersetNamespace() string { return c.namespace }

// Cluster is one cluster, reached through one context.
type Cluster struct {
	// WithWatch reads and writes without a cache.
	client.WithWatch
	// Context is the context's name.
	Context string
	// Namespace is the context's default namespace, never empty.
	Namespace string
	// REST is how the API server is reached.
	REST *rest.Config
	// DNS is where the context's extension says that the cluster's DNS server is to be asked, host:port; "" where it says nothing.
	DNS string
	// Page is where the context's extension says that the page of the cluster's controller is, host:port; "" where it says nothing.
	Page string
}

// Clientset returns a typed client of the cluster, for what only that has, as logs and port-forwarding.
func (c *Cluster) Clientset() (kubernetes.Interface, error) {
	clientset, err := kubernetes.NewForConfig(c.REST)
	if err != nil {
		return nil, fmt.Errorf("connecting through context %q: %w", c.Context, err)
	}
	return clientset, nil
}

// Cluster returns the cluster that a context leads to; "" is the current context. Nothing is asked of it yet: an error is one of
// the kubeconfig, and names the contexts there are.
func (c *Config) Cluster(name string) (*Cluster, error) {
	if name == "" {
		name = c.raw.CurrentContext
	}
	if name == "" {
		return nil, fmt.Errorf("no context is chosen and the kubeconfig has no current one: choose from %s", quoted(c.Contexts()))
	}
	stanza, found := c.raw.Contexts[name]
	if !found {
		return nil, fmt.Errorf("there is no context %q: choose from %s", name, quoted(c.Contexts()))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cluster := c.clusters[name]; cluster != nil {
		return cluster, nil
	}
	resolved := clientcmd.NewNonInteractiveClientConfig(c.raw, name, &clientcmd.ConfigOverrides{}, nil)
	config, err := resolved.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading context %q: %w", name, err)
	}
	namespace, _, err := resolved.Namespace()
	if err != nil {
		return nil, fmt.Errorf("reading context %q: %w", name, err)
	}
	config.Timeout = c.timeout
	config.QPS, config.Burst = -1, -1 // the server's priority and fairness decides
	config.UserAgent = "mcsctl"
	config.WarningHandler = rest.NoWarnings{}
	cl, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting through context %q: %w", name, err)
	}
	cluster := &Cluster{WithWatch: cl, Context: name, Namespace: namespace, REST: config}
	for extension, server := range map[string]*string{DNSExtension: &cluster.DNS, PageExtension: &cluster.Page} {
		if *server, err = serverOf(stanza, extension); err != nil {
			return nil, fmt.Errorf("reading context %q: %w", name, err)
		}
	}
	c.clusters[name] = cluster
	return cluster, nil
}

// serverOf reads an extension of a context that names a server.
func serverOf(stanza *clientcmdapi.Context, name string) (string, error) {
	extension, found := stanza.Extensions[name]
	if !found {
		return "", nil
	}
	unknown, ok := extension.(*runtime.Unknown)
	if !ok {
		return "", nil
	}
	var content struct {
		Server string `json:"server"`
	}
	if err := json.Unmarshal(unknown.Raw, &content); err != nil {
		return "", fmt.Errorf("reading extension %q: %w", name, err)
	}
	return content.Server, nil
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(out, ", ")
}
