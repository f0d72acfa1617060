package lab

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/authority"
	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// credentials are all keys of one cluster. etcd has an authority of its own, so that nobody known to the API server is
// thereby known to its database.
type credentials struct {
	ca                []byte
	apiserver         authority.Pair
	admin             authority.Pair
	controllerManager authority.Pair
	proxy             authority.Pair
	tokens            authority.SigningPair

	etcdCA     []byte
	etcd       authority.Pair
	etcdClient authority.Pair
}

// The users that RBAC's own bootstrap roles are bound to.
const (
	adminUser             = "lab-admin"
	adminGroup            = "system:masters"
	controllerManagerUser = "system:kube-controller-manager"
	proxyUser             = "system:kube-proxy"
)

// issue makes the credentials of a cluster whose API server is reached at its nodes' addresses, its Service address and
// through a door on the machine's loopback.
func issue(c plan.Cluster) (*credentials, error) {
	ca, err := authority.New("lab " + c.Name)
	if err != nil {
		return nil, err
	}
	etcdCA, err := authority.New("lab " + c.Name + " etcd")
	if err != nil {
		return nil, err
	}
	loopbacks := []netip.Addr{loopback, netip.IPv6Loopback()}
	addresses := append(append([]netip.Addr{}, c.Nodes...), loopbacks...)
	for _, services := range c.Services {
		addresses = append(addresses, services.Addr().Next()) // the Service kubernetes takes the first
	}
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}

	k := &credentials{ca: ca.PEM(), etcdCA: etcdCA.PEM()}
	for _, part := range []struct {
		into *authority.Pair
		make func() (authority.Pair, error)
	}{
		{&k.apiserver, func() (authority.Pair, error) { return ca.Server("kube-apiserver", names, addresses) }},
		{&k.admin, func() (authority.Pair, error) { return ca.Client(adminUser, adminGroup) }},
		{&k.controllerManager, func() (authority.Pair, error) { return ca.Client(controllerManagerUser) }},
		{&k.proxy, func() (authority.Pair, error) { return ca.Client(proxyUser) }},
		{&k.etcd, func() (authority.Pair, error) { return etcdCA.Server("etcd", []string{"localhost"}, loopbacks) }},
		{&k.etcdClient, func() (authority.Pair, error) { return etcdCA.Client("kube-apiserver") }},
	} {
		if *part.into, err = part.make(); err != nil {
			return nil, err
		}
	}
	k.tokens, err = authority.NewSigningPair()
	return k, err
}

// write puts in dir what components read from files. The other keys stay in memory and in kubeconfigs.
func (k *credentials) write(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("writing certificates: %w", err)
	}
	for name, content := range map[string][]byte{
		"ca.crt":               k.ca,
		"apiserver.crt":        k.apiserver.Certificate,
		"apiserver.key":        k.apiserver.Key,
		"service-accounts.key": k.tokens.Private,
		"service-accounts.pub": k.tokens.Public,
		"etcd-ca.crt":          k.etcdCA,
		"etcd.crt":             k.etcd.Certificate,
		"etcd.key":             k.etcd.Key,
		"etcd-client.crt":      k.etcdClient.Certificate,
		"etcd-client.key":      k.etcdClient.Key,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("writing certificates: %w", err)
		}
	}
	return nil
}

// user is one way to say who one is: with a certificate or with a token.
type user struct {
	name  string
	pair  authority.Pair
	token string
}

// server is where and as whom an API server is found.
type server struct {
	cluster string
	address netip.AddrPort
	ca      []byte
}

func (s server) url() string { return "https://" + s.address.String() }

// kubeconfig describes one server and one user, in a context named after the cluster.
func kubeconfig(s server, u user) clientcmdapi.Config {
	config := *clientcmdapi.NewConfig()
	addContext(&config, s, u)
	config.CurrentContext = s.cluster
	return config
}

func addContext(config *clientcmdapi.Config, s server, u user) {
	config.Clusters[s.cluster] = &clientcmdapi.Cluster{Server: s.url(), CertificateAuthorityData: s.ca}
	id := u.name + "@" + s.cluster
	config.AuthInfos[id] = &clientcmdapi.AuthInfo{
		ClientCertificateData: u.pair.Certificate,
		ClientKeyData:         u.pair.Key,
		Token:                 u.token,
	}
	config.Contexts[s.cluster] = &clientcmdapi.Context{Cluster: s.cluster, AuthInfo: id}
}

// writeKubeconfig writes a kubeconfig for its owner's eyes.
func writeKubeconfig(config clientcmdapi.Config, file string) error {
	if err := clientcmd.WriteToFile(config, file); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	return nil
}

// restConfig is the same as a kubeconfig for Go programs. There is no client-side rate limit: the server decides.
func restConfig(s server, u user) *rest.Config {
	return &rest.Config{
		Host:        s.url(),
		BearerToken: u.token,
		QPS:         -1,
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   s.ca,
			CertData: u.pair.Certificate,
			KeyData:  u.pair.Key,
		},
	}
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
