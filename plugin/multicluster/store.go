package multicluster

import "k8s.io/client-go/tools/cache"

// store takes what a reflector sees of one kind of object, turns it into the
// compact form T and passes it on. A reflector is its only user.
type store[T any] struct {
	compactor *compactor
	compact   func(object any) (T, bool)
	set       func(T)
	remove    func(T)
	replace   func(all []T, first bool)
	published func(object any) // hears of an object after it was set; nil: nobody does
	told      bool             // everything has been told once
}

var _ cache.TransformingStore = (*store[*slice])(nil)

// Transformer implements cache.TransformingStore: objects of an initial stream
// are made compact as they arrive.
func (s *store[T]) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		if t, ok := s.take(object); ok {
			return t, nil
		}
		return object, nil
	}
}

// Add implements cache.ReflectorStore.
func (s *store[T]) Add(object any) error { return s.Update(object) }

// Update implements cache.ReflectorStore.
func (s *store[T]) Update(object any) error {
	if t, ok := s.take(object); ok {
		s.set(t)
		if s.published != nil {
			s.published(object)
		}
	}
	return nil
}

// Delete implements cache.ReflectorStore. What is wrong with an object that goes
// is not counted again.
func (s *store[T]) Delete(object any) error {
	t, ok := s.compact(object)
	s.compactor.take()
	if ok {
		s.remove(t)
	}
	return nil
}

// Replace implements cache.ReflectorStore.
func (s *store[T]) Replace(objects []any, _ string) error {
	all := make([]T, 0, len(objects))
	for i, object := range objects {
		if t, ok := s.take(object); ok {
			all = append(all, t)
		}
		objects[i] = nil
	}
	s.replace(all, !s.told)
	s.told = true
	return nil
}

// Resync implements cache.ReflectorStore; there is nothing to send again.
func (s *store[T]) Resync() error { return nil }

// take makes object compact and counts what of it is left out.
func (s *store[T]) take(object any) (T, bool) {
	t, ok := s.compact(object)
	if !ok {
		s.compactor.reject(unexpectedObject)
	}
	countRejected(s.compactor.take())
	return t, ok
}

// store makes the store of a resource for a reflector.
func (f *feed) store(resource, namespace string) cache.ReflectorStore {
	if resource == importsResource {
		return f.importStore(namespace)
	}
	return f.sliceStore(namespace)
}

// importStore makes the store for the imports of a namespace.
func (f *feed) importStore(namespace string) *store[*imported] {
	c := &compactor{zones: f.zoneNames()}
	return &store[*imported]{
		compactor: c, compact: c.serviceImport, set: f.setImport, remove: f.deleteImport,
		replace: func(all []*imported, first bool) { f.replaceImports(namespace, all, first) },
	}
}

// sliceStore makes the store for the slices of a namespace.
func (f *feed) sliceStore(namespace string) *store[*slice] {
	c := &compactor{zones: f.zoneNames()}
	return &store[*slice]{
		compactor: c, compact: c.slice, set: f.setSlice, remove: f.deleteSlice,
		replace:   func(all []*slice, first bool) { f.replaceSlices(namespace, all, first) },
		published: f.observeProgramming,
	}
}

func (f *feed) zoneNames() []string {
	names := make([]string, 0, len(f.zones))
	for _, z := range f.zones {
		if !z.reverse {
			names = append(names, z.name)
		}
	}
	return names
}
