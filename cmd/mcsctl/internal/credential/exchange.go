package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/jointoken"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// labelJoin marks what belongs to a join token on the hub.
const labelJoin = mcs.Domain + "/join"

// annotationExpires notes on the Secret of a join token until when the token is good, for people: the token itself says it to the hub.
const annotationExpires = mcs.Domain + "/join-token-expires"

// keyKubeconfig is where the Secret of a join token keeps what is exchanged for it.
const keyKubeconfig = "kubeconfig"

// offer are the objects behind a join token, all of one name in the member's namespace on the hub: a Secret with the member's kubeconfig,
// and a ServiceAccount that may read and delete that Secret and nothing else. All but the Secret belong to the Secret and go with it.
func offer(namespace, name string, kubeconfig []byte) (secret *corev1.Secret, rest []client.Object) {
	named := func() metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{labelJoin: "token"}}
	}
	secret = &corev1.Secret{ObjectMeta: named(), Data: map[string][]byte{keyKubeconfig: kubeconfig}}
	return secret, []client.Object{
		&corev1.ServiceAccount{ObjectMeta: named(), AutomountServiceAccountToken: ptr.To(false)},
		&rbacv1.Role{ObjectMeta: named(), Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{name}, Verbs: []string{"get", "delete"}},
		}},
		&rbacv1.RoleBinding{
			ObjectMeta: named(),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}},
		},
	}
}

// Offer makes a join token on the hub, good for the time ttl or as long as the hub allows, and revokes those made earlier for the same
// member. The token's fields but the secret ones and the time are the caller's.
func Offer(ctx context.Context, hub *kube.Cluster, token jointoken.Token, kubeconfig []byte, ttl time.Duration) (jointoken.Token, error) {
	if _, err := Withdraw(ctx, hub, token.Namespace); err != nil {
		return token, err
	}
	token.Secret = "mcs-join-" + rand.String(5)
	secret, others := offer(token.Namespace, token.Secret, kubeconfig)
	if err := hub.Create(ctx, secret); err != nil {
		return token, fmt.Errorf("creating Secret %q on hub %q: %w", client.ObjectKeyFromObject(secret), hub.Context, err)
	}
	for _, object := range others {
		object.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "Secret", Name: secret.Name, UID: secret.UID}})
		if err := hub.Create(ctx, object); err != nil {
			return token, fmt.Errorf("creating %T %q on hub %q: %w", object, client.ObjectKeyFromObject(object), hub.Context, err)
		}
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: ptr.To(int64(ttl.Seconds())),
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Secret", Name: secret.Name, UID: secret.UID},
	}}
	if err := hub.SubResource("token").Create(ctx, others[0], request); err != nil {
		return token, fmt.Errorf("asking hub %q for a token of ServiceAccount %q: %w", hub.Context, client.ObjectKeyFromObject(others[0]), err)
	}
	token.Bearer, token.Expires = request.Status.Token, request.Status.ExpirationTimestamp.Time
	noted := client.MergeFrom(secret.DeepCopy())
	secret.Annotations = map[string]string{annotationExpires: token.Expires.UTC().Format(time.RFC3339)}
	if err := hub.Patch(ctx, secret, noted); err != nil {
		return token, fmt.Errorf("noting when the join token expires in Secret %q on hub %q: %w", client.ObjectKeyFromObject(secret), hub.Context, err)
	}
	return token, nil
}

// ErrSpent is returned where the hub does not take a join token any more.
var ErrSpent = errors.New("the join token was used, revoked or has expired; ask the hub's administrator for another: mcsctl token create")

// Exchange is a join token that is being used.
type Exchange struct {
	// Kubeconfig is the member's own, by which it reaches the hub from now on.
	Kubeconfig []byte
	// Hub is the hub as the member sees it.
	Hub *kube.Cluster

	door  *kube.Cluster // the hub as the token sees it
	token jointoken.Token
	uid   types.UID
}

// Redeem reads what a join token stands for. The token stays good until [Exchange.Spend].
func Redeem(ctx context.Context, token jointoken.Token, member *kube.Cluster, now time.Time) (*Exchange, error) {
	if !token.Expires.IsZero() && now.After(token.Expires) {
		return nil, fmt.Errorf("it was good until %s: %w", token.Expires.Local().Format(time.DateTime), ErrSpent)
	}
	e := &Exchange{token: token}
	var err error
	config := &rest.Config{Host: token.Server, BearerToken: token.Bearer, TLSClientConfig: rest.TLSClientConfig{CAData: token.CA, ServerName: token.ServerName}}
	if e.door, err = connect(config, token.Server, member); err != nil {
		return nil, err
	}
	var secret corev1.Secret
	switch err := e.door.Get(ctx, client.ObjectKey{Namespace: token.Namespace, Name: token.Secret}, &secret); {
	case apierrors.IsUnauthorized(err), apierrors.IsForbidden(err), apierrors.IsNotFound(err):
		return nil, ErrSpent
	case err != nil:
		return nil, fmt.Errorf("exchanging the join token at %s: %w; that URL must lead to the hub from here and from the member's pods, and be in the hub's certificate: the hub's administrator sets it with mcsctl token create --hub-server", token.Server, err)
	}
	e.Kubeconfig, e.uid = secret.Data[keyKubeconfig], secret.UID
	e.Hub, err = Connect(e.Kubeconfig, "hub "+token.Server, member)
	return e, err
}

// Spend ends the token for good. ErrSpent says that somebody else used it in the meantime, who then has the same credential.
func (e *Exchange) Spend(ctx context.Context) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: e.token.Namespace, Name: e.token.Secret}}
	switch err := e.door.Delete(ctx, secret, client.Preconditions{UID: &e.uid}); {
	case apierrors.IsUnauthorized(err), apierrors.IsForbidden(err), apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return ErrSpent
	case err != nil:
		return fmt.Errorf("revoking the join token at %s: %w", e.token.Server, err)
	}
	return nil
}
