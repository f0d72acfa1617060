// Package complete offers names from the clusters to shells that complete a command line.
//
// Here belongs asking for names, quickly and silently: whoever presses a key wants a name or nothing. It imports kube.
package complete

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// patience is how long a person waits for a completion before typing on.
const patience = 3 * time.Second

// Function is what cobra asks for completions.
type Function = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// Place is where a command looks, as its flags say when the completion is asked for.
type Place struct {
	Flags *kube.Flags
	// Context and Namespace point to the values of flags; nil where the command has none.
	Context, Namespace *string
}

// Namespaces completes names of namespaces.
func (p Place) Namespaces(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return p.names(&corev1.NamespaceList{}, "")
}

// Services completes the name of a Service as the first argument.
func (p Place) Services(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return p.names(&corev1.ServiceList{}, p.namespace())
}

// Exports completes the name of a ServiceExport as the first argument.
func (p Place) Exports(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return p.names(&mcsv1beta1.ServiceExportList{}, p.namespace())
}

// Members completes ids of members.
func (p Place) Members(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	config, err := p.Flags.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	set, err := config.Clusterset(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, m := range set.Members {
		ids = append(ids, string(m.ID))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func (p Place) namespace() string {
	if p.Namespace == nil {
		return ""
	}
	return *p.Namespace
}

func (p Place) names(list client.ObjectList, namespace string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cluster, err := p.cluster()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if _, namespaced := list.(*corev1.NamespaceList); !namespaced && namespace == "" {
		namespace = cluster.Namespace
	}
	if err := cluster.List(ctx, list, client.InNamespace(namespace), client.Limit(500)); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return namesOf(list), cobra.ShellCompDirectiveNoFileComp
}

func (p Place) cluster() (*kube.Cluster, error) {
	config, err := p.Flags.Load()
	if err != nil {
		return nil, err
	}
	name := ""
	if p.Context != nil {
		name = *p.Context
	}
	return config.Cluster(name)
}

func namesOf(list client.ObjectList) []string {
	var names []string
	switch list := list.(type) {
	case *corev1.NamespaceList:
		for _, item := range list.Items {
			names = append(names, item.Name)
		}
	case *corev1.ServiceList:
		for _, item := range list.Items {
			names = append(names, item.Name)
		}
	case *mcsv1beta1.ServiceExportList:
		for _, item := range list.Items {
			names = append(names, item.Name)
		}
	}
	return names
}
