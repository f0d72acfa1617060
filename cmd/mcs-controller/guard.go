package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/utils/clock"
)

// For how long the API server's answers are believed, how many are remembered, and how long it may take to give one. Whoever takes a
// right away waits for the first of these.
const (
	believeYes  = time.Minute
	believeNo   = 10 * time.Second
	maxAnswers  = 256
	maxToken    = 16 << 10
	askTimeout  = 10 * time.Second
	bearerStart = "Bearer "
)

// guard lets those through to a handler whose bearer token the cluster's API server knows (TokenReview) and whom it allows to use the
// path (SubjectAccessReview on a nonResourceURL). It asks for each token once in a while. controller-runtime has such a filter, which
// brings much of the API server's own code with it; this one asks the same two questions.
type guard struct {
	tokens authenticationclient.TokenReviewInterface
	rights authorizationclient.SubjectAccessReviewInterface
	clock  clock.PassiveClock
	log    logr.Logger
	next   http.Handler

	mu      sync.Mutex
	answers map[[sha256.Size]byte]answer
}

// answer is the status that a request with a token gets, 200 for one that is let through, and until when.
type answer struct {
	status int
	until  time.Time
}

// ServeHTTP implements [http.Handler].
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := http.StatusUnauthorized
	if token, found := strings.CutPrefix(r.Header.Get("Authorization"), bearerStart); found && token != "" && len(token) <= maxToken {
		status = g.judge(r, token)
	}
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	g.next.ServeHTTP(w, r)
}

// judge returns the status for a request with a token. What could not be found out lets nobody through and is not remembered.
func (g *guard) judge(r *http.Request, token string) int {
	verb := strings.ToLower(r.Method)
	key := sha256.Sum256([]byte(verb + " " + r.URL.Path + " " + token))
	now := g.clock.Now()
	g.mu.Lock()
	known, found := g.answers[key]
	g.mu.Unlock()
	if found && now.Before(known.until) {
		return known.status
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	status, err := g.ask(ctx, token, verb, r.URL.Path)
	if err != nil {
		g.log.Info("who may read metrics could not be found out", "reason", err.Error())
		return http.StatusInternalServerError
	}
	believe := believeNo
	if status == http.StatusOK {
		believe = believeYes
	}
	g.remember(key, answer{status: status, until: now.Add(believe)})
	return status
}

func (g *guard) remember(key [sha256.Size]byte, a answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.answers == nil || len(g.answers) >= maxAnswers {
		g.answers = make(map[[sha256.Size]byte]answer)
	}
	g.answers[key] = a
}

// ask asks the API server who a token is of, and whether that one may use a path.
func (g *guard) ask(ctx context.Context, token, verb, path string) (status int, err error) {
	review, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("reviewing a token: %w", err)
	}
	if !review.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	user := review.Status.User
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for name, values := range user.Extra {
		extra[name] = authorizationv1.ExtraValue(values)
	}
	access, err := g.rights.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, Groups: user.Groups, UID: user.UID, Extra: extra,
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: path, Verb: verb},
	}}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("reviewing the access of %q: %w", user.Username, err)
	}
	if !access.Status.Allowed {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}
