package multicluster

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
	mcsalpha "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned/typed/apis/v1alpha1"
	mcsbeta "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned/typed/apis/v1beta1"
)

// The resources that are read.
const (
	importsResource = mcsv1beta1.ServiceImportFullName
	slicesResource  = "endpointslices.discovery.k8s.io"
)

// access is how the API server is reached. The zero value means the one of the
// cluster that CoreDNS runs in.
type access struct {
	kubeconfig string // file
	context    string // in that file; empty: the current one
	endpoint   string // URL, instead of a file
	cert, key  string // files of the client's certificate for endpoint
	ca         string // file of the certificate authority for endpoint
}

// inCluster is what the zero access means; tests of examples replace it.
var inCluster = rest.InClusterConfig

// config returns the client configuration. Its errors name the file or say that
// there is no cluster around.
func (a access) config() (*rest.Config, error) {
	config, err := a.load()
	if err != nil {
		return nil, err
	}
	config.UserAgent = "coredns-" + pluginName
	config.QPS = -1 // a handful of long requests; the server's fairness is enough
	return config, nil
}

func (a access) load() (*rest.Config, error) {
	if a.kubeconfig == "" && a.endpoint == "" {
		config, err := inCluster()
		if err != nil {
			return nil, fmt.Errorf("looking for the cluster around this process (outside one, set kubeconfig or endpoint): %w", err)
		}
		return config, nil
	}
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: a.kubeconfig}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: a.context}
	if a.endpoint != "" {
		rules = &clientcmd.ClientConfigLoadingRules{}
		overrides.ClusterInfo = clientcmdapi.Cluster{Server: a.endpoint, CertificateAuthority: a.ca}
		overrides.AuthInfo = clientcmdapi.AuthInfo{ClientCertificate: a.cert, ClientKey: a.key}
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		if a.endpoint != "" {
			return nil, fmt.Errorf("configuring endpoint %q: %w", a.endpoint, err)
		}
		return nil, fmt.Errorf("reading kubeconfig %q: %w", a.kubeconfig, err)
	}
	return config, nil
}

// newClients makes the readers of the resources, by resource.
func newClients(config *rest.Config) (map[string]listWatcher, error) {
	beta, err := mcsbeta.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for %s: %w", importsResource, err)
	}
	alpha, err := mcsalpha.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for %s: %w", importsResource, err)
	}
	binary := rest.CopyConfig(config)
	binary.ContentType = runtime.ContentTypeProtobuf
	binary.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	discovery, err := discoveryclient.NewForConfig(binary)
	if err != nil {
		return nil, fmt.Errorf("making a client for %s: %w", slicesResource, err)
	}
	return map[string]listWatcher{
		importsResource: importClient{beta: beta, alpha: alpha},
		slicesResource:  sliceClient{discovery},
	}, nil
}

// importClient reads ServiceImports in the version that is served: v1beta1, or
// v1alpha1 where that is all there is. The choice is made at every request, so a
// CRD that is installed or upgraded later needs no restart.
type importClient struct {
	beta  mcsbeta.MulticlusterV1beta1Interface
	alpha mcsalpha.MulticlusterV1alpha1Interface
}

func (c importClient) list(ctx context.Context, namespace string, o metav1.ListOptions) (runtime.Object, error) {
	list, err := c.beta.ServiceImports(namespace).List(ctx, o)
	if !apierrors.IsNotFound(err) {
		return list, err
	}
	return c.alpha.ServiceImports(namespace).List(ctx, o)
}

func (c importClient) watch(ctx context.Context, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	w, err := c.beta.ServiceImports(namespace).Watch(ctx, o)
	if !apierrors.IsNotFound(err) {
		return w, err
	}
	return c.alpha.ServiceImports(namespace).Watch(ctx, o)
}

// sliceClient reads the EndpointSlices that belong to a multicluster service,
// and none of the cluster's own.
type sliceClient struct {
	discovery discoveryclient.DiscoveryV1Interface
}

func (c sliceClient) list(ctx context.Context, namespace string, o metav1.ListOptions) (runtime.Object, error) {
	o.LabelSelector = mcsv1beta1.LabelServiceName
	return c.discovery.EndpointSlices(namespace).List(ctx, o)
}

func (c sliceClient) watch(ctx context.Context, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	o.LabelSelector = mcsv1beta1.LabelServiceName
	return c.discovery.EndpointSlices(namespace).Watch(ctx, o)
}
