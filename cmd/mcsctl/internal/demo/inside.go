package demo

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// What is done in a cluster's network or to its processes, from inside the demo.
const (
	insideCut      = "cut"
	insideJoin     = "join"
	insideStop     = "stop"
	insideContinue = "continue"
	insideKill     = "kill"
)

// usualNames are those of a demo's first two members.
var usualNames = strings.NewReplacer("{east}", names(2)[0], "{west}", names(2)[1])

// inside has this program run in a cluster of the demo.
func (r *running) inside(cluster *kube.Cluster, verb string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	return r.lab.Exec(cluster.Context, self, "demo", "inside", verb, cluster.Context)
}

// insideCommand is the part of `mcsctl demo break` that runs in the demo. It is not for people: outside of a demo it would act on
// the machine itself, and therefore refuses.
func insideCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "inside VERB CLUSTER",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			return actInside(args[0], args[1])
		},
	}
}
