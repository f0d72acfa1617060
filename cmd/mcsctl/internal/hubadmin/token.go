package hubadmin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/jointoken"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// TokenCommand is `mcsctl token`.
func TokenCommand() *cobra.Command {
	parent := &cobra.Command{Use: "token", Short: "Let a cluster join whose administrator is not the hub's"}
	parent.AddCommand(createCommand(), listCommand(), revokeCommand())
	return parent
}

// minTTL is the shortest time that Kubernetes gives a token.
const minTTL = 10 * time.Minute

type creation struct {
	kube.Flags
	ttl       time.Duration
	hubServer string
	hubCA     string
	replace   bool
	dryRun    bool
}

func createCommand() *cobra.Command {
	var o creation
	command := &cobra.Command{
		Use:   "create ID",
		Short: "Register a member on the hub and print the token with which its administrator joins it",
		Long: `Register a member on the hub and print the token with which its administrator joins it.

The token goes to standard output, everything else to standard error. It is good once, for mcsctl join with this one cluster id, and
not longer than --ttl; whoever holds it can join in the member's place, so pass it on as a secret. A new token revokes the one before.`,
		Example: `  mcsctl token create west --hub east > west.token
  mcsctl token create west --hub east --ttl 15m | ssh west-admin mcsctl join - --context west`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.Register(command)
	flags := command.Flags()
	flags.DurationVar(&o.ttl, "ttl", time.Hour, "how long the token is good if nobody uses it; 10m or longer, and the hub may allow less")
	flags.StringVar(&o.hubServer, "hub-server", "", "URL at which the member and its pods reach the hub; empty takes the context's")
	flags.StringVar(&o.hubCA, "hub-ca", "", "file with the certificates that the hub is known by there; empty takes the context's")
	flags.BoolVar(&o.replace, "replace", false, "take the id from the cluster that holds it now, whose credential is revoked")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing and ask no cluster: show the registration, with -o yaml for GitOps")
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	return command
}

// oneID accepts one cluster id.
func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return exit.Usage("name the one cluster id")
	}
	if _, err := mcs.ParseClusterID(args[0]); err != nil {
		return exit.Usage("%w", err)
	}
	return nil
}

func (o *creation) run(cmd *cobra.Command, id string) error {
	s, ctx := screen.New(cmd), cmd.Context()
	if o.ttl < minTTL {
		return exit.Usage("--ttl is %v: Kubernetes gives no token for less than %v", o.ttl, minTTL)
	}
	registration, err := manifests.Member(id, o.ClustersetNamespace)
	if err != nil {
		return exit.Usage("%w", err)
	}
	if o.dryRun {
		return install.Render(s, install.Part{
			Name: "hub", Context: o.Hub, Objects: append(registration.Objects, credential.Secret(o.ClustersetNamespace, id)),
			Notes: []string{"The Secret is filled in by the hub. The join token is not among these: run mcsctl token create without --dry-run."},
		})
	}
	hub, held, err := o.hub(ctx, s, id)
	if err != nil {
		return err
	}
	server, err := credential.ServerOf(hub.REST, o.hubServer, o.hubCA)
	if err != nil {
		return err
	}
	writes := append(slices.Clone(registration.Objects), credential.Secret(o.ClustersetNamespace, id))
	if err := precheck.Report(s, precheck.Registration(ctx, hub, server.URL, writes)); err != nil {
		return err
	}
	done := s.Progress("making the member's place and the token")
	token, err := o.create(ctx, hub, id, registration, server, held)
	done()
	if err != nil {
		s.Note("what was applied so far stays; run the command again to finish, or mcsctl token revoke %s --hub %s", id, hub.Context)
		return err
	}
	text, err := token.Encode()
	if err != nil {
		return err
	}
	if s.Structured() {
		return s.Object(map[string]any{"id": id, "token": text, "expires": token.Expires.UTC().Format(time.RFC3339)})
	}
	s.Printf("%s\n", text)
	s.Note("good once, until %s; to use it: mcsctl join --context MEMBER --token-file FILE, or - for standard input", token.Expires.Local().Format(time.DateTime))
	return nil
}

// hub returns the hub, if the id may be given away there, and whether a cluster holds it.
func (o *creation) hub(ctx context.Context, s *screen.Screen, id string) (hub *kube.Cluster, held bool, err error) {
	set, err := clusterset(ctx, s, &o.Flags)
	if err != nil {
		return nil, false, err
	}
	member, _ := set.Member(mcs.ClusterID(id))
	holder := membership.Holder(member.Lease)
	if holder != "" && !o.replace && alive(member.Lease, time.Now()) {
		return nil, true, exit.Problem(fmt.Errorf("%q is a member that is alive, the cluster with kube-system UID %s: choose another id, or take the id from it with --replace", id, holder))
	}
	return set.Hub, holder != "", nil
}

// alive says whether a Lease moved within the time after which a member is forgotten; one that never did has not.
func alive(lease *coordinationv1.Lease, now time.Time) bool {
	return now.Sub(membership.Renewed(lease)) < membership.DefaultThresholds.Forget
}

// create registers the member and makes its credential, then the token that is exchanged for it. A cluster that held the id loses it.
func (o *creation) create(ctx context.Context, hub *kube.Cluster, id string, registration manifests.Registration, server credential.Server, held bool) (jointoken.Token, error) {
	token := jointoken.Token{
		ID: id, Server: server.URL, CA: server.CA, ServerName: server.Name,
		Registry: registration.ServiceAccount.Namespace, Namespace: registration.Namespace,
	}
	if _, err := install.Apply(ctx, hub, registration.Objects...); err != nil {
		return token, err
	}
	if held || o.replace {
		if err := credential.Revoke(ctx, hub, token.Registry, id); err != nil {
			return token, err
		}
		lease := &coordinationv1.Lease{}
		lease.Namespace, lease.Name = token.Namespace, membership.LeaseName
		if err := hub.Delete(ctx, lease); client.IgnoreNotFound(err) != nil {
			return token, fmt.Errorf("taking the id from its holder on hub %q: %w", hub.Context, err)
		}
	}
	bearer, _, err := credential.Member(ctx, hub, token.Registry, id, false)
	if err != nil {
		return token, err
	}
	kubeconfig, err := server.Kubeconfig("hub", bearer)
	if err != nil {
		return token, err
	}
	return credential.Offer(ctx, hub, token, kubeconfig, o.ttl)
}

// clusterset reads the clusterset and tells on which hub it is; a hub without members is one too.
func clusterset(ctx context.Context, s *screen.Screen, flags *kube.Flags) (*kube.Clusterset, error) {
	config, err := flags.Load()
	if err != nil {
		return nil, err
	}
	set, err := config.Clusterset(ctx)
	switch {
	case errors.Is(err, kube.ErrNoHub):
		return nil, exit.Problem(err)
	case err != nil:
		return nil, err
	}
	s.Note("hub: context %s, registry in namespace %s", set.Hub.Context, set.Namespace)
	return set, nil
}
