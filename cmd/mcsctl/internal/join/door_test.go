package join_test

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
)

// fault is a way in which API servers fail a command line in the middle of its work.
type fault int

const (
	none     fault = iota
	refusing       // every write after the first few is forbidden
	dying          // after the first few writes nobody answers
	deaf           // as dying, and the answer to the last of them is lost too
	shut           // nobody answers at all
)

// atATime is how many objects a failing API server still makes or removes. With more than one, a test of all the places where a command can
// be interrupted takes seconds and not a minute.
const atATime = 2

// faults is what fails, for all doors alike.
type faults struct {
	mu      sync.Mutex
	kind    fault
	changes int // objects made or removed since the fault was set
}

func (f *faults) set(kind fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kind, f.changes = kind, 0
}

// verdict is what becomes of one request or answer.
type verdict int

const (
	passes verdict = iota
	forbidden
	unavailable
	broken
)

// request judges a request before it is passed on.
func (f *faults) request(r *http.Request) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch spent := f.changes >= atATime; {
	case f.kind == none, f.kind != shut && !spent:
		return passes
	case f.kind == refusing && writes(r):
		return forbidden
	case f.kind == refusing:
		return passes
	case r.Method == http.MethodGet:
		return unavailable // a read that breaks is tried again by client-go, for ten seconds
	}
	return broken
}

// answer counts what an answer says was made or removed, and says whether it is lost.
func (f *faults) answer(response *http.Response) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	if changed(response) {
		f.changes++
		if f.kind == deaf && f.changes == atATime {
			return broken
		}
	}
	return passes
}

// writes says whether a request may change something: asking what one may do, and dry runs, change nothing.
func writes(r *http.Request) bool {
	return r.Method != http.MethodGet && !strings.HasPrefix(r.URL.Path, "/apis/authorization.k8s.io/") && r.URL.Query().Get("dryRun") == ""
}

func changed(response *http.Response) bool {
	r := response.Request
	switch {
	case !writes(r):
		return false
	case r.Method == http.MethodDelete, r.Method == http.MethodPut:
		return response.StatusCode == http.StatusOK
	}
	return response.StatusCode == http.StatusCreated
}

// door is an API server as the command line sees it: whoever brings no credential is its administrator. It returns the URL and the
// certificate that it is known by.
func (f *faults) door(t *testing.T, admin *rest.Config) (string, []byte) {
	t.Helper()
	transport := func(config *rest.Config) http.RoundTripper {
		found, err := rest.TransportFor(config)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	target, err := url.Parse(admin.Host)
	if err != nil {
		t.Fatal(err)
	}
	anyone := rest.AnonymousClientConfig(admin)
	anyone.Dial = admin.Dial
	proxy := func(transport http.RoundTripper) *httputil.ReverseProxy {
		return &httputil.ReverseProxy{
			Transport: transport,
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
			ModifyResponse: func(response *http.Response) error {
				if f.answer(response) == broken {
					panic(http.ErrAbortHandler)
				}
				return nil
			},
		}
	}
	asAdmin, asWhoever := proxy(transport(admin)), proxy(transport(anyone))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch f.request(r) {
		case forbidden:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","message":"refused by the test","code":403}`))
		case unavailable:
			http.Error(w, "shut down by the test", http.StatusServiceUnavailable)
		case broken:
			panic(http.ErrAbortHandler)
		default:
			if r.Header.Get("Authorization") == "" {
				asAdmin.ServeHTTP(w, r)
			} else {
				asWhoever.ServeHTTP(w, r)
			}
		}
	}))
	silent := log.New(io.Discard, "", 0) // they tell of each connection that is broken on purpose, and of each question that was given up
	server.Config.ErrorLog, asAdmin.ErrorLog, asWhoever.ErrorLog = silent, silent, silent
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}
