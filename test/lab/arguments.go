package lab

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// Names of the components, as StartComponent and StopComponent take them and as their logs are called.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	KubeProxy         = "kube-proxy"
)

// controllers are what a control plane needs for Services, slices, workloads and clean deletion. Leaving the others out
// saves a third of the start.
var controllers = []string{
	"deployment-controller",
	"endpointslice-controller",
	"endpointslice-mirroring-controller",
	"garbage-collector-controller",
	"namespace-controller",
	"replicaset-controller",
	"root-ca-certificate-publisher-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"statefulset-controller",
}

// ports are where the servers of one cluster listen.
type ports struct {
	etcd, etcdPeer, apiserver, dns uint16
}

// usualPorts are free in every network namespace.
var usualPorts = ports{etcd: 2379, etcdPeer: 2380, apiserver: 6443, dns: 53}

// layout is everything that the arguments of a cluster's components depend on.
type layout struct {
	cluster plan.Cluster
	dir     string
	ports   ports
	// listen is the address that the API server listens on and is found at: the node's, or 127.0.0.1 where the node's is
	// a mere number.
	listen netip.Addr
}

func (l layout) apiserver() netip.AddrPort { return netip.AddrPortFrom(l.listen, l.ports.apiserver) }

func (l layout) file(elements ...string) string {
	return filepath.Join(append([]string{l.dir}, elements...)...)
}

// etcdArguments skip fsync: what a killed process wrote is still in the kernel, and a lab need not survive more.
func (l layout) etcdArguments() []string {
	client := fmt.Sprintf("https://%s:%d", loopback, l.ports.etcd)
	peer := fmt.Sprintf("http://%s:%d", loopback, l.ports.etcdPeer)
	return []string{
		"--name=" + l.cluster.Name,
		"--data-dir=" + l.file("etcd"),
		"--unsafe-no-fsync",
		"--log-level=warn",
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=" + l.cluster.Name + "=" + peer,
		"--client-cert-auth",
		"--trusted-ca-file=" + l.file("tls", "etcd-ca.crt"),
		"--cert-file=" + l.file("tls", "etcd.crt"),
		"--key-file=" + l.file("tls", "etcd.key"),
	}
}

func (l layout) apiserverArguments() []string {
	arguments := []string{
		fmt.Sprintf("--etcd-servers=https://%s:%d", loopback, l.ports.etcd),
		"--etcd-cafile=" + l.file("tls", "etcd-ca.crt"),
		"--etcd-certfile=" + l.file("tls", "etcd-client.crt"),
		"--etcd-keyfile=" + l.file("tls", "etcd-client.key"),
		"--bind-address=" + l.listen.String(),
		fmt.Sprintf("--secure-port=%d", l.ports.apiserver),
		"--tls-cert-file=" + l.file("tls", "apiserver.crt"),
		"--tls-private-key-file=" + l.file("tls", "apiserver.key"),
		"--client-ca-file=" + l.file("tls", "ca.crt"),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=" + join(l.cluster.Services),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + l.file("tls", "service-accounts.pub"),
		"--service-account-signing-key-file=" + l.file("tls", "service-accounts.key"),
		"--cert-dir=" + l.file("tls"),
		// Always said: left to itself, the API server looks for a default route, and ends where there is none.
		"--advertise-address=" + l.cluster.Nodes[0].String(),
	}
	if l.listen != l.cluster.Nodes[0] {
		// The Service kubernetes would lead nowhere, and the API refuses the loopback address that would be right.
		arguments = append(arguments, "--endpoint-reconciler-type=none")
	}
	return arguments
}

func (l layout) controllerManagerArguments() []string {
	return []string{
		"--kubeconfig=" + l.file(ControllerManager+".kubeconfig"),
		"--controllers=" + strings.Join(controllers, ","),
		"--leader-elect=false",
		"--secure-port=0",
		"--use-service-account-credentials",
		"--root-ca-file=" + l.file("tls", "ca.crt"),
		"--service-account-private-key-file=" + l.file("tls", "service-accounts.key"),
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}
}

func join(prefixes []netip.Prefix) string {
	words := make([]string, len(prefixes))
	for i, p := range prefixes {
		words[i] = p.String()
	}
	return strings.Join(words, ",")
}
