package observe

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

func TestLagIsWhatTheControllerSays(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   time.Duration
	}{
		{"changes arrived", http.StatusOK, `{"changes":7,"p50Seconds":0.01,"p99Seconds":0.05}`, 50 * time.Millisecond},
		{"none did", http.StatusOK, `{"changes":0}`, 0},
		{"a controller that is older has no such page", http.StatusNotFound, "404 page not found", 0},
		{"something else answers", http.StatusOK, "<html>", 0},
		{"a number that can not be", http.StatusOK, `{"p99Seconds":-1}`, 0},
		{"one without end", http.StatusOK, `{"p99Seconds":` + strings.Repeat("9", 200) + `}`, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/propagation" {
					t.Errorf("it was asked for %q", r.URL.Path)
				}
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			}))
			defer server.Close()
			if got := readLag(context.Background(), &kube.Cluster{Page: strings.TrimPrefix(server.URL, "http://")}); got != tc.want {
				t.Errorf("readLag gives %v, want %v", got, tc.want)
			}
		})
	}
	if got := readLag(context.Background(), &kube.Cluster{Page: "127.0.0.1:1"}); got != 0 {
		t.Errorf("readLag gives %v where nobody answers", got)
	}
}
