package gather

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

// unseen is the fact that a look ended with an error.
func unseen[T any](err error) explain.Fact[T] {
	fact := explain.Fact[T]{Sight: explain.Unreachable, Detail: kube.Because(err)}
	switch {
	case unserved(err):
		fact.Sight = explain.Unserved
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		fact.Sight = explain.Forbidden
	}
	return fact
}

// unlooked is the fact that nobody looked, and why.
func unlooked[T any](why string) explain.Fact[T] {
	return explain.Fact[T]{Sight: explain.Unlooked, Detail: why}
}

// unserved says whether an error means that the API server does not know the kind.
func unserved(err error) bool {
	return meta.IsNoMatchError(err) || runtime.IsNotRegisteredError(err) ||
		apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// get reads one object. One that does not exist is seen as nil.
func get[T any, P interface {
	*T
	client.Object
}](ctx context.Context, reader client.Reader, namespace, name string) explain.Fact[P] {
	object := P(new(T))
	switch err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, object); {
	case err == nil:
		return explain.See(object)
	case apierrors.IsNotFound(err) && !unserved(err):
		return explain.See[P](nil)
	default:
		return unseen[P](err)
	}
}

// list reads several objects, taken out of their list by items.
func list[T any, L client.ObjectList](ctx context.Context, reader client.Reader, into L, items func(L) []T, options ...client.ListOption) explain.Fact[[]T] {
	if err := reader.List(ctx, into, options...); err != nil {
		return unseen[[]T](err)
	}
	return explain.See(items(into))
}
