package observe

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// readCredential says when the controller's credential for the hub ends. Reading Secrets is a right that few have: without it, and
// without such a Secret, nothing is known, which is no fault.
func readCredential(ctx context.Context, c *kube.Cluster) health.Credential {
	var secret corev1.Secret
	if err := c.Get(ctx, hubSecret, &secret); err != nil {
		return health.Credential{}
	}
	return expiry(secret.Data["kubeconfig"])
}

// expiry is when what a kubeconfig shows to its current context's server ends.
func expiry(kubeconfig []byte) health.Credential {
	config, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return health.Credential{}
	}
	current := config.Contexts[config.CurrentContext]
	if current == nil || config.AuthInfos[current.AuthInfo] == nil {
		return health.Credential{}
	}
	user := config.AuthInfos[current.AuthInfo]
	if user.Token != "" {
		return health.Credential{Known: true, Expires: tokenExpiry(user.Token)}
	}
	if block, _ := pem.Decode(user.ClientCertificateData); block != nil {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			return health.Credential{Known: true, Expires: certificate.NotAfter}
		}
	}
	return health.Credential{}
}

// tokenExpiry is the claim "exp" of a JSON web token; zero is never, or another kind of token.
func tokenExpiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if err := json.Unmarshal(content, &claims); err != nil || claims.Expires <= 0 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0)
}
