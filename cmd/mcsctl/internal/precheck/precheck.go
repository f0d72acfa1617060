package precheck

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Result is one check and what came of it.
type Result = rules.Result

// State says how one check ended.
type State = rules.State

// The states of a check.
const (
	OK   = rules.OK
	Warn = rules.Warn
	Fail = rules.Fail
)

// Check is one cluster's wish to join. Member and ID are required.
type Check struct {
	// Member is the cluster that is to join.
	Member *kube.Cluster
	// Hub is the hub as the caller may see it; nil if it is not at hand.
	Hub *kube.Cluster
	// HubRights says that the caller is to write on the hub too, so that the rights to do so are looked at.
	HubRights bool
	// ID is the cluster id to join under, valid or not.
	ID string
	// Namespace is the registry's on the hub; "" is manifests.DefaultClustersetNamespace.
	Namespace string
	// HubServer is the URL by which the member's pods would reach the hub; "" is not looked at.
	HubServer string
	// Answers asks HubServer for an answer, where that is another URL than the hub has been asked by all along; nil where it is not.
	Answers func(context.Context) error
	// Replace says that a cluster which holds the id now is to give it up.
	Replace bool
	// Writes are the objects to apply in the member, MemberObjects if nil.
	Writes []*unstructured.Unstructured
	// Others are the members that contexts lead to; their own ranges are compared. The others' are known by what they export.
	Others []kube.Member
}

// Run checks whether member can join the clusterset of the hub under an id, by whoever the two contexts stand for. A nil hub is not
// looked at. What cannot be read is a result of its own, so that there is no error.
func Run(ctx context.Context, member, hub *kube.Cluster, id string) []Result {
	check := Check{Member: member, Hub: hub, HubRights: true, ID: id}
	if hub != nil {
		check.HubServer = hub.REST.Host
	}
	return check.Run(ctx)
}

// Run gathers the facts, all at the same time, and decides.
func (c Check) Run(ctx context.Context) []Result {
	if c.Namespace == "" {
		c.Namespace = manifests.DefaultClustersetNamespace
	}
	f := rules.Facts{
		ID: c.ID, Replace: c.Replace, HubServer: c.HubServer,
		Now: time.Now(), Forget: membership.DefaultThresholds.Forget,
	}
	var hubUID rules.Fact[string]
	var wg sync.WaitGroup
	wg.Go(func() { f.Member = c.member(ctx) })
	wg.Go(func() { f.UID = fact(membership.ReadKubeSystemUID(ctx, c.Member)) })
	wg.Go(func() { f.Stated = stated(ctx, c.Member) })
	wg.Go(func() { f.ForeignImports = fact(foreignImports(ctx, c.Member)) })
	wg.Go(func() { f.Networks = fact(networks(ctx, c.Member)) })
	wg.Go(func() { f.DNS = fact(nameServer(ctx, c.Member)) })
	wg.Go(func() { f.Taken = fact(taken(ctx, c.Member, c.Writes)) })
	wg.Go(func() { f.Refused = fact(refused(ctx, c.Member, c.Writes)) })
	wg.Go(func() { f.HubNow = fact(hubNow(ctx, c.Member)) })
	if c.Answers != nil {
		wg.Go(func() { f.HubAnswer = c.Answers(ctx) })
	}
	if c.Hub != nil {
		wg.Go(func() { f.Hub = c.hub(ctx) })
		wg.Go(func() { hubUID = fact(membership.ReadKubeSystemUID(ctx, c.Hub)) })
		wg.Go(func() { f.Registered, f.Peers = c.registry(ctx) })
	}
	wg.Wait()
	f.HubIsMember = hubUID.Value != "" && hubUID.Value == f.UID.Value
	return rules.Decide(f)
}

func fact[T any](value T, err error) rules.Fact[T] { return rules.Fact[T]{Value: value, Err: err} }

func stated(ctx context.Context, member *kube.Cluster) rules.Fact[string] {
	statement, err := membership.ReadStatement(ctx, member, membership.PropertyClusterID)
	return fact(statement.Value, err)
}

// MemberObjects are those that a join writes in a member, in the usual form.
func MemberObjects() ([]*unstructured.Unstructured, error) {
	objects, err := manifests.MemberCRDs()
	if err != nil {
		return nil, err
	}
	controller, err := manifests.Controller("")
	if err != nil {
		return nil, err
	}
	dns, err := manifests.CoreDNS(manifests.DNSBeside, "", "")
	return append(append(objects, controller...), dns...), err
}
