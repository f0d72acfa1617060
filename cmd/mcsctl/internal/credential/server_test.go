package credential

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func TestServerOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	inline := rest.TLSClientConfig{CAData: []byte("inline"), ServerName: "hub"}
	for _, tc := range []struct {
		name        string
		config      rest.Config
		url, caFile string
		want        Server
		wantErr     error
	}{
		{"the context's own", rest.Config{Host: "https://a", TLSClientConfig: inline}, "", "", Server{URL: "https://a", CA: []byte("inline"), Name: "hub"}, nil},
		{"another URL for members", rest.Config{Host: "https://a", TLSClientConfig: inline}, "https://b", "", Server{URL: "https://b", CA: []byte("inline"), Name: "hub"}, nil},
		{"the context's file", rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAFile: file}}, "", "", Server{URL: "https://a", CA: []byte("from a file")}, nil},
		{"the user's file before the context's certificates", rest.Config{Host: "https://a", TLSClientConfig: inline}, "", file, Server{URL: "https://a", CA: []byte("from a file"), Name: "hub"}, nil},
		{"the system's certificates", rest.Config{Host: "https://a"}, "", "", Server{URL: "https://a"}, nil},
		{"a context that verifies nothing", rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{Insecure: true}}, "", "", Server{}, ErrUnverified},
		{"one that verifies nothing, with certificates", rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{Insecure: true}}, "", file, Server{URL: "https://a", CA: []byte("from a file")}, nil},
		{"a file that is not there", rest.Config{Host: "https://a"}, "", file + ".not", Server{}, os.ErrNotExist},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ServerOf(&tc.config, tc.url, tc.caFile)
			if !errors.Is(err, tc.wantErr) || tc.wantErr == nil && err != nil {
				t.Fatalf("error %v, want %v", err, tc.wantErr)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" && err == nil {
				t.Errorf("server differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAKubeconfigLeadsToItsServer(t *testing.T) {
	server := Server{URL: "https://hub.example.org", CA: []byte("ca"), Name: "kubernetes"}
	content, err := server.Kubeconfig("hub", "secret")
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(content)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{config.Host, string(config.CAData), config.ServerName, config.BearerToken}
	if diff := cmp.Diff([]string{"https://hub.example.org", "ca", "kubernetes", "secret"}, got); diff != "" {
		t.Errorf("what it says differs (-want +got):\n%s", diff)
	}
	again, err := server.Kubeconfig("hub", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(content), string(again)); diff != "" {
		t.Errorf("written again it differs, so that joining again would write (-first +second):\n%s", diff)
	}
}

func TestAServerAnswersOnlyIfItIsTheOneThatIsMeant(t *testing.T) {
	hub := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	hub.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of each client that distrusts it
	hub.StartTLS()
	defer hub.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hub.Certificate().Raw})
	if err := (Server{URL: hub.URL, CA: ca}).Answers(t.Context()); err != nil {
		t.Errorf("that it asks for a credential is an answer: %v", err)
	}
	var distrusted *tls.CertificateVerificationError
	if err := (Server{URL: hub.URL}).Answers(t.Context()); !errors.As(err, &distrusted) {
		t.Errorf("by the system's certificates: %v, want that it is not trusted", err)
	}
	if err := (Server{URL: hub.URL, CA: ca, Name: "other.example"}).Answers(t.Context()); !errors.As(err, &distrusted) {
		t.Errorf("under another name: %v, want that it is not trusted", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (Server{URL: hub.URL, CA: ca}).Answers(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("after the user's interrupt: %v", err)
	}
}
