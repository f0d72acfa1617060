package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var (
	//go:embed page.html
	document string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

var page = template.Must(template.New("page").Funcs(template.FuncMap{"count": count[int]}).Parse(document))

// policy allows the page its own style and script, by what they contain, and nothing from anywhere else.
var policy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	digest(style), digest(script))

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Page serves the page. All fields are needed. It may be used concurrently.
type Page struct {
	// Reader is the cache of this cluster.
	Reader client.Reader
	// Hub is what this controller knows of the hub.
	Hub Hub
	// Self is this cluster's id.
	Self mcs.ClusterID
	// Working says whether this replica is the one that works.
	Working func() bool
	// Sampler remembers propagation.
	Sampler *Sampler
	// Clock tells the time.
	Clock clock.PassiveClock
}

// ServeHTTP answers with the page on /, and with [Lag] as JSON on /propagation, for programs. The query parameter q is a part of the names to show. Only a client that names
// this host as localhost or by a loopback address is answered, so that no web page elsewhere reads it by a name of its own that
// resolves to here.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !local(r.Host):
		http.Error(w, "this page is for localhost: open it as http://localhost", http.StatusMisdirectedRequest)
		return
	case r.URL.Path != "/" && r.URL.Path != "/propagation":
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this page is only for reading", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/propagation" {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(p.Sampler.Lag()) // who went away is none of our concern
		return
	}
	facts, err := p.gather(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	var out bytes.Buffer
	if err := render(&out, viewOf(facts, r.URL.Query().Get("q"))); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes()) // a browser that went away is none of our concern
}

func render(out *bytes.Buffer, v view) error {
	err := page.Execute(out, struct {
		view
		Style  template.CSS
		Script template.JS
	}{v, template.CSS(style), template.JS(script)})
	if err != nil {
		return fmt.Errorf("rendering the page: %w", err)
	}
	return nil
}

// local says whether a request's Host names this machine as itself.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(trimBrackets(host))
	return ip != nil && ip.IsLoopback()
}

func trimBrackets(host string) string {
	if n := len(host); n > 1 && host[0] == '[' && host[n-1] == ']' {
		return host[1 : n-1]
	}
	return host
}

// Server serves a Page at an address of this host.
type Server struct {
	// Address is one that CheckAddress accepts.
	Address string
	// Page is what is served.
	Page *Page
	// Log is told where the page is, and why it is not.
	Log logr.Logger
}

// ErrNotLocal is the error of an address that others could reach.
var ErrNotLocal = errors.New("it is not an address of localhost")

// CheckAddress refuses, with ErrNotLocal, an address that is not of localhost: the page asks nobody who they are.
func CheckAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if !local(host) {
		return ErrNotLocal
	}
	return nil
}

// Start serves until ctx ends. An address that is taken is logged and no error: nobody's names depend on the page.
func (s *Server) Start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address)
	if err != nil {
		s.Log.Error(err, "page is not served, choose another --page-bind-address", "address", s.Address)
		return nil
	}
	s.Log.Info("page is served", "address", "http://"+listener.Addr().String())
	server := &http.Server{Handler: s.Page, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		s.Log.Error(err, "page is not served any more", "address", s.Address)
	}
	return nil
}

// NeedLeaderElection says that a replica that waits has a page too, which says that it waits.
func (s *Server) NeedLeaderElection() bool { return false }
