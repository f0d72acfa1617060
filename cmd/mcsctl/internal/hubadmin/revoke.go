package hubadmin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func revokeCommand() *cobra.Command {
	var flags kube.Flags
	command := &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke the join token of a member, and its registration if it never joined",
		Long: `Revoke the join token of a member. If no cluster has ever used one, its registration and its credential go too.

A member that has joined stays one; mcsctl leave ends that.`,
		Example: `  mcsctl token revoke west --hub east`,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return revoke(cmd.Context(), screen.New(cmd), &flags, args[0])
		},
	}
	flags.Register(command)
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	return command
}

func revoke(ctx context.Context, s *screen.Screen, flags *kube.Flags, id string) error {
	set, err := clusterset(ctx, s, flags)
	if err != nil {
		return err
	}
	member, registered := set.Member(mcs.ClusterID(id))
	if !registered {
		return exit.Problem(fmt.Errorf("%q is not registered on hub %q: there is no token to revoke", id, set.Hub.Context))
	}
	tokens, err := credential.Withdraw(ctx, set.Hub, member.Namespace)
	if err != nil {
		return err
	}
	removed := false
	if member.Lease == nil {
		registration, err := manifests.Member(id, set.Namespace)
		if err != nil {
			return err
		}
		if _, err := install.Delete(ctx, set.Hub, append(registration.Objects, credential.Secret(set.Namespace, id))...); err != nil {
			return err
		}
		removed = true
	}
	if s.Structured() {
		return s.Object(map[string]any{"id": id, "revoked": tokens, "registrationRemoved": removed})
	}
	s.Printf("token     %d revoked\n", tokens)
	if removed {
		s.Printf("hub       the registration of %s is removed: no cluster has used it\n", id)
	} else {
		s.Printf("hub       %s has joined and stays a member\n", id)
	}
	return nil
}
