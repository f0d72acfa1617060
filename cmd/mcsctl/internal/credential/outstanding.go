package credential

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// Outstanding is a join token that was neither used nor revoked. Nothing of it is secret.
type Outstanding struct {
	// Made is when it was made.
	Made time.Time
	// Expires is until when it is good; zero where that is not known, for it was not finished.
	Expires time.Time
}

// Tokens returns the join tokens of the member with the given namespace on the hub: one at most, unless making one was interrupted.
func Tokens(ctx context.Context, hub *kube.Cluster, namespace string) ([]Outstanding, error) {
	var secrets corev1.SecretList
	if err := hub.List(ctx, &secrets, client.InNamespace(namespace), client.HasLabels{labelJoin}); err != nil {
		return nil, fmt.Errorf("looking for join tokens in namespace %q of hub %q: %w", namespace, hub.Context, err)
	}
	var found []Outstanding
	for i := range secrets.Items {
		token := Outstanding{Made: secrets.Items[i].CreationTimestamp.Time}
		if expires, err := time.Parse(time.RFC3339, secrets.Items[i].Annotations[annotationExpires]); err == nil {
			token.Expires = expires
		}
		found = append(found, token)
	}
	return found, nil
}

// Withdraw revokes all join tokens of the member with the given namespace on the hub, and returns how many there were.
func Withdraw(ctx context.Context, hub *kube.Cluster, namespace string) (int, error) {
	tokens := 0
	for _, list := range []client.ObjectList{&corev1.SecretList{}, &rbacv1.RoleBindingList{}, &rbacv1.RoleList{}, &corev1.ServiceAccountList{}} {
		if err := hub.List(ctx, list, client.InNamespace(namespace), client.HasLabels{labelJoin}); err != nil {
			return tokens, fmt.Errorf("looking for join tokens in namespace %q of hub %q: %w", namespace, hub.Context, err)
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			item, ok := o.(client.Object)
			if !ok {
				return fmt.Errorf("reading join tokens in namespace %q of hub %q: a %T", namespace, hub.Context, o)
			}
			if err := hub.Delete(ctx, item); client.IgnoreNotFound(err) != nil {
				return fmt.Errorf("deleting %q in namespace %q of hub %q: %w", item.GetName(), namespace, hub.Context, err)
			}
			if _, is := item.(*corev1.Secret); is {
				tokens++
			}
			return nil
		})
		if err != nil {
			return tokens, err
		}
	}
	return tokens, nil
}
