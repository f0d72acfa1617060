package multicluster

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// backoff is how long a source waits after a failure. Its end is short enough
// that a CRD installed late is served within seconds.
func backoff() *wait.Backoff {
	return &wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 16, Cap: 4 * time.Second}
}

// source is one resource of one namespace, or of all. It hands what a reflector
// sees to the feed in compact form, so that no decoded object outlives its
// arrival.
type source struct {
	resource  string
	namespace string // empty: all
	client    listWatcher
	store     cache.ReflectorStore
	health    *health
	plain     bool // asks for a list first, not for a stream of all objects
}

// errClosed is what the client library does not call an error.
var errClosed = errors.New("the connection was closed before the watch began")

// isEmpty reports whether w is what the client library returns for a connection
// that was closed: a watch without an error and without events.
func isEmpty(w watch.Interface) bool {
	return reflect.TypeOf(w) == reflect.TypeOf(watch.NewEmptyWatch())
}

// plainList is a lister that does not want a stream in the place of a list. A
// list comes compressed and a stream does not, which for objects in JSON is a
// tenth of the octets; and a stream spares both sides the memory of a whole list,
// which for large objects counts more.
type plainList struct{ *cache.ListWatch }

// IsWatchListSemanticsUnSupported tells a reflector to ask for a list.
func (plainList) IsWatchListSemanticsUnSupported() bool { return true }

// listWatcher reads one resource from an API server.
type listWatcher interface {
	list(ctx context.Context, namespace string, o metav1.ListOptions) (runtime.Object, error)
	watch(ctx context.Context, namespace string, o metav1.ListOptions) (watch.Interface, error)
}

// run reads until ctx ends. Errors go to the health of the source, which tells
// the operator when they begin and when they end.
func (s *source) run(ctx context.Context) {
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			all, err := s.client.list(ctx, s.namespace, o)
			s.health.note(ctx, list, err)
			return all, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := s.client.watch(ctx, s.namespace, o)
			switch {
			case err == nil && isEmpty(w):
				s.health.note(ctx, watching, errClosed)
			case o.SendInitialEvents != nil && apierrors.IsInvalid(err):
				// A server without streaming lists says so, and is then asked for a plain list.
			default:
				s.health.note(ctx, watching, err)
			}
			return w, err
		},
	}
	var lister cache.ListerWatcher = lw
	if s.plain {
		lister = plainList{lw}
	}
	silent := logr.Discard()
	r := cache.NewReflectorWithOptions(lister, nil, s.store, cache.ReflectorOptions{
		Logger: &silent, Name: pluginName, TypeDescription: s.resource, Backoff: backoff(),
	})
	r.RunWithContext(klog.NewContext(ctx, silent))
}
