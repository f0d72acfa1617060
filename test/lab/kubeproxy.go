package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// proxyConfiguration is the part of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) that the lab sets.
type proxyConfiguration struct {
	APIVersion         string             `json:"apiVersion"`
	Kind               string             `json:"kind"`
	Mode               string             `json:"mode"`
	HostnameOverride   string             `json:"hostnameOverride"`
	ClusterCIDR        string             `json:"clusterCIDR"`
	DetectLocalMode    string             `json:"detectLocalMode"`
	HealthzBindAddress string             `json:"healthzBindAddress"`
	MetricsBindAddress string             `json:"metricsBindAddress"`
	ClientConnection   clientConnection   `json:"clientConnection"`
	Conntrack          conntrack          `json:"conntrack"`
	NFTables           proxyConfigNFTable `json:"nftables"`
}

type clientConnection struct {
	Kubeconfig string `json:"kubeconfig"`
}

// conntrack with zeros everywhere leaves the machine's settings alone, which only the machine's root may change.
type conntrack struct {
	MaxPerCore            int32  `json:"maxPerCore"`
	Min                   int32  `json:"min"`
	TCPEstablishedTimeout string `json:"tcpEstablishedTimeout"`
	TCPCloseWaitTimeout   string `json:"tcpCloseWaitTimeout"`
}

type proxyConfigNFTable struct {
	MinSyncPeriod string `json:"minSyncPeriod"`
	SyncPeriod    string `json:"syncPeriod"`
}

// proxyHealth is where kube-proxy says that it has programmed what it knows, on the loopback of its namespace.
const (
	proxyHealth  = "127.0.0.1:10256"
	proxyMetrics = "127.0.0.1:10249"
)

// kubeProxyConfiguration is the file kube-proxy reads. It is JSON, which is YAML.
func (l layout) kubeProxyConfiguration() ([]byte, error) {
	return json.MarshalIndent(proxyConfiguration{
		APIVersion:         "kubeproxy.config.k8s.io/v1alpha1",
		Kind:               "KubeProxyConfiguration",
		Mode:               "nftables",
		HostnameOverride:   l.cluster.Name,
		ClusterCIDR:        join(l.cluster.Pods),
		DetectLocalMode:    "ClusterCIDR",
		HealthzBindAddress: proxyHealth,
		MetricsBindAddress: proxyMetrics,
		ClientConnection:   clientConnection{Kubeconfig: l.file(KubeProxy + ".kubeconfig")},
		Conntrack:          conntrack{TCPEstablishedTimeout: "0s", TCPCloseWaitTimeout: "0s"},
		// A lab looks at what happens after a change; the default waits up to a second before it programs the next one.
		NFTables: proxyConfigNFTable{MinSyncPeriod: "10ms", SyncPeriod: "30s"},
	}, "", "  ")
}

func (l layout) kubeProxyArguments() []string {
	return []string{"--config=" + l.file(KubeProxy+".json")}
}

func (l layout) writeKubeProxyConfiguration() error {
	content, err := l.kubeProxyConfiguration()
	if err != nil {
		return fmt.Errorf("encoding the configuration of %s: %w", KubeProxy, err)
	}
	if err := os.WriteFile(l.file(KubeProxy+".json"), content, 0o600); err != nil {
		return fmt.Errorf("writing the configuration of %s: %w", KubeProxy, err)
	}
	return nil
}

// administratorPath adds the directories where administrators' programs such as nft are, which an ordinary user's PATH
// may leave out.
func administratorPath(path string) string {
	const extra = "/usr/local/sbin:/usr/sbin:/sbin"
	return strings.TrimPrefix(path+":"+extra, ":")
}
