package credential

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// issued bounds how long the hub may take to put a token into a Secret: its kube-controller-manager does.
const issued = 30 * time.Second

// refused bounds how long a hub may take to refuse a credential that was revoked.
const refused = 30 * time.Second

// Secret is the Secret on the hub whose token is the member's credential. Kubernetes fills it in, and the token is good as long as the
// Secret is there. It lies in the registry's namespace, beside the ServiceAccount of the member's id.
func Secret(registry, id string) *unstructured.Unstructured {
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": string(corev1.SecretTypeServiceAccountToken),
	}}
	secret.SetNamespace(registry)
	secret.SetName("mcs-member-" + id)
	secret.SetAnnotations(map[string]string{corev1.ServiceAccountNameKey: id})
	return secret
}

// Revoke ends the credential of a member, if it has one, and waits until the hub refuses it: an API server takes one that it has seen for
// another ten seconds, in which whoever holds it could undo what the caller does next.
func Revoke(ctx context.Context, hub *kube.Cluster, registry, id string) error {
	object := Secret(registry, id)
	var secret corev1.Secret
	err := hub.Get(ctx, client.ObjectKeyFromObject(object), &secret)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the credential of %q on hub %q: %w", id, hub.Context, err)
	}
	if _, err := install.Delete(ctx, hub, object); err != nil {
		return err
	}
	config := rest.AnonymousClientConfig(hub.REST)
	if config.BearerToken = string(secret.Data[corev1.ServiceAccountTokenKey]); config.BearerToken == "" {
		return nil // it was never filled in
	}
	config.Timeout = patience
	var last error // a question that was lost on the way is asked again: the Secret is gone, and with it what a second run would wait for
	err = wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, refused, true, func(ctx context.Context) (bool, error) {
		var answer int
		answer, last = status(ctx, config)
		return answer == http.StatusUnauthorized, nil
	})
	if err != nil {
		return fmt.Errorf("waiting until hub %q refuses the credential that %q had: %w", hub.Context, id, cmp.Or(last, err))
	}
	return nil
}

// Member returns the bearer token of a member, whose ServiceAccount is there, and whether it was made now. A rotate deletes the Secret
// first, and with it what every holder of the old token could do.
func Member(ctx context.Context, hub *kube.Cluster, registry, id string, rotate bool) (bearer string, change install.Change, err error) {
	object := Secret(registry, id)
	if rotate {
		if _, err := install.Delete(ctx, hub, object); err != nil {
			return "", change, err
		}
	}
	changes, err := install.Apply(ctx, hub, object)
	if err != nil {
		return "", change, err
	}
	var secret corev1.Secret
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, issued, true, func(ctx context.Context) (bool, error) {
		if err := hub.Get(ctx, client.ObjectKeyFromObject(object), &secret); err != nil {
			return false, err
		}
		return len(secret.Data[corev1.ServiceAccountTokenKey]) > 0, nil
	})
	switch {
	case ctx.Err() == nil && wait.Interrupted(err):
		return "", change, fmt.Errorf("waiting until hub %q puts a token into Secret %q, which its kube-controller-manager does (serviceaccount-token-controller): %w",
			hub.Context, client.ObjectKeyFromObject(object), err)
	case err != nil:
		return "", change, fmt.Errorf("reading the credential of %q on hub %q: %w", id, hub.Context, err)
	}
	return string(secret.Data[corev1.ServiceAccountTokenKey]), changes[0], nil
}
