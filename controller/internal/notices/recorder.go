package notices

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Recorder raises Events where they can be kept. Those about objects of a namespace that is gone or on its way out are dropped: the API
// server refuses to create anything there, and nobody is left to read them. It may be used concurrently.
type Recorder struct {
	// To raises the Events.
	To events.EventRecorder
	// Reader reads namespaces, from a cache.
	Reader client.Reader
}

var _ events.EventRecorder = (*Recorder)(nil)

// Eventf implements [events.EventRecorder].
func (r *Recorder) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	if r.ends(regarding) {
		return
	}
	r.To.Eventf(regarding, related, kind, reason, action, note, args...)
}

// ends says whether the namespace of an object is known to be gone or on its way out. Where it cannot be read the Event is raised: the
// API server has the last word.
func (r *Recorder) ends(o runtime.Object) bool {
	about, err := meta.Accessor(o)
	if err != nil || about.GetNamespace() == "" {
		return false
	}
	var namespace corev1.Namespace
	// A recorder is given no context, and a cache answers at once.
	err = r.Reader.Get(context.Background(), types.NamespacedName{Name: about.GetNamespace()}, &namespace, client.UnsafeDisableDeepCopy)
	return apierrors.IsNotFound(err) || err == nil && namespace.DeletionTimestamp != nil
}
