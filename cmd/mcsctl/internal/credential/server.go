package credential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// Server is where an API server is found, and how it is known.
type Server struct {
	// URL is its address.
	URL string
	// CA are the certificates it is known by, in PEM; none are the system's.
	CA []byte
	// Name is the name in its certificate where that is not the URL's.
	Name string
}

// ErrUnverified is returned for a kubeconfig that does not verify its server's certificate: a credential must not be sent to just anybody.
var ErrUnverified = errors.New("the kubeconfig does not verify the server's certificate")

// ServerOf returns the server of a context. The url replaces the context's, for members that reach it by another; "" keeps it. The caFile
// replaces the context's certificates.
func ServerOf(config *rest.Config, url, caFile string) (Server, error) {
	server := Server{URL: config.Host, CA: config.CAData, Name: config.ServerName}
	if url != "" {
		server.URL = url
	}
	if caFile == "" {
		switch {
		case config.Insecure:
			return Server{}, fmt.Errorf("reading how %s is known: %w; give its certificate authority with --hub-ca", server.URL, ErrUnverified)
		case len(server.CA) > 0 || config.CAFile == "":
			return server, nil
		}
		caFile = config.CAFile
	}
	content, err := os.ReadFile(caFile)
	if err != nil {
		return Server{}, fmt.Errorf("reading how %s is known: %w", server.URL, err)
	}
	server.CA = content
	return server, nil
}

// ownServer is where pods find the API server of their own cluster.
const ownServer = "https://kubernetes.default.svc"

// InCluster returns the server that pods of a cluster find by its Service name, for a member that is the hub as well.
func InCluster(ctx context.Context, cluster *kube.Cluster) (Server, error) {
	var authority corev1.ConfigMap
	key := client.ObjectKey{Namespace: metav1.NamespaceSystem, Name: "kube-root-ca.crt"}
	if err := cluster.Get(ctx, key, &authority); err != nil {
		return Server{}, fmt.Errorf("reading by which certificates pods of context %q know their API server: %w", cluster.Context, err)
	}
	return Server{URL: ownServer, CA: []byte(authority.Data["ca.crt"])}, nil
}

// patience is how long a server may take to answer at all.
const patience = 5 * time.Second

// Answers asks for an answer, whatever it is: nil says that somebody answers whose certificate is the server's.
func (s Server) Answers(ctx context.Context) error {
	_, err := status(ctx, &rest.Config{Host: s.URL, Timeout: patience, TLSClientConfig: rest.TLSClientConfig{CAData: s.CA, ServerName: s.Name}})
	return err
}

// status asks an API server what it serves, which everybody may who is known to it, and returns the status of the answer.
func status(ctx context.Context, config *rest.Config) (int, error) {
	door, err := rest.HTTPClientFor(config)
	if err != nil {
		return 0, fmt.Errorf("reading how %s is known: %w", config.Host, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(config.Host, "/")+"/api", nil)
	if err != nil {
		return 0, fmt.Errorf("asking %s: %w", config.Host, err)
	}
	response, err := door.Do(request)
	if err != nil {
		return 0, err // names the request
	}
	return response.StatusCode, response.Body.Close()
}

// Kubeconfig returns a kubeconfig with one context, of the given name, for the holder of a bearer token. The same arguments give the same
// bytes.
func (s Server) Kubeconfig(name, bearer string) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: s.URL, CertificateAuthorityData: s.CA, TLSServerName: s.Name}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: bearer}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	content, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("writing a kubeconfig for %s: %w", s.URL, err)
	}
	return content, nil
}

// Connect returns the cluster that a kubeconfig leads to, which goes by the given name in messages. It reads the kinds that like does.
func Connect(kubeconfig []byte, name string, like *kube.Cluster) (*kube.Cluster, error) {
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of %s: %w", name, err)
	}
	return connect(config, name, like)
}

func connect(config *rest.Config, name string, like *kube.Cluster) (*kube.Cluster, error) {
	config.Timeout, config.QPS, config.UserAgent = like.REST.Timeout, -1, "mcsctl"
	config.WarningHandler = rest.NoWarnings{}
	c, err := client.NewWithWatch(config, client.Options{Scheme: like.Scheme()})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", name, err)
	}
	return &kube.Cluster{WithWatch: c, Context: name, Namespace: metav1.NamespaceDefault, REST: config}, nil
}
