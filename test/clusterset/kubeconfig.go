package clusterset

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// DNSExtension is the extension of a kubeconfig's context in which mcsctl finds the cluster's DNS server, where there is no kubelet
// to reach it through.
const DNSExtension = "multicluster-dns.github.io/dns"

// SetDNS says in a context of a kubeconfig where the cluster's DNS server is to be asked, host:port.
func SetDNS(context *clientcmdapi.Context, server string) error {
	content, err := json.Marshal(map[string]string{"server": server})
	if err != nil {
		return fmt.Errorf("writing where the DNS server is: %w", err)
	}
	if context.Extensions == nil {
		context.Extensions = map[string]runtime.Object{}
	}
	context.Extensions[DNSExtension] = &runtime.Unknown{Raw: content, ContentType: runtime.ContentTypeJSON}
	return nil
}

// tellDNS writes into the kubeconfig for outside where each member's DNS server is.
func (s *Clusterset) tellDNS() error {
	file := s.Lab.OutsideKubeconfig()
	if file == "" {
		return nil
	}
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		return fmt.Errorf("reading kubeconfig %q: %w", file, err)
	}
	for _, id := range s.config.Members {
		door, _ := s.Lab.Cluster(id).OutsideDNS()
		if err := SetDNS(config.Contexts[id], door.String()); err != nil {
			return err
		}
	}
	// Under its name only when it is whole: somebody may be reading it.
	if err := clientcmd.WriteToFile(*config, file+".new"); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	return nil
}

// WriteKubeconfig puts the clusters' kubeconfigs together into a file, with a context for each, as an administrator of all would have
// it who is in the lab's networks. Each member's context says where its DNS server is; current is the context to begin with.
func (s *Clusterset) WriteKubeconfig(file, current string) error {
	all := clientcmdapi.NewConfig()
	for _, cluster := range s.Lab.Clusters() {
		one, err := clientcmd.LoadFromFile(cluster.AdminKubeconfig())
		if err != nil {
			return fmt.Errorf("reading the kubeconfig of %q: %w", cluster.Name(), err)
		}
		for name, context := range one.Contexts {
			if cluster.Name() != HubName {
				if err := SetDNS(context, cluster.DNS().String()); err != nil {
					return err
				}
			}
			all.Contexts[name] = context
			all.Clusters[context.Cluster] = one.Clusters[context.Cluster]
			all.AuthInfos[context.AuthInfo] = one.AuthInfos[context.AuthInfo]
		}
	}
	all.CurrentContext = current
	if err := clientcmd.WriteToFile(*all, file); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	return nil
}
