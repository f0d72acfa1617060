package hub

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestClassify(t *testing.T) {
	records := schema.GroupResource{Group: "multicluster-dns.github.io", Resource: "exportedservices"}
	for _, tc := range []struct {
		name string
		err  error
		want problem
		is   error // what a caller of Publish branches on
	}{
		{"no answer", errors.New("connection refused"), away, ErrUnreachable},
		{"an answer that takes too long", context.DeadlineExceeded, away, ErrUnreachable},
		{"a hub that fails", apierrors.NewInternalError(errors.New("etcd")), away, ErrUnreachable},
		{"a hub that is busy", apierrors.NewTooManyRequests("later", 1), away, ErrUnreachable},
		{"credentials that are refused", apierrors.NewUnauthorized("who?"), rejectedKey, ErrUnreachable},
		{"another's change in between", apierrors.NewConflict(records, "x", nil), outdated, ErrUnreachable},
		{"missing rights", apierrors.NewForbidden(records, "x", nil), forbidden, ErrRefused},
		{"a record that breaks the schema", apierrors.NewInvalid(schema.GroupKind{}, "x", nil), invalid, ErrRefused},
		{"a record that is too large", apierrors.NewRequestEntityTooLargeError("3 MB"), invalid, ErrRefused},
		{"a missing namespace or CRD", apierrors.NewNotFound(records, "x"), missing, ErrRefused},
		{"a CRD that is being deleted", apierrors.NewMethodNotSupported(records, "create"), missing, ErrRefused},
		{"a kind nobody serves", &meta.NoKindMatchError{}, missing, ErrRefused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := classify(tc.err); got != tc.want {
				t.Errorf("classify = %q, want %q", got, tc.want)
			}
			wrapped := (&Hub{}).wrap(tc.err, "writing the record %q", "x")
			if !errors.Is(wrapped, tc.is) || !errors.Is(wrapped, tc.err) {
				t.Errorf("error %v wraps not both %v and its cause", wrapped, tc.is)
			}
		})
	}
}
