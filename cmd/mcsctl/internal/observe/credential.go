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
		issued, expires := tokenLife(user.Token)
		return health.Credential{Known: true, Issued: issued, Expires: expires}
	}
	if block, _ := pem.Decode(user.ClientCertificateData); block != nil {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			return health.Credential{Known: true, Issued: certificate.NotBefore, Expires: certificate.NotAfter}
		}
	}
	return health.Credential{}
}

// tokenLife is when a JSON web token was made and when it ends, by its claims "iat" and "exp" (RFC 7519). The end is zero for one that does
// not end, and for another kind of token.
func tokenLife(token string) (issued, expires time.Time) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return issued, expires
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return issued, expires
	}
	var claims struct {
		Issued  int64 `json:"iat"`
		Expires int64 `json:"exp"`
	}
	if err := json.Unmarshal(content, &claims); err != nil || claims.Expires <= 0 {
		return issued, expires
	}
	if claims.Issued > 0 {
		issued = time.Unix(claims.Issued, 0)
	}
	return issued, time.Unix(claims.Expires, 0)
}
