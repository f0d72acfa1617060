package install

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Did says what applying one object did.
type Did string

// What applying does.
const (
	Created   Did = "created"
	Changed   Did = "changed"
	Unchanged Did = "unchanged"
	Kept      Did = "kept" // somebody else's definition, which is left as it is
)

// Change is one object and what applying it did.
type Change struct {
	Object *unstructured.Unstructured
	Did    Did
}

// settle bounds how long an API server may take to serve a definition it has accepted.
const settle = 30 * time.Second

// ends bounds how long an object that is being deleted may take to go. A namespace goes after its pods, which have half a minute to end.
const ends = 2 * time.Minute

// Apply applies the objects in order by server-side apply and returns what each did, also those before an error, which names the
// object and the context. A CustomResourceDefinition that somebody else installed is left alone. An object that is being deleted is waited
// for and made anew: what is applied to it would go with it. Applying again changes nothing.
func Apply(ctx context.Context, cluster *kube.Cluster, objects ...*unstructured.Unstructured) ([]Change, error) {
	var changes []Change
	var awaited []string
	for _, object := range objects {
		if object.GetKind() != kindDefinition {
			if err := await(ctx, cluster, awaited); err != nil {
				return changes, err
			}
			awaited = nil
		}
		did, err := applyOne(ctx, cluster, object)
		if err != nil {
			return changes, fmt.Errorf("applying %s %q in context %q: %w", object.GetKind(), client.ObjectKeyFromObject(object), cluster.Context, err)
		}
		changes = append(changes, Change{Object: object, Did: did})
		if object.GetKind() == kindDefinition {
			awaited = append(awaited, object.GetName())
		}
	}
	return changes, await(ctx, cluster, awaited)
}

const kindDefinition = "CustomResourceDefinition"

func applyOne(ctx context.Context, cluster *kube.Cluster, object *unstructured.Unstructured) (Did, error) {
	before, err := Read(ctx, cluster, object)
	if err != nil {
		return "", err
	}
	if before != nil && before.GetDeletionTimestamp() != nil {
		if err := Gone(ctx, cluster, ends, object); err != nil {
			return "", err
		}
		before = nil
	}
	if before != nil && object.GetKind() == kindDefinition && !precheck.Ours(before) {
		return Kept, nil
	}
	after := object.DeepCopy()
	if err := cluster.Apply(ctx, client.ApplyConfigurationFromUnstructured(after), client.FieldOwner(manifests.FieldOwner), client.ForceOwnership); err != nil {
		return "", err
	}
	switch {
	case before == nil:
		return Created, nil
	case same(before, after):
		return Unchanged, nil
	}
	return Changed, nil
}

// same says whether applying left an object as it was, but for what API servers and controllers keep in it for themselves.
func same(before, after *unstructured.Unstructured) bool {
	plain := func(object *unstructured.Unstructured) map[string]any {
		kept := object.DeepCopy()
		kept.SetManagedFields(nil)
		kept.SetResourceVersion("")
		kept.SetGeneration(0)
		delete(kept.Object, "status")
		return kept.Object
	}
	return equality.Semantic.DeepEqual(plain(before), plain(after))
}

// Read returns an object as it is in the cluster, nil if it is not there. A kind that is not served yet is asked for until it is, for a
// while: its definition may just have been applied.
func Read(ctx context.Context, cluster *kube.Cluster, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(object.GroupVersionKind())
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, settle, true, func(ctx context.Context) (bool, error) {
		last = cluster.Get(ctx, client.ObjectKeyFromObject(object), found)
		return !unserved(last), nil
	})
	switch {
	case apierrors.IsNotFound(last):
		return nil, nil
	case last != nil:
		return nil, last
	case err != nil:
		return nil, err
	}
	return found, nil
}

// unserved says whether an error means that the API server does not serve a kind: it does not tell of it, or has told of it and does not
// know its path, as for a moment after it has established the definition.
func unserved(err error) bool {
	return meta.IsNoMatchError(err) || apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// await waits until the API server serves definitions.
func await(ctx context.Context, cluster *kube.Cluster, names []string) error {
	for _, name := range names {
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, settle, true, func(ctx context.Context) (bool, error) {
			return manifests.Established(ctx, cluster, name)
		})
		if err != nil {
			return fmt.Errorf("waiting until context %q serves CustomResourceDefinition %q: %w", cluster.Context, name, err)
		}
	}
	return nil
}
