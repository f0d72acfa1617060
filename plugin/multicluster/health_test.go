package multicluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	golog "log"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Spec: local: one log line when a resource cannot be read, which names the verb
// or the CRD, and one when it can be again; nothing between.
func TestTroubleIsLoggedWhenItChanges(t *testing.T) {
	group := schema.GroupResource{Group: "multicluster.x-k8s.io", Resource: "serviceimports"}
	missing := apierrors.NewNotFound(group, "")
	denied := apierrors.NewForbidden(group, "", errors.New(`User "dns" cannot watch resource "serviceimports"`))
	away, gone := errors.New("connection refused"), apierrors.NewResourceExpired("too old")
	type request struct {
		verb verb
		err  error
	}
	for _, tc := range []struct {
		name     string
		requests []request
		want     []string
		good     bool // at the end
	}{
		{"what works is not worth a line", []request{{watching, nil}, {list, nil}, {watching, nil}}, nil, true},
		{
			"a missing CRD, until it is there", []request{{watching, missing}, {list, missing}, {watching, missing}, {watching, nil}},
			[]string{"Waiting for the CRD of X: ", "Reading X again"}, true,
		},
		{
			"a missing right to watch, while listing works", []request{{watching, denied}, {list, nil}, {watching, denied}, {list, nil}},
			[]string{"Not allowed to read X, which takes the verbs list and watch: "}, false,
		},
		{
			"a server that is away, and comes back", []request{{watching, nil}, {watching, away}, {watching, away}, {watching, nil}},
			[]string{"Cannot read X; what is known is still served: connection refused", "Reading X again"}, true,
		},
		{"a version that has expired", []request{{watching, nil}, {watching, gone}, {list, nil}, {watching, nil}}, nil, true},
		{"a request of our own that we ended", []request{{watching, context.Canceled}}, nil, true},
		{
			"one trouble after another", []request{{watching, denied}, {watching, missing}, {watching, away}},
			[]string{"Not allowed to read X", "Waiting for the CRD of X", "Cannot read X"}, false,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			golog.SetOutput(&out)
			defer golog.SetOutput(io.Discard)
			h := &health{what: "X"}
			for _, r := range tc.requests {
				h.note(context.Background(), r.verb, r.err)
			}
			var got []string
			for line := range strings.Lines(out.String()) {
				_, text, _ := strings.Cut(line, "plugin/multicluster: ")
				got = append(got, strings.TrimSuffix(text, "\n"))
			}
			same := cmp.Comparer(func(want, got string) bool {
				return strings.HasPrefix(got, want) || strings.HasPrefix(want, got)
			})
			if diff := cmp.Diff(tc.want, got, same); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if h.good() != tc.good {
				t.Errorf("good is %v at the end", h.good())
			}
		})
	}
}
