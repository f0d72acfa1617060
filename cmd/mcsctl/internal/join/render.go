package join

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// render shows what a join would write. With an id and without secrets it asks no cluster.
func (o *options) render(ctx context.Context, s *screen.Screen) error {
	id, registry := o.id, o.ClustersetNamespace
	if id == "" {
		config, err := o.Load()
		if err != nil {
			return err
		}
		member, err := config.Cluster(o.context)
		if err != nil {
			return exit.Usage("%w", err)
		}
		p := parties{member: member}
		if err := p.identify(ctx, ""); err != nil {
			return err
		}
		id = p.id
	}
	plan, err := newPlan(o.settings(id, registry))
	if err != nil {
		return err
	}
	hub := install.Part{
		Name: "hub", Context: o.Hub, Objects: slices.Concat(plan.place, []*unstructured.Unstructured{plan.profile, plan.credential}),
		Notes: []string{fmt.Sprintf("The hub fills in the token of Secret %s/%s.", registry, plan.credential.GetName())},
	}
	member := install.Part{Name: "member", Context: o.context, Objects: slices.Clone(plan.base)}
	if o.run == runPods {
		if !o.showSecrets {
			member.Notes = []string{fmt.Sprintf("Not among these: Secret %s/%s, with a kubeconfig under the key %s that holds the token of the hub's Secret %s/%s.\nmcsctl join writes it; --show-secrets shows it.",
				manifests.ControllerNamespace, manifests.HubSecret, manifests.HubSecretKey, registry, plan.credential.GetName())}
		} else {
			kubeconfig, err := o.existing(ctx, plan)
			if err != nil {
				return err
			}
			member.Objects = append(member.Objects, hubSecret(kubeconfig))
		}
	}
	member.Objects = append(member.Objects, plan.workloads...)
	return install.Render(s, hub, member)
}

// existing returns the member's kubeconfig for the hub, from the credential that is there.
func (o *options) existing(ctx context.Context, plan plan) ([]byte, error) {
	config, err := o.Load()
	if err != nil {
		return nil, err
	}
	hub, err := config.Cluster(o.Hub)
	if err != nil {
		return nil, exit.Usage("%w", err)
	}
	var secret corev1.Secret
	if err := hub.Get(ctx, client.ObjectKeyFromObject(plan.credential), &secret); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading the member's credential on hub %q: %w", hub.Context, err)
	}
	bearer := string(secret.Data[corev1.ServiceAccountTokenKey])
	if bearer == "" {
		return nil, exit.Problem(errNoCredential)
	}
	server, err := o.hubOf(ctx, parties{hub: hub})
	if err != nil {
		return nil, err
	}
	return server.Kubeconfig("hub", bearer)
}
