package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// scraper is who reads metrics, as Prometheus does: it trusts some certificates, any where roots is nil, and shows a token or none.
type scraper struct {
	roots *x509.CertPool
	token string
}

// get requests a URL on a connection of its own and returns the status and the body.
func (s scraper) get(ctx context.Context, url string) (int, string, error) {
	trust := &tls.Config{RootCAs: s.roots, InsecureSkipVerify: s.roots == nil}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// writeCertificate puts a new certificate for 127.0.0.1 in a directory and returns what it takes to trust that one.
func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"tls.key": key, "tls.crt": certificate} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificate) {
		t.Fatal("no certificate was made")
	}
	return roots
}

// bind gives a ServiceAccount what a ClusterRole grants.
func (c *cluster) bind(t *testing.T, role, namespace, account string) {
	t.Helper()
	c.create(t, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role + ":" + account},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}},
	})
}

// secured is a member that serves metrics over TLS, and two ServiceAccounts in its namespace default: "prometheus" may read them,
// "stranger" may not.
func secured(t *testing.T, flags ...string) (m *member, address string) {
	t.Helper()
	hub := startCluster(t)
	hub.hub(t)
	m = hub.join(t, hub, "east")
	address = freeAddress(t)
	m.args = append(m.args, append(flags, "--metrics-secure", "--metrics-bind-address="+address)...)
	for _, name := range []string{"prometheus", "stranger"} {
		m.create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: name}})
	}
	m.create(t, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "metrics-reader"},
		Rules:      []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}},
	})
	m.bind(t, "metrics-reader", metav1.NamespaceDefault, "prometheus")
	return m, address
}

// wantStatus says that a scraper gets a status, and metrics only with 200.
func wantStatus(s scraper, url string, want int) func(context.Context) error {
	return func(ctx context.Context) error {
		status, body, err := s.get(ctx, url)
		if err != nil {
			return err
		}
		if served := strings.Contains(body, "\nmcs_hub_connected "); status != want || served != (want == http.StatusOK) {
			return fmt.Errorf("the answer is %d, with metrics %v, want %d: %.200s", status, served, want, body)
		}
		return nil
	}
}

func TestSecureMetricsAreForThoseTheAPIServerAllows(t *testing.T) {
	dir := t.TempDir()
	roots := writeCertificate(t, dir)
	east, address := secured(t, "--metrics-cert-dir="+dir)
	east.start(t)
	eventually(t, "ready", east.ready)
	url := "https://" + address + "/metrics"
	reader := scraper{roots: roots, token: east.token(t, metav1.NamespaceDefault, "prometheus")}
	stranger := scraper{roots: roots, token: east.token(t, metav1.NamespaceDefault, "stranger")}

	eventually(t, "nobody is admitted while the controller may not ask who it is", wantStatus(reader, url, http.StatusInternalServerError))
	east.bind(t, "system:auth-delegator", manifests.ControllerNamespace, manifests.ControllerServiceAccount)
	eventually(t, "who has the right is admitted", wantStatus(reader, url, http.StatusOK))
	for _, tc := range []struct {
		name string
		who  scraper
		url  string
		want int
	}{
		{name: "who shows no token is not admitted", who: scraper{roots: roots}, url: url, want: http.StatusUnauthorized},
		{name: "a forged token is not", who: scraper{roots: roots, token: reader.token + "x"}, url: url, want: http.StatusUnauthorized},
		{name: "a known token without the right is not", who: stranger, url: url, want: http.StatusForbidden},
		{name: "the right to one path is none to another", who: reader, url: "https://" + address + "/debug/pprof/", want: http.StatusNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := wantStatus(tc.who, tc.url, tc.want)(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}

	if status, body, err := reader.get(t.Context(), "http://"+address+"/metrics"); err == nil && (status != http.StatusBadRequest || strings.Contains(body, "mcs_")) {
		t.Errorf("in the clear the answer is %d: %.200s", status, body)
	}

	renewed := writeCertificate(t, dir)
	eventually(t, "a certificate that is replaced is served without a restart", wantStatus(scraper{roots: renewed, token: reader.token}, url, http.StatusOK))
	_, _, err := reader.get(t.Context(), url)
	if unknown := (&x509.UnknownAuthorityError{}); !errors.As(err, unknown) {
		t.Errorf("who trusts only the certificate before gets %v, want that the certificate is unknown", err)
	}
}

func TestSecureMetricsWithoutACertificateHaveASelfSignedOne(t *testing.T) {
	east, address := secured(t)
	east.bind(t, "system:auth-delegator", manifests.ControllerNamespace, manifests.ControllerServiceAccount)
	east.start(t)
	eventually(t, "ready", east.ready)
	url := "https://" + address + "/metrics"
	token := east.token(t, metav1.NamespaceDefault, "prometheus")
	eventually(t, "who trusts any certificate is admitted", wantStatus(scraper{token: token}, url, http.StatusOK))
	if err := wantStatus(scraper{}, url, http.StatusUnauthorized)(t.Context()); err != nil {
		t.Errorf("who shows no token: %v", err)
	}
	_, _, err := scraper{roots: x509.NewCertPool(), token: token}.get(t.Context(), url)
	if unknown := (&x509.UnknownAuthorityError{}); !errors.As(err, unknown) {
		t.Errorf("who trusts none gets %v, want that the certificate is unknown", err)
	}
}
