package rights

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Allowed is nil when the API server behind c, which may ask, allows a ServiceAccount something.
func Allowed(ctx context.Context, c client.Client, account types.NamespacedName, what authorizationv1.ResourceAttributes) error {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               fmt.Sprintf("system:serviceaccount:%s:%s", account.Namespace, account.Name),
		Groups:             []string{"system:serviceaccounts:" + account.Namespace},
		ResourceAttributes: &what,
	}}
	if err := c.Create(ctx, review); err != nil {
		return err
	}
	if !review.Status.Allowed {
		return fmt.Errorf("refused: %s", review.Status.Reason)
	}
	return nil
}
