package install

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// ErrGoing is wrapped by the errors of [Gone] and [Apply] about an object that is being deleted and does not go.
var ErrGoing = errors.New("it is still being deleted")

// Gone waits until none of the objects is in the cluster, so that they can be made anew. An error that wraps [ErrGoing] says which is
// still there after the given time, and what keeps it as far as the API server says.
func Gone(ctx context.Context, cluster *kube.Cluster, within time.Duration, objects ...*unstructured.Unstructured) error {
	deadline, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for _, object := range objects {
		var left *unstructured.Unstructured
		err := wait.PollUntilContextCancel(deadline, 100*time.Millisecond, true, func(context.Context) (_ bool, err error) {
			left, err = Read(ctx, cluster, object) // one more look where the time was over before the first
			return left == nil, err
		})
		switch {
		case err == nil:
		case ctx.Err() == nil && wait.Interrupted(err):
			return fmt.Errorf("waiting until %s %q is gone from context %q: %w%s", object.GetKind(), client.ObjectKeyFromObject(object), cluster.Context, ErrGoing, keeps(left))
		default:
			return fmt.Errorf("waiting until %s %q is gone from context %q: %w", object.GetKind(), client.ObjectKeyFromObject(object), cluster.Context, err)
		}
	}
	return nil
}

// keeps says what an object that is being deleted waits for: its finalizers, and what a namespace says is left in it.
func keeps(object *unstructured.Unstructured) string {
	if object == nil {
		return ""
	}
	var words []string
	if finalizers := object.GetFinalizers(); len(finalizers) > 0 {
		words = append(words, "finalizers "+strings.Join(finalizers, ", "))
	}
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions") // what is no list says nothing
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		kind, _, _ := unstructured.NestedString(condition, "type")
		status, _, _ := unstructured.NestedString(condition, "status")
		message, _, _ := unstructured.NestedString(condition, "message")
		if strings.HasPrefix(kind, "Namespace") && status == "True" && message != "" {
			words = append(words, message)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return ", for " + strings.Join(words, "; ")
}
