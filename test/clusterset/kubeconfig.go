package clusterset

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// DNSExtension is the extension of a kubeconfig's context in which mcsctl finds the cluster's DNS server, where there is no kubelet
// to reach it through.
const DNSExtension = "multicluster-dns.github.io/dns"

// TellServers says in a kubeconfig, in the context of each cluster named and under an extension that mcsctl reads, where a server of that
// cluster is to be asked. The kubeconfig "" is none, and nothing to do, as where there are no servers. A cluster without a context is an
// error. The file may be read meanwhile: it is replaced when it is whole.
func TellServers(file, extension string, servers map[string]netip.AddrPort) error {
	if file == "" || len(servers) == 0 {
		return nil
	}
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		return fmt.Errorf("reading kubeconfig %q: %w", file, err)
	}
	for cluster, server := range servers {
		context := config.Contexts[cluster]
		if context == nil {
			return fmt.Errorf("writing extension %q: kubeconfig %q has no context %q", extension, file, cluster)
		}
		if err := tell(context, extension, server); err != nil {
			return err
		}
	}
	if err := clientcmd.WriteToFile(*config, file+".new"); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("writing kubeconfig %q: %w", file, err)
	}
	return nil
}

// tell says in a context where a server is.
func tell(context *clientcmdapi.Context, extension string, server netip.AddrPort) error {
	content, err := json.Marshal(map[string]string{"server": server.String()})
	if err != nil {
		return fmt.Errorf("writing extension %q: %w", extension, err)
	}
	if context.Extensions == nil {
		context.Extensions = map[string]runtime.Object{}
	}
	context.Extensions[extension] = &runtime.Unknown{Raw: content, ContentType: runtime.ContentTypeJSON}
	return nil
}

// tellDNS writes into the kubeconfig for outside where each member's DNS server is.
func (s *Clusterset) tellDNS() error {
	doors := map[string]netip.AddrPort{}
	for _, id := range s.config.Members {
		doors[id], _ = s.Lab.Cluster(id).OutsideDNS()
	}
	return TellServers(s.Lab.OutsideKubeconfig(), DNSExtension, doors)
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
				if err := tell(context, DNSExtension, cluster.DNS()); err != nil {
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
