package why

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// set is the clusterset that all rows share: east exports, west asks, and north is the one that fails.
var set *clusterset.Clusterset

func east() *clusterset.Member  { return set.Member("east") }
func west() *clusterset.Member  { return set.Member("west") }
func north() *clusterset.Member { return set.Member("north") }

// kubeconfig leads to all clusters, and program is the command line that was built.
var kubeconfig, program string

// atOnce is how many rows are broken at the same time: they wait far more than they work.
const atOnce = "5"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "why: left out under -short: the tests start control planes")
		return 0
	}
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "why:", err)
		return 1
	}
	defer os.RemoveAll(filepath.Dir(kubeconfig))
	defer func() {
		if err := set.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "why:", err)
			code = 1
		}
	}()
	code = m.Run()
	results.print(os.Stdout)
	return code
}

func start() error {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		return err
	}
	if _, err := lab.Enter(); err != nil {
		return err
	}
	program = filepath.Join(filepath.Dir(lab.DefaultBinary()), "mcsctl")
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("the command line is not built: run make build: %w", err)
	}
	dir, err := os.MkdirTemp("", "why-")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	set, err = clusterset.Start(ctx, clusterset.Config{
		Dir: filepath.Join(dir, "lab"), Members: []string{"east", "west", "north"},
		Progress: clusterset.PrintProgress(os.Stdout),
	})
	if err != nil {
		return err
	}
	kubeconfig = filepath.Join(dir, "kubeconfig")
	return writeKubeconfig()
}

// writeKubeconfig puts the clusters' kubeconfigs together, as an administrator of all would have it.
func writeKubeconfig() error {
	all := clientcmdapi.NewConfig()
	for _, cluster := range set.Lab.Clusters() {
		one, err := clientcmd.LoadFromFile(cluster.AdminKubeconfig())
		if err != nil {
			return err
		}
		for name, context := range one.Contexts {
			if cluster.Name() != clusterset.HubName {
				if err := clusterset.SetDNS(context, cluster.DNS().String()); err != nil {
					return err
				}
			}
			all.Contexts[name] = context
			all.Clusters[context.Cluster] = one.Clusters[context.Cluster]
			all.AuthInfos[context.AuthInfo] = one.AuthInfos[context.AuthInfo]
		}
	}
	all.CurrentContext = "west"
	return clientcmd.WriteToFile(*all, kubeconfig)
}
