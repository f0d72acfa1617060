package join

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// othersDrop waits until no member at hand has endpoints of the one that leaves. One that does not get there is told of and does not hold
// the leave up: its own controller drops them as soon as it runs.
func (l *leaving) othersDrop(ctx context.Context) (string, error) {
	dropped, unseen := 0, 0
	for _, other := range l.set.Members {
		switch {
		case string(other.ID) == l.id:
			continue
		case other.Cluster == nil:
			unseen++
			continue
		}
		left := 0
		err := until(ctx, l.options.wait, func(ctx context.Context) (bool, error) {
			var err error
			left, err = count(ctx, other.Cluster, &discoveryv1.EndpointSliceList{}, client.MatchingLabels{
				mcsv1beta1.LabelSourceCluster: l.id, discoveryv1.LabelManagedBy: mcs.ManagedBy,
			})
			return left == 0, err
		})
		switch {
		case errors.Is(err, errStill):
			l.screen.Note("%s member %q still has %d EndpointSlices of %q, which its controller drops when it runs: see mcsctl status", l.screen.Warn("!"), other.ID, left, l.id)
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil:
			l.screen.Note("%s member %q could not be looked at: %v", l.screen.Warn("!"), other.ID, err)
		default:
			dropped++
		}
	}
	var words []string
	switch {
	case dropped == 1:
		words = append(words, "1 member has none of its endpoints any more")
	case dropped > 1:
		words = append(words, fmt.Sprintf("%d members have none of its endpoints any more", dropped))
	}
	if unseen > 0 {
		words = append(words, fmt.Sprintf("%d could not be looked at, no context leads to them", unseen))
	}
	return strings.Join(words, "; "), nil
}

// ownImportsGo gives the member's own controller the time to notice that it has departed, and to say so in the status of its exports. It
// cannot conclude that where it was alone; what it leaves is removed afterwards.
func (l *leaving) ownImportsGo(ctx context.Context) (string, error) {
	if len(l.set.Members) < 2 || !l.running(ctx) {
		return "", nil
	}
	err := until(ctx, l.options.wait, func(ctx context.Context) (bool, error) {
		for _, kind := range made() {
			if _, exports := kind.list.(*mcsv1beta1.ServiceExportList); exports {
				continue // those of annotations stay as long as it runs
			}
			if left, err := count(ctx, l.member, kind.list, client.MatchingLabels{kind.label: mcs.ManagedBy}); err != nil || left > 0 {
				return false, err
			}
		}
		return true, nil
	})
	if errors.Is(err, errStill) {
		return "its controller has not removed its imports; they are removed now", nil
	}
	return "", err
}

// running says whether the member gave a sign of life that is not old.
func (l *leaving) running(context.Context) bool {
	member, found := l.set.Member(mcs.ClusterID(l.id))
	return found && member.Lease != nil && time.Since(membership.Renewed(member.Lease)) < time.Minute
}

// namespacesGo waits until the namespaces among the objects are gone, so that the cluster can join again at once. It tells of one that stays.
func (l *leaving) namespacesGo(ctx context.Context, cluster *kube.Cluster, objects []*unstructured.Unstructured) (string, error) {
	objects = slices.DeleteFunc(slices.Clone(objects), func(o *unstructured.Unstructured) bool { return o.GetKind() != "Namespace" })
	err := install.Gone(ctx, cluster, l.options.wait, objects...)
	if errors.Is(err, install.ErrGoing) {
		l.screen.Note("%s %v", l.screen.Warn("!"), err)
		return "", nil
	}
	return "", err
}
