package join

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// options are what the flags of join say.
type options struct {
	kube.Flags
	typed     []string // the command line, to be told with one flag changed
	context   string
	id        string
	hubServer string
	hubCA     string
	tokenFile string

	dns             string
	dnsAddress      string
	controllerImage string
	coreDNSImage    string

	replace bool
	rotate  bool
	wait    time.Duration

	run       string
	dir       string
	server    string
	dnsListen string

	dryRun      bool
	showSecrets bool
}

func (o *options) register(command *cobra.Command) {
	o.Register(command)
	flags := command.Flags()
	flags.StringVar(&o.context, "context", "", "context of the cluster that joins; empty is the current one")
	flags.StringVar(&o.id, "cluster-id", "", "cluster id to join under; empty takes what the cluster states of itself, then the context's name")
	flags.StringVar(&o.hubServer, "hub-server", "", "URL at which the member's pods reach the hub; empty takes the context's")
	flags.StringVar(&o.hubCA, "hub-ca", "", "file with the certificates that the hub is known by there; empty takes the context's")
	flags.StringVar(&o.tokenFile, "token-file", "", "file with a join token, in place of --hub; - as the argument reads standard input")
	flags.StringVar(&o.dns, "dns", string(manifests.DNSBeside), "CoreDNS: beside the cluster's DNS server, own for a cluster that has none, or none")
	flags.StringVar(&o.dnsAddress, "dns-address", "", "with --dns=own: the address that kubelets give to pods as their name server; two of both families with a comma between")
	flags.StringVar(&o.controllerImage, "controller-image", "", "image of mcs-controller; empty is the one in the manifests")
	flags.StringVar(&o.coreDNSImage, "coredns-image", "", "image of CoreDNS with the multicluster plugin; empty is the one in the manifests")
	flags.BoolVar(&o.replace, "replace", false, "take the id from the cluster that holds it now, whose credential is revoked")
	flags.BoolVar(&o.rotate, "rotate", false, "give the member a new credential and revoke the old one")
	flags.DurationVar(&o.wait, "wait", 2*time.Minute, "how long to wait until the member is up; 0 does not wait")
	flags.StringVar(&o.run, "run", runPods, "how to run the programs: as pods, or process to print how to start them by hand")
	flags.StringVar(&o.dir, "dir", ".", "with --run=process: directory for the files they need, secrets among them")
	flags.StringVar(&o.server, "server", "", "with --run=process: URL at which they reach the member's own API server; empty takes the context's")
	flags.StringVar(&o.dnsListen, "dns-listen", "", "with --run=process: address and port for CoreDNS; empty is a free port of 127.0.0.1")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing: show the objects, with -o yaml for GitOps; asks no cluster if --cluster-id is given")
	flags.BoolVar(&o.showSecrets, "show-secrets", false, "with --dry-run: show the Secret with the member's credential too, which must exist on the hub")
	for flag, complete := range map[string]func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective){
		"context": o.CompleteContexts,
		"dns":     cobra.FixedCompletions([]string{"beside", "own", "none"}, cobra.ShellCompDirectiveNoFileComp),
		"run":     cobra.FixedCompletions([]string{runPods, runProcesses}, cobra.ShellCompDirectiveNoFileComp),
	} {
		if err := command.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(fmt.Sprintf("completing --%s: %v", flag, err)) // the flag is not defined: no run gets here
		}
	}
}

// validate refuses what could never work. It returns usage errors.
func (o *options) validate(fromToken bool) error {
	if o.id != "" {
		if _, err := mcs.ParseClusterID(o.id); err != nil {
			return exit.Usage("%w", err)
		}
	}
	switch {
	case !slices.Contains([]string{runPods, runProcesses}, o.run):
		return exit.Usage("--run is %q: it must be %s or %s", o.run, runPods, runProcesses)
	case !slices.Contains([]manifests.DNS{manifests.DNSBeside, manifests.DNSOwn, manifests.DNSNone}, manifests.DNS(o.dns)):
		return exit.Usage("--dns is %q: it must be beside, own or none", o.dns)
	case o.dnsAddress != "" && !eachOfAFamily(strings.Split(o.dnsAddress, ",")):
		return exit.Usage("--dns-address is %q: it must be an IP address, or one of each family with a comma between", o.dnsAddress)
	case o.dns == string(manifests.DNSOwn) && o.dnsAddress == "" && o.run == runPods:
		return exit.Usage("--dns=own needs --dns-address: the address that kubelets give to pods as their name server (clusterDNS)")
	case fromToken && o.Hub != "":
		return exit.Usage("a join token leads to the hub by itself: leave --hub out")
	case fromToken && (o.hubServer != "" || o.hubCA != ""):
		return exit.Usage("a join token says how the hub is reached: give --hub-server and --hub-ca to mcsctl token create")
	case fromToken && (o.replace || o.rotate):
		return exit.Usage("with a join token the hub's administrator decides that: mcsctl token create --replace")
	case fromToken && o.dryRun:
		return exit.Usage("--dry-run needs no token: give --cluster-id")
	case o.wait < 0:
		return exit.Usage("--wait is %v: it must not be negative", o.wait)
	case o.showSecrets && !o.dryRun:
		return exit.Usage("--show-secrets is for --dry-run: otherwise nothing secret is shown")
	}
	return nil
}

// eachOfAFamily says whether these are IP addresses, no two of one family.
func eachOfAFamily(addresses []string) bool {
	lengths := map[int]bool{} // each family has its own
	for _, address := range addresses {
		ip, err := netip.ParseAddr(address)
		if err != nil || lengths[ip.BitLen()] {
			return false
		}
		lengths[ip.BitLen()] = true
	}
	return true
}

// settings are what the objects depend on, for an id.
func (o *options) settings(id, registry string) settings {
	return settings{
		id: id, registry: registry, run: o.run, dns: manifests.DNS(o.dns), dnsAddress: o.dnsAddress,
		controllerImage: o.controllerImage, coreDNSImage: o.coreDNSImage,
	}
}
