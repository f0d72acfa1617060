package credential

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// An API server takes a credential that it has seen for a while after it was revoked, and one that is busy may not answer.
func TestRevokingEndsWhenTheHubRefusesTheCredential(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("it asks with the credential %q", got)
		}
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusOK)
		case 2:
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = connection.Write([]byte("no answer\n")) // a connection that only breaks is tried again without our doing
			_ = connection.Close()
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "mcs-clusterset", Name: Secret("mcs-clusterset", "west").GetName()},
		Data:       map[string][]byte{corev1.ServiceAccountTokenKey: []byte("secret")},
	}
	hub := &kube.Cluster{WithWatch: fake.NewClientBuilder().WithObjects(secret).Build(), Context: "hub", REST: &rest.Config{Host: server.URL}}
	if err := Revoke(t.Context(), hub, "mcs-clusterset", "west"); err != nil {
		t.Fatal(err)
	}
	if got := asked.Load(); got != 3 {
		t.Errorf("it asked %d times, want 3: taken, not answered, refused", got)
	}
	if err := hub.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); !apierrors.IsNotFound(err) {
		t.Errorf("the Secret: %v, want it gone", err)
	}
}
