package corefile

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/corefile/edit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Command is `mcsctl corefile`.
func Command() *cobra.Command {
	parent := &cobra.Command{Use: "corefile", Short: "Have a cluster's own DNS server answer for the clusterset"}
	parent.AddCommand(patchCommand())
	return parent
}

type options struct {
	kube.Flags
	context   string
	configMap string
	key       string
	zone      string
	forward   []string
	plugin    bool
	remove    bool
	dryRun    bool
}

func patchCommand() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "patch",
		Short: "Write the clusterset's zone into the Corefile of a cluster's own DNS server, or take it out again",
		Long: `Write the clusterset's zone into the Corefile of a cluster's own DNS server, between two marks, or take it out again.

The zone is forwarded to the DNS server that mcsctl join runs beside it. Where the cluster's own CoreDNS has the multicluster plugin,
--plugin has it answer by itself; any other CoreDNS would not start with that. Nothing else in the Corefile is touched, running this
again changes nothing, and --remove restores the Corefile to the byte.`,
		Example: `  mcsctl corefile patch --context west --dry-run
  mcsctl corefile patch --context west
  mcsctl corefile patch --context west --configmap kube-system/coredns-custom --key clusterset.server
  mcsctl corefile patch --context west --remove`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), screen.New(cmd)) },
	}
	o.Register(command)
	flags := command.Flags()
	flags.StringVar(&o.context, "context", "", "context of the cluster; empty is the current one")
	flags.StringVar(&o.configMap, "configmap", Usual.ConfigMap.String(), "namespace and name of the ConfigMap")
	flags.StringVar(&o.key, "key", Usual.Key, "key of the Corefile in it")
	flags.StringVar(&o.zone, "zone", "clusterset.local", "the clusterset's zone")
	flags.StringSliceVar(&o.forward, "forward", nil, "addresses to forward to; empty takes the Service of CoreDNS that mcsctl join installs")
	flags.BoolVar(&o.plugin, "plugin", false, "this CoreDNS has the multicluster plugin: have it answer by itself")
	flags.BoolVar(&o.remove, "remove", false, "take the marked block out again")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing: show what would change")
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	if err := command.RegisterFlagCompletionFunc("context", o.CompleteContexts); err != nil {
		panic(fmt.Sprintf("completing --context: %v", err)) // the flag is defined above
	}
	return command
}

func (o *options) validate() (Place, error) {
	namespace, name, found := strings.Cut(o.configMap, "/")
	if !found || namespace == "" || name == "" {
		return Place{}, exit.Usage("--configmap is %q: write it as namespace/name", o.configMap)
	}
	if problems := validation.IsDNS1123Subdomain(strings.TrimSuffix(strings.ToLower(o.zone), ".")); len(problems) > 0 {
		return Place{}, exit.Usage("--zone is %q: %s", o.zone, problems[0])
	}
	for _, address := range o.forward {
		if _, err := netip.ParseAddr(address); err != nil {
			if _, err := netip.ParseAddrPort(address); err != nil {
				return Place{}, exit.Usage("--forward is %q: it must be an IP address, with or without a port", address)
			}
		}
	}
	switch {
	case o.plugin && len(o.forward) > 0:
		return Place{}, exit.Usage("--plugin and --forward exclude each other: either this CoreDNS answers or another")
	case o.remove && (o.plugin || len(o.forward) > 0):
		return Place{}, exit.Usage("--remove takes out whatever is between the marks: leave --plugin and --forward out")
	}
	return Place{ConfigMap: client.ObjectKey{Namespace: namespace, Name: name}, Key: o.key}, nil
}

func (o *options) run(ctx context.Context, s *screen.Screen) error {
	place, err := o.validate()
	if err != nil {
		return err
	}
	config, err := o.Load()
	if err != nil {
		return err
	}
	cluster, err := config.Cluster(o.context)
	if err != nil {
		return exit.Usage("%w", err)
	}
	s.Note("cluster: context %s, %s", cluster.Context, place)
	change := edit.Remove
	if !o.remove {
		wanted := edit.Change{Zone: o.zone, Forward: o.forward}
		if !o.plugin && len(o.forward) == 0 {
			if wanted.Forward, err = server(ctx, cluster); err != nil {
				return err
			}
		}
		change = func(text string) (string, error) { return edit.Patch(text, wanted) }
	}
	done, err := rewrite(ctx, cluster, place, o.dryRun, change)
	var hand *edit.ByHandError
	switch {
	case errors.As(err, &hand):
		return exit.Problem(fmt.Errorf("%w: nothing was changed; to have it kept by this command, take those lines out first", err))
	case apierrors.IsNotFound(err):
		return exit.Problem(fmt.Errorf("%w; name the ConfigMap that the DNS server reads with --configmap", err))
	case err != nil:
		return exit.Problem(err)
	}
	return o.show(s, cluster, done)
}

// server returns the addresses of the CoreDNS that a join installs beside the cluster's own.
func server(ctx context.Context, cluster *kube.Cluster) ([]string, error) {
	key := client.ObjectKey{Namespace: manifests.CoreDNSNamespace, Name: manifests.CoreDNSDeployment}
	var service corev1.Service
	switch err := cluster.Get(ctx, key, &service); {
	case apierrors.IsNotFound(err):
		return nil, exit.Problem(fmt.Errorf("context %q has no Service %s to forward to: mcsctl join --context %s installs it; or name a server with --forward, or --plugin",
			cluster.Context, key, shell.Word(cluster.Context)))
	case err != nil:
		return nil, fmt.Errorf("reading Service %s in context %q: %w", key, cluster.Context, err)
	case len(service.Spec.ClusterIPs) == 0:
		return nil, exit.Problem(fmt.Errorf("reading the address of Service %s in context %q: it has none", key, cluster.Context))
	}
	return service.Spec.ClusterIPs, nil
}

func (o *options) show(s *screen.Screen, cluster *kube.Cluster, done Changed) error {
	changed := done.Before != done.After
	difference := edit.Diff(done.Before, done.After)
	if s.Structured() {
		return s.Object(map[string]any{"context": cluster.Context, "changed": changed && !o.dryRun, "difference": difference})
	}
	if !changed {
		s.Printf("corefile  nothing to change\n")
		return nil
	}
	for line := range strings.Lines(difference) {
		switch text := strings.TrimSuffix(line, "\n"); {
		case strings.HasPrefix(text, "+"):
			text = s.Good(text)
			s.Printf("%s\n", text)
		case strings.HasPrefix(text, "-"):
			s.Printf("%s\n", s.Bad(text))
		default:
			s.Printf("%s\n", text)
		}
	}
	if o.dryRun {
		s.Printf("corefile  nothing was written\n")
		return nil
	}
	s.Printf("corefile  written\n")
	if edit.Reloads(done.After) {
		s.Printf("next      nothing: CoreDNS reads it again within a minute or two\n")
		return nil
	}
	s.Printf("next      it has no reload plugin, so restart it: kubectl --context %s -n kube-system rollout restart deployment coredns\n", shell.Word(cluster.Context))
	return nil
}
