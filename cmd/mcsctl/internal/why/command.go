package why

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/gather"
)

// options are the flags of `mcsctl why`.
type options struct {
	kube  kube.Flags
	from  string
	qtype string
	dns   string
}

// Command is `mcsctl why`.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "why NAME",
		Short: "Say why a name of the clusterset resolves as it does, and what would change that",
		Long: `Walks from the question to the pods - resolver, Corefile, DNS server, ServiceImport, the hub's records, ServiceExport, Service,
endpoints - asks the real DNS server, compares what it says with what the objects of the API ask for, and ends in one cause
with its id, one fix as a command to paste, and one sentence of why. docs/why.md has every cause.

The server that is asked is the one of --dns, else the one that the context's extension ` + kube.DNSExtension + `
names, else each ready pod behind Service kube-system/kube-dns through a forwarded port.

Exit status: 0 resolves as the API says, 1 a cause was found, 2 cannot tell, because something could not be looked at,
64 the command line is wrong.`,
		Example: `  mcsctl why checkout.shop.svc.clusterset.local
  mcsctl why checkout.shop.svc.clusterset.local --from west
  mcsctl why checkout.shop.svc.clusterset.local --from west/shop/frontend-6d5f9c
  mcsctl why _http._tcp.checkout.shop.svc.clusterset.local -t SRV --from west
  mcsctl why checkout.shop.svc.clusterset.local --from west --dns 169.254.20.10:53
  mcsctl why checkout.shop.svc.clusterset.local --from west -o json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("why takes one name, such as checkout.shop.svc.clusterset.local, and was given %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: o.completeNames,
		RunE:              o.run,
	}
	flags := command.Flags()
	flags.StringVar(&o.from, "from", "", "where the name is asked: CONTEXT or CONTEXT/NAMESPACE/POD; empty is the current context")
	flags.StringVarP(&o.qtype, "type", "t", "A", "type of record: A, AAAA, SRV, TXT or PTR")
	flags.StringVar(&o.dns, "dns", "", "DNS server to ask, HOST:PORT; empty is the cluster's own")
	o.kube.Register(command)
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	_ = command.RegisterFlagCompletionFunc("from", o.kube.CompleteContexts) // the flags were defined just above
	_ = command.RegisterFlagCompletionFunc("type", cobra.FixedCompletions([]string{"A", "AAAA", "SRV", "TXT", "PTR"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (o *options) run(command *cobra.Command, args []string) error {
	if _, err := explain.Ask(args[0], o.qtype); err != nil {
		return exit.Usage("%w", err)
	}
	config, err := o.kube.Load()
	if err != nil {
		return exit.CannotTell(err)
	}
	request, err := gather.From(o.from, config.Contexts())
	if err != nil {
		return exit.Usage("%w", err)
	}
	request.Name, request.Type, request.DNS = args[0], o.qtype, o.dns
	s := screen.New(command)
	done := s.Progress("looking at every cluster on the way of " + args[0])
	facts, err := gather.Facts(command.Context(), config, request)
	done()
	if errors.Is(err, gather.ErrNoPod) {
		return exit.Usage("--from %q: %w", o.from, err)
	}
	if err != nil {
		return exit.CannotTell(err)
	}
	explanation := explain.Explain(facts)
	if err := show(s, facts, explanation); err != nil {
		return err
	}
	switch explanation.Status() {
	case explain.StatusCause:
		return exit.Problem(nil)
	case explain.StatusUnknown:
		return exit.CannotTell(nil)
	}
	return nil
}

// completeNames completes the names of the services that are imported in the cluster where the name is asked.
func (o *options) completeNames(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	config, err := o.kube.Load()
	if err != nil {
		return nil, none
	}
	request, err := gather.From(o.from, config.Contexts())
	if err != nil {
		return nil, none
	}
	cluster, err := config.Cluster(request.Context)
	if err != nil {
		return nil, none
	}
	var imports mcsv1beta1.ServiceImportList
	if err := cluster.List(command.Context(), &imports, client.Limit(500)); err != nil {
		return nil, none
	}
	var names []string
	for _, si := range imports.Items {
		names = append(names, si.Name+"."+si.Namespace+".svc.clusterset.local")
	}
	return names, none
}
