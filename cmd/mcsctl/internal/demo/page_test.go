package demo

import (
	"net/netip"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

func TestOtherCommandsAreToldWhereThePagesAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	config := clientcmdapi.NewConfig()
	config.Clusters["west"] = &clientcmdapi.Cluster{Server: "https://127.0.0.1:1"}
	config.Contexts["west"] = &clientcmdapi.Context{Cluster: "west"}
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	if err := clusterset.TellServers(file, kube.PageExtension, map[string]netip.AddrPort{"west": netip.MustParseAddrPort("127.0.0.1:40899")}); err != nil {
		t.Fatal(err)
	}
	read, err := (&kube.Flags{Kubeconfig: file}).Load()
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := read.Cluster("west")
	if err != nil {
		t.Fatal(err)
	}
	if cluster.Page != "127.0.0.1:40899" {
		t.Errorf("west's page is read as %q", cluster.Page)
	}
	if err := clusterset.TellServers(file, kube.PageExtension, map[string]netip.AddrPort{"north": {}}); err == nil {
		t.Error("a member without a context is no error")
	}
}
