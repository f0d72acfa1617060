// Package version is `mcsctl version`: which build this is, and which ones run in a cluster.
//
// Here belongs telling versions. It imports observe for what runs in a cluster.
package version

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// Versions is what `mcsctl version -o json` prints.
type Versions struct {
	Client  Build    `json:"client"`
	Cluster *Cluster `json:"cluster,omitempty"`
}

// Build is one build of mcsctl.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Cluster is what runs in one cluster. Empty is what could not be found there.
type Cluster struct {
	Context    string   `json:"context"`
	Kubernetes string   `json:"kubernetes,omitempty"`
	Controller string   `json:"controller,omitempty"`
	DNS        string   `json:"dns,omitempty"`
	DNSSchema  string   `json:"dnsSchema,omitempty"`
	Unread     []string `json:"unread,omitempty"`
}

// Command returns `mcsctl version`.
func Command() *cobra.Command {
	var flags kube.Flags
	var context string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show which build this is, and what runs in a cluster",
		Long: `Shows the version of this program. With --context it shows what runs in that cluster as well: the Kubernetes API server, the
image of the controller, the image of the DNS server and the version of the DNS specification it says it follows. Programs that
run as processes and not in pods have no image to read; a line says so.`,
		Example: `  mcsctl version
  mcsctl version --context west -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := screen.New(cmd)
			versions := Versions{Client: own(debug.ReadBuildInfo())}
			if context != "" {
				config, err := flags.Load()
				if err != nil {
					return err
				}
				cluster, err := config.Cluster(context)
				if err != nil {
					return exit.Usage("%w", err)
				}
				versions.Cluster = running(cmd.Context(), cluster)
			}
			if s.Structured() {
				if err := s.Object(versions); err != nil {
					return err
				}
			} else {
				show(s, versions)
			}
			if versions.Cluster != nil && len(versions.Cluster.Unread) > 0 {
				return exit.CannotTell(nil)
			}
			return nil
		},
	}
	flags.Register(cmd)
	cmd.Flags().StringVar(&context, "context", "", "also show what runs in the cluster of this context")
	_ = cmd.RegisterFlagCompletionFunc("context", flags.CompleteContexts) // defined just above
	screen.RegisterOutput(cmd, screen.JSON, screen.YAML)
	return cmd
}

// own is this build, by what the Go toolchain wrote into it.
func own(info *debug.BuildInfo, ok bool) Build {
	b := Build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			b.Revision = setting.Value
		}
	}
	return b
}

func running(ctx context.Context, cluster *kube.Cluster) *Cluster {
	facts := observe.ReadRunning(ctx, cluster)
	c := &Cluster{Context: cluster.Context, Kubernetes: facts.Kubernetes, Controller: facts.Controller.Image, DNS: facts.DNS.Image, DNSSchema: facts.Answer.Text}
	for what, reason := range facts.Unread {
		c.Unread = append(c.Unread, what+": "+reason)
	}
	slices.Sort(c.Unread)
	if facts.Answer.Err != "" {
		c.Unread = append(c.Unread, "dns at "+facts.Answer.Server+": "+facts.Answer.Err)
	}
	return c
}

func show(s *screen.Screen, v Versions) {
	line := v.Client.Version
	if v.Client.Revision != "" {
		line += " (" + v.Client.Revision + ")"
	}
	s.Printf("mcsctl      %s, %s, %s\n", line, v.Client.Go, v.Client.Platform)
	if v.Cluster == nil {
		return
	}
	s.Printf("context     %s\n", v.Cluster.Context)
	for _, row := range [][2]string{{"kubernetes", v.Cluster.Kubernetes}, {"controller", v.Cluster.Controller}, {"dns", v.Cluster.DNS}} {
		if row[1] == "" {
			row[1] = s.Faint("not found in a pod")
		}
		s.Printf("%-10s  %s\n", row[0], row[1])
	}
	if v.Cluster.DNSSchema != "" {
		s.Printf("dns schema  %s\n", v.Cluster.DNSSchema)
	}
	for _, reason := range v.Cluster.Unread {
		s.Printf("%s\n", s.Warn("not read: "+reason))
	}
}
