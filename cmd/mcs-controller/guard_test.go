package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	clocktesting "k8s.io/utils/clock/testing"
)

// gate is a guard before a handler, and an API server that knows two tokens: "reader" may get /metrics, "stranger" may not.
type gate struct {
	*guard
	clock *clocktesting.FakePassiveClock
	asked []string
	away  bool
}

func newGate() *gate {
	g := &gate{clock: clocktesting.NewFakePassiveClock(time.Unix(1000, 0))}
	cluster := fake.NewClientset()
	cluster.PrependReactor("create", "tokenreviews", func(a clienttesting.Action) (bool, runtime.Object, error) {
		review := a.(clienttesting.CreateAction).GetObject().(*authenticationv1.TokenReview).DeepCopy()
		g.asked = append(g.asked, "token")
		if g.away {
			return true, nil, errors.New("away")
		}
		review.Status.Authenticated = review.Spec.Token == "reader" || review.Spec.Token == "stranger"
		review.Status.User.Username = review.Spec.Token
		return true, review, nil
	})
	cluster.PrependReactor("create", "subjectaccessreviews", func(a clienttesting.Action) (bool, runtime.Object, error) {
		review := a.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview).DeepCopy()
		at := review.Spec.NonResourceAttributes
		g.asked = append(g.asked, fmt.Sprintf("%s %s %s", review.Spec.User, at.Verb, at.Path))
		review.Status.Allowed = review.Spec.User == "reader" && at.Verb == "get" && at.Path == "/metrics"
		return true, review, nil
	})
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "metrics") })
	g.guard = &guard{
		tokens: cluster.AuthenticationV1().TokenReviews(), rights: cluster.AuthorizationV1().SubjectAccessReviews(),
		clock: g.clock, log: logr.Discard(), next: next,
	}
	return g
}

// get requests a path with an Authorization header, "" for none, and returns the status and the body.
func (g *gate) get(ctx context.Context, path, authorization string) (int, string) {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	recorder := httptest.NewRecorder()
	g.ServeHTTP(recorder, request)
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

func TestGuard(t *testing.T) {
	tests := []struct {
		name, path, authorization string
		away                      bool
		want                      int
		wantAsked                 []string
	}{
		{name: "without a token nobody is let through", path: "/metrics", want: http.StatusUnauthorized},
		{name: "with a password nobody is", path: "/metrics", authorization: "Basic cmVhZGVyOng=", want: http.StatusUnauthorized},
		{name: "with an endless token nobody is", path: "/metrics", authorization: "Bearer " + strings.Repeat("x", maxToken+1), want: http.StatusUnauthorized},
		{name: "a token that the API server does not know is not", path: "/metrics", authorization: "Bearer forged", want: http.StatusUnauthorized, wantAsked: []string{"token"}},
		{name: "one that it knows without the right is not", path: "/metrics", authorization: "Bearer stranger", want: http.StatusForbidden, wantAsked: []string{"token", "stranger get /metrics"}},
		{name: "one with the right is", path: "/metrics", authorization: "Bearer reader", want: http.StatusOK, wantAsked: []string{"token", "reader get /metrics"}},
		{name: "a right to one path is none to another", path: "/debug", authorization: "Bearer reader", want: http.StatusForbidden, wantAsked: []string{"token", "reader get /debug"}},
		{name: "while the API server is away nobody is", path: "/metrics", authorization: "Bearer reader", away: true, want: http.StatusInternalServerError, wantAsked: []string{"token"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			g := newGate()
			g.away = tc.away
			status, body := g.get(t.Context(), tc.path, tc.authorization)
			if status != tc.want || (body == "metrics") != (tc.want == http.StatusOK) {
				t.Errorf("the answer is %d %q, want %d", status, body, tc.want)
			}
			if diff := cmp.Diff(tc.wantAsked, g.asked); diff != "" {
				t.Errorf("what the API server was asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGuardRemembersForAWhile(t *testing.T) {
	g := newGate()
	for _, step := range []struct {
		name  string
		token string
		after time.Duration
		away  bool
		want  int
		asked int
	}{
		{name: "the first request asks", token: "reader", want: http.StatusOK, asked: 2},
		{name: "the next one does not, whether the API server is there or not", token: "reader", after: 30 * time.Second, away: true, want: http.StatusOK, asked: 2},
		{name: "one later does again", token: "reader", after: 31 * time.Second, want: http.StatusOK, asked: 4},
		{name: "a refusal is remembered, too", token: "forged", want: http.StatusUnauthorized, asked: 5},
		{name: "so that guessing asks little", token: "forged", after: 9 * time.Second, want: http.StatusUnauthorized, asked: 5},
		{name: "and not for long", token: "forged", after: 2 * time.Second, want: http.StatusUnauthorized, asked: 6},
	} {
		g.clock.SetTime(g.clock.Now().Add(step.after))
		g.away = step.away
		if status, _ := g.get(t.Context(), "/metrics", "Bearer "+step.token); status != step.want || len(g.asked) != step.asked {
			t.Errorf("%s: status %d after %d questions, want %d after %d", step.name, status, len(g.asked), step.want, step.asked)
		}
	}
	for i := range 3 * maxAnswers {
		g.get(t.Context(), "/metrics", fmt.Sprintf("Bearer guess-%d", i))
	}
	if len(g.answers) > maxAnswers {
		t.Errorf("%d answers are remembered, want at most %d", len(g.answers), maxAnswers)
	}
}
