package join

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// joining is one join on its way.
type joining struct {
	options *options
	parties parties
	plan    plan
	server  credential.Server
	screen  *screen.Screen
	begun   time.Time

	kubeconfig []byte               // by which the member reaches the hub
	exchange   *credential.Exchange // of the join token; nil where both contexts are at hand
	handedOver time.Time            // when the holder before was heard last; zero where the id was taken from nobody
	changes    []install.Change
}

// step is one part of a join: where it happens, what is done, and the function that does it and says what came of it.
type step struct {
	where, what string
	do          func(context.Context) (string, error)
}

// run takes the steps, then waits for the member. An error leaves what was written, and says what that means.
func (j *joining) run(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := j.take(ctx, s); err != nil {
			j.screen.Note("nothing is undone: running the same command again finishes it, and %s removes what was written", j.undo())
			return err
		}
	}
	if err := j.take(ctx, step{"member", "waiting until it is up", j.await}); err != nil {
		j.screen.Note("it has joined and nothing is undone: others import from it as soon as its controller runs, and running the same command again waits once more")
		return err
	}
	return j.finish(ctx)
}

// take takes one step and says what came of it.
func (j *joining) take(ctx context.Context, s step) error {
	done := j.screen.Progress(s.where + ": " + s.what)
	text, err := s.do(ctx)
	done()
	if err == nil && text != "" && !j.screen.Structured() {
		j.screen.Printf("%-9s %s\n", s.where, text)
	}
	return err
}

// undo is the command that removes what was written, by whoever runs this one.
func (j *joining) undo() string {
	p := j.parties
	command := "mcsctl leave --context " + p.member.Context
	if p.id != p.member.Context {
		command += " --cluster-id " + p.id
	}
	if j.options.dns == string(manifests.DNSOwn) && j.options.run == runPods {
		command += " --own-dns"
	}
	if j.exchange != nil {
		return command + " --force"
	}
	return command + " --hub " + p.hub.Context
}

// makePlace gives the member its place on the hub and its credential. Nobody counts it yet.
func (j *joining) makePlace(ctx context.Context) (string, error) {
	p := j.parties
	changes, err := install.Apply(ctx, p.hub, j.plan.place...)
	j.changes = append(j.changes, changes...)
	if err != nil {
		return "", err
	}
	// After the place, which a Lease goes with that an earlier leave is still deleting.
	lease, err := j.lease(ctx)
	if err != nil {
		return "", err
	}
	other := otherHolder(lease, p.uid)
	if other && !j.options.replace && time.Since(membership.Renewed(lease)) < membership.DefaultThresholds.Forget {
		return "", exit.Problem(fmt.Errorf("another cluster, with kube-system UID %s, has become %q in the meantime: choose another id with --cluster-id, or add --replace", membership.Holder(lease), p.id))
	}
	// Before the Lease: whoever held the id could take it again. Where nobody holds it yet, the one to be replaced may have a credential.
	revoke := j.options.rotate || other || j.options.replace && lease == nil
	bearer, change, err := credential.Member(ctx, p.hub, p.registry, p.id, revoke)
	if err != nil {
		return "", err
	}
	j.changes = append(j.changes, change)
	former := ""
	if other {
		former = membership.Holder(lease)
		if err := j.handOver(ctx, lease); err != nil {
			return "", err
		}
	}
	if j.kubeconfig, err = j.server.Kubeconfig("hub", bearer); err != nil {
		return "", err
	}
	text := fmt.Sprintf("place %s and credential of %s: %s", j.plan.namespace, p.id, install.Summary(append(changes, change)))
	if other {
		text += "; taken over from the cluster with kube-system UID " + former
	}
	return text, nil
}

// otherHolder says whether a Lease is another cluster's than the one with this UID. A nil Lease is nobody's.
func otherHolder(lease *coordinationv1.Lease, uid string) bool {
	return membership.Holder(lease) != "" && membership.Holder(lease) != uid
}

// handOver makes the cluster that joins the holder of the Lease. Deleting it would not do: an API server takes a revoked credential for
// another ten seconds, in which the one before would make it anew; it does not take one that another cluster holds.
func (j *joining) handOver(ctx context.Context, lease *coordinationv1.Lease) error {
	j.handedOver = membership.Renewed(lease)
	change := client.MergeFrom(lease.DeepCopy())
	lease.Spec.HolderIdentity = &j.parties.uid
	if err := j.parties.hub.Patch(ctx, lease, change); err != nil {
		return fmt.Errorf("taking the id %q from its holder on hub %q: %w", j.parties.id, j.parties.hub.Context, err)
	}
	return nil
}

// hubSecret is the Secret in the member that says how to reach the hub.
func hubSecret(kubeconfig []byte) *unstructured.Unstructured {
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "data": map[string]any{manifests.HubSecretKey: encode(kubeconfig)},
	}}
	secret.SetNamespace(manifests.ControllerNamespace)
	secret.SetName(manifests.HubSecret)
	return secret
}

// install gives the member what it runs.
func (j *joining) install(ctx context.Context) (string, error) {
	member := j.parties.member
	objects, err := j.withoutForeignStatement(ctx)
	if err != nil {
		return "", err
	}
	if j.options.run == runPods {
		objects = append(append(objects, hubSecret(j.kubeconfig)), j.plan.workloads...)
	}
	changes, err := install.Apply(ctx, member, objects...)
	j.changes = append(j.changes, changes...)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s in context %s: %s", j.parties.id, member.Context, install.Summary(changes)), nil
}

// withoutForeignStatement leaves out the member's statement of its id where somebody else made it, who then maintains it. That it says the
// same was looked at before.
func (j *joining) withoutForeignStatement(ctx context.Context) ([]*unstructured.Unstructured, error) {
	stated, err := membership.ReadStatement(ctx, j.parties.member, membership.PropertyClusterID)
	if err != nil || stated.Value == "" {
		return j.plan.base, err
	}
	is := func(o *unstructured.Unstructured) bool { return o.GetKind() == "ClusterProperty" }
	i := slices.IndexFunc(j.plan.base, is)
	found, err := install.Read(ctx, j.parties.member, j.plan.base[i])
	if err != nil || found == nil || precheck.Ours(found) {
		return j.plan.base, err
	}
	return slices.Delete(slices.Clone(j.plan.base), i, i+1), nil
}

// enrol registers the member. From now on others count it.
func (j *joining) enrol(ctx context.Context) (string, error) {
	changes, err := install.Apply(ctx, j.parties.hub, j.plan.profile)
	j.changes = append(j.changes, changes...)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is registered: %s", j.parties.id, install.Summary(changes)), nil
}

// spend revokes the join token.
func (j *joining) spend(ctx context.Context) (string, error) {
	switch err := j.exchange.Spend(ctx); {
	case errors.Is(err, credential.ErrSpent):
		return "", exit.Problem(fmt.Errorf("somebody else used the join token at the same time, and has this member's credential: have the hub's administrator run mcsctl token create %s --replace, and join with the new token", j.parties.id))
	case err != nil:
		return "", err
	}
	return "is used and revoked", nil
}

// lease reads the member's Lease on the hub; nil if there is none.
func (j *joining) lease(ctx context.Context) (*coordinationv1.Lease, error) {
	lease := &coordinationv1.Lease{}
	err := j.parties.hub.Get(ctx, client.ObjectKey{Namespace: j.plan.namespace, Name: membership.LeaseName}, lease)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading the sign of life of %q on hub %q: %w", j.parties.id, j.parties.hub.Context, err)
	}
	if err != nil {
		return nil, nil
	}
	return lease, nil
}
