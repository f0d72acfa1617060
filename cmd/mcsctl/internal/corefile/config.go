package corefile

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/corefile/edit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Place is where a Corefile lies in a cluster.
type Place struct {
	// ConfigMap is its ConfigMap, and Key the key in it.
	ConfigMap client.ObjectKey
	Key       string
}

// Usual is where installers put the Corefile of a cluster's own DNS server.
var Usual = Place{ConfigMap: client.ObjectKey{Namespace: "kube-system", Name: "coredns"}, Key: "Corefile"}

// String names the place for people.
func (p Place) String() string { return fmt.Sprintf("%s of ConfigMap %s", p.Key, p.ConfigMap) }

// Changed is what happened to a Corefile.
type Changed struct {
	Before, After string
}

// rewrite replaces a Corefile by what the function makes of it, unless that is the same. Whoever writes at the same time is not overwritten:
// the function is then called again. With dry it only says what would be written. A key that becomes empty is removed, for it was not
// there before a block was written into it.
func rewrite(ctx context.Context, cluster *kube.Cluster, place Place, dry bool, change func(string) (string, error)) (Changed, error) {
	var done Changed
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var config corev1.ConfigMap
		if err := cluster.Get(ctx, place.ConfigMap, &config); err != nil {
			return err
		}
		before := config.Data[place.Key]
		after, err := change(before)
		if err != nil {
			return err
		}
		done = Changed{Before: before, After: after}
		if dry || before == after {
			return nil
		}
		if config.Data == nil {
			config.Data = map[string]string{}
		}
		if config.Data[place.Key] = after; after == "" {
			delete(config.Data, place.Key)
		}
		return cluster.Update(ctx, &config, client.FieldOwner(manifests.FieldOwner))
	})
	if err != nil {
		return done, fmt.Errorf("changing %s in context %q: %w", place, cluster.Context, err)
	}
	return done, nil
}

// Remove takes the marked block out of a Corefile, if there is one, and says whether there was. A ConfigMap that is not there has none.
func Remove(ctx context.Context, cluster *kube.Cluster, place Place) (bool, error) {
	done, err := rewrite(ctx, cluster, place, false, edit.Remove)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return done.Before != done.After, err
}
