package clusterset

import (
	"context"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// hubSecret is where a member keeps, in its cluster, how it reaches the hub: what its Deployment mounts.
var hubSecret = client.ObjectKey{Namespace: manifests.ControllerNamespace, Name: "mcs-hub"}

// IssueCredential gives the member a new credential for its account on the hub, in the file that its controller reads and in the
// Secret that it would be mounted from.
func (m *Member) IssueCredential(ctx context.Context) error {
	registration, err := manifests.Member(m.ID, Namespace)
	if err != nil {
		return err
	}
	account, file := registration.ServiceAccount, m.file("hub.kubeconfig")
	if err := m.set.Hub.Cluster.ServiceAccountKubeconfig(ctx, account.Namespace, account.Name, file); err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the credential of %q: %w", m.ID, err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: hubSecret.Namespace, Name: hubSecret.Name},
		Data:       map[string][]byte{"kubeconfig": content},
	}
	err = m.Client.Create(ctx, secret)
	if client.IgnoreAlreadyExists(err) == nil && err != nil {
		err = m.Client.Update(ctx, secret)
	}
	if err != nil {
		return fmt.Errorf("writing the credential of %q: %w", m.ID, err)
	}
	return nil
}
