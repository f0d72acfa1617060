package lab

import (
	"context"
	"errors"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
)

// tokenSeconds is how long tokens are good for: longer than any lab runs.
const tokenSeconds = 7 * 24 * 60 * 60

// ServiceAccountKubeconfig writes a kubeconfig with a token of a ServiceAccount that exists, for a program in any cluster
// of this lab. What it may do is what RBAC grants that account and nothing more.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, namespace, name, file string) error {
	return c.writeTokenKubeconfig(ctx, c.server(c.layout.apiserver()), namespace, name, file)
}

// OutsideServiceAccountKubeconfig is the same for a program outside the lab. It needs Config.Outside.
func (c *Cluster) OutsideServiceAccountKubeconfig(ctx context.Context, namespace, name, file string) error {
	if !c.api.IsValid() {
		return fmt.Errorf("writing a kubeconfig for outside cluster %q: %w", c.Name(), errNoDoors)
	}
	return c.writeTokenKubeconfig(ctx, c.server(c.api), namespace, name, file)
}

// errNoDoors is why something cannot be done from outside.
var errNoDoors = errors.New("the lab has no doors, because Config.Outside was not set")

// ServiceAccountConfig is for clients in this process that act as a ServiceAccount.
func (c *Cluster) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	token, err := c.token(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	config := restConfig(c.server(c.layout.apiserver()), user{token: token})
	config.Dial = c.space.DialContext
	return config, nil
}

func (c *Cluster) writeTokenKubeconfig(ctx context.Context, s server, namespace, name, file string) error {
	token, err := c.token(ctx, namespace, name)
	if err != nil {
		return err
	}
	return writeKubeconfig(kubeconfig(s, user{name: namespace + "/" + name, token: token}), file)
}

func (c *Cluster) token(ctx context.Context, namespace, name string) (string, error) {
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](tokenSeconds)},
	}
	answer, err := c.client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("asking cluster %q for a token of %s/%s: %w", c.Name(), namespace, name, err)
	}
	return answer.Status.Token, nil
}
