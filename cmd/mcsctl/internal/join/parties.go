package join

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/jointoken"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// parties are who joins whom.
type parties struct {
	member *kube.Cluster
	id     string
	uid    string // of the member's kube-system namespace

	hub         *kube.Cluster // as its administrator has it, or as the member does where there is a token
	registry    string
	others      []kube.Member
	hubIsMember bool
}

// joinByContext joins with both contexts at hand.
func (o *options) joinByContext(ctx context.Context, s *screen.Screen) error {
	config, err := o.Load()
	if err != nil {
		return err
	}
	p := parties{registry: config.ClustersetNamespace()}
	if p.member, err = config.Cluster(o.context); err != nil {
		return exit.Usage("%w", err)
	}
	if err := p.identify(ctx, o.id); err != nil {
		return err
	}
	set, err := config.Clusterset(ctx)
	switch {
	case errors.Is(err, kube.ErrNoHub):
		return exit.Problem(err)
	case err != nil:
		return err
	}
	p.hub, p.others = set.Hub, set.Members
	hubUID, err := membership.ReadKubeSystemUID(ctx, p.hub)
	if err != nil {
		return fmt.Errorf("reading which cluster hub %q is: %w", p.hub.Context, err)
	}
	p.hubIsMember = hubUID == p.uid
	if registered, found := set.Member(mcs.ClusterID(p.id)); found && registered.Profile.Name != p.id {
		return exit.Problem(fmt.Errorf("%q is registered by ClusterProfile %q, which %q manages: join under another id", p.id, registered.Profile.Name, registered.Profile.Spec.ClusterManager.Name))
	}
	server, err := o.hubOf(ctx, p)
	if err != nil {
		return err
	}
	s.Note("joining %s (context %s) to the clusterset on hub %s (registry in namespace %s)", p.id, p.member.Context, p.hub.Context, p.registry)
	plan, err := o.planFor(p)
	if err != nil {
		return err
	}
	check := precheck.Check{
		Member: p.member, Hub: p.hub, HubRights: true, ID: p.id, Namespace: p.registry, Replace: o.replace,
		HubServer: server.URL, Writes: append(append(plan.base, plan.workloads...), hubSecret(nil)), Others: p.others,
	}
	if o.run == runProcesses {
		check.HubServer = "" // no pod has to reach it
	}
	if o.hubServer != "" || o.hubCA != "" {
		check.Answers = server.Answers
	}
	if err := precheck.Report(s, check.Run(ctx)); err != nil {
		return err
	}
	j := &joining{options: o, parties: p, plan: plan, server: server, screen: s, begun: time.Now()}
	return j.run(ctx, []step{
		{"hub", "making the member's place", j.makePlace},
		{"member", "installing", j.install},
		{"hub", "registering", j.enrol},
	})
}

// joinByToken joins with the member's context and a join token.
func (o *options) joinByToken(ctx context.Context, s *screen.Screen, token jointoken.Token) error {
	if o.id != "" && o.id != token.ID {
		return exit.Usage("--cluster-id is %q and the join token is for %q", o.id, token.ID)
	}
	config, err := o.Load()
	if err != nil {
		return err
	}
	p := parties{registry: token.Registry}
	if p.member, err = config.Cluster(o.context); err != nil {
		return exit.Usage("%w", err)
	}
	if err := p.identify(ctx, token.ID); err != nil {
		return err
	}
	s.Note("joining %s (context %s) to the clusterset on hub %s (registry in namespace %s)", p.id, p.member.Context, token.Server, p.registry)
	exchange, err := credential.Redeem(ctx, token, p.member, time.Now())
	again := errors.Is(err, credential.ErrSpent) && o.run == runPods
	if again {
		exchange, err = p.redeemed(ctx, token, err)
	}
	if err != nil {
		return exit.Problem(err)
	}
	p.hub = exchange.Hub
	plan, err := o.planFor(p)
	if err != nil {
		return err
	}
	check := precheck.Check{
		Member: p.member, Hub: p.hub, ID: p.id, Namespace: p.registry, HubServer: token.Server,
		Writes: append(append(plan.base, plan.workloads...), hubSecret(nil)),
	}
	if err := precheck.Report(s, check.Run(ctx)); err != nil {
		return err
	}
	j := &joining{options: o, parties: p, plan: plan, screen: s, begun: time.Now(), kubeconfig: exchange.Kubeconfig, exchange: exchange}
	steps := []step{{"member", "installing", j.install}, {"token", "revoking", j.spend}}
	if again {
		steps = steps[:1]
	}
	return j.run(ctx, steps)
}

// redeemed returns what a cluster that joined by the token has of it, so that joining once more finishes or changes nothing. Where it has
// nothing of it, or what it has is not good any more, the error is spent.
func (p *parties) redeemed(ctx context.Context, token jointoken.Token, spent error) (*credential.Exchange, error) {
	statement, err := membership.ReadStatement(ctx, p.member, membership.PropertyClusterID)
	if err != nil || statement.Value != token.ID {
		return nil, spent
	}
	var secret corev1.Secret
	if err := p.member.Get(ctx, client.ObjectKeyFromObject(hubSecret(nil)), &secret); err != nil {
		return nil, spent
	}
	e := &credential.Exchange{Kubeconfig: secret.Data[manifests.HubSecretKey]}
	if e.Hub, err = credential.Connect(e.Kubeconfig, "hub "+token.Server, p.member); err != nil || e.Hub.REST.Host != token.Server {
		return nil, spent
	}
	if err := e.Hub.List(ctx, &membership.ClusterProfileList{}, client.InNamespace(token.Registry)); err != nil {
		return nil, spent
	}
	return e, nil
}

// identify finds out which cluster joins, and under which id.
func (p *parties) identify(ctx context.Context, id string) error {
	var err error
	if p.uid, err = membership.ReadKubeSystemUID(ctx, p.member); err != nil {
		return fmt.Errorf("reading which cluster context %q leads to: %w", p.member.Context, err)
	}
	if id == "" {
		statement, err := membership.ReadStatement(ctx, p.member, membership.PropertyClusterID)
		if err != nil {
			return fmt.Errorf("reading the cluster id of context %q: %w", p.member.Context, err)
		}
		id = statement.Value
	}
	if id == "" {
		id = p.member.Context
		if _, err := mcs.ParseClusterID(id); err != nil {
			return exit.Usage("the context's name %q is no cluster id: choose one with --cluster-id", id)
		}
	}
	p.id = id
	return nil
}

// hubOf returns how the member's programs reach the hub.
func (o *options) hubOf(ctx context.Context, p parties) (credential.Server, error) {
	if p.hubIsMember && o.hubServer == "" && o.run == runPods {
		return credential.InCluster(ctx, p.hub)
	}
	return credential.ServerOf(p.hub.REST, o.hubServer, o.hubCA)
}

// planFor returns what is to be written for the parties, by what the member serves already.
func (o *options) planFor(p parties) (plan, error) {
	settings := o.settings(p.id, p.registry)
	settings.about = aboutVersion(p.member)
	return newPlan(settings)
}

// aboutVersion is the version of the About API that a cluster serves; "" while it serves none.
func aboutVersion(cluster *kube.Cluster) string {
	mapping, err := cluster.RESTMapper().RESTMapping(schema.GroupKind{Group: "about.k8s.io", Kind: "ClusterProperty"})
	if err != nil {
		return ""
	}
	return mapping.GroupVersionKind.Version
}
