package pods

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// watched is all pods as the API server last told, and tells on whose pod something changed.
type watched struct {
	cache.Store
	changed func(cache.ObjectName)
}

var _ cache.ReflectorStore = (*watched)(nil)

func newWatched(changed func(cache.ObjectName)) *watched {
	return &watched{Store: cache.NewStore(cache.DeletionHandlingMetaNamespaceKeyFunc), changed: changed}
}

// get is the pod of that name, and nil if there is none. It must not be changed.
func (w *watched) get(key cache.ObjectName) (*corev1.Pod, error) {
	object, exists, err := w.GetByKey(key.String())
	if err != nil || !exists {
		return nil, err
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return nil, fmt.Errorf("reading pod %s: it is a %T", key, object)
	}
	return pod, nil
}

// Add is one pod that appeared.
func (w *watched) Add(object any) error { return w.tell(object, w.Store.Add(object)) }

// Update is one pod that changed.
func (w *watched) Update(object any) error { return w.tell(object, w.Store.Update(object)) }

// Delete is one pod that went.
func (w *watched) Delete(object any) error { return w.tell(object, w.Store.Delete(object)) }

// Replace is all pods there are: those that were known and are not among them went unseen.
func (w *watched) Replace(objects []any, version string) error {
	before := w.List()
	if err := w.Store.Replace(objects, version); err != nil {
		return err
	}
	for _, object := range append(before, objects...) {
		if err := w.tell(object, nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *watched) tell(object any, err error) error {
	if err != nil {
		return err
	}
	key, err := cache.DeletionHandlingObjectToName(object)
	if err != nil {
		return err
	}
	w.changed(key)
	return nil
}
