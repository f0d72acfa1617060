package hub

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ledger is what this cluster knows to be on the hub of its own records of one kind: the mirror, corrected by what this process
// has written and not yet seen come back. Comparing with the mirror alone would miss a write that undoes one just made. It is
// safe for concurrent use.
type ledger[R any] struct {
	mirror *mirror[R]

	mu      sync.Mutex
	written map[types.NamespacedName]write[R]
}

// write is one write that may not have come back yet.
type write[R any] struct {
	entry   entry[R]
	deleted bool // entry is what was deleted; else it is what was written
}

func newLedger[R any](m *mirror[R]) *ledger[R] {
	return &ledger[R]{mirror: m, written: map[types.NamespacedName]write[R]{}}
}

// get returns the entry of an object as it is on the hub.
func (l *ledger[R]) get(object types.NamespacedName) (entry[R], bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, found := l.mirror.get(object)
	w, pending := l.written[object]
	switch {
	case !pending:
		return seen, found
	case w.deleted && found && seen.uid == w.entry.uid:
		return entry[R]{}, false
	case !w.deleted && (!found || older(seen.version, w.entry.version)):
		return w.entry, true
	}
	delete(l.written, object)
	return seen, found
}

// members returns the entries of a group in a hub namespace, as they are on the hub.
func (l *ledger[R]) members(namespace string, group types.NamespacedName) map[types.NamespacedName]entry[R] {
	objects := map[types.NamespacedName]struct{}{}
	for object := range l.mirror.members(group) {
		objects[object] = struct{}{}
	}
	l.mu.Lock()
	for object, w := range l.written {
		if l.mirror.group(w.entry.record) == group {
			objects[object] = struct{}{}
		}
	}
	l.mu.Unlock()
	members := map[types.NamespacedName]entry[R]{}
	for object := range objects {
		if object.Namespace != namespace {
			continue
		}
		if e, found := l.get(object); found {
			members[object] = e
		}
	}
	return members
}

// learn takes in that an object is on the hub as given, or is not there.
func (l *ledger[R]) learn(name types.NamespacedName, object client.Object, exists bool) {
	if exists {
		l.wrote(object)
		return
	}
	l.erased(name)
}

// wrote takes in that this process, or one it has just read after, left the object like this.
func (l *ledger[R]) wrote(object client.Object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written[client.ObjectKeyFromObject(object)] = write[R]{entry: entry[R]{
		uid: object.GetUID(), version: object.GetResourceVersion(), record: l.mirror.convert(object),
	}}
}

// erased takes in that the object is not on the hub any more.
func (l *ledger[R]) erased(object types.NamespacedName) {
	e, found := l.get(object)
	if !found {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written[object] = write[R]{entry: e, deleted: true}
}

// seen takes in that the mirror has changed in this object. It must hear of each change, in order: a record that was written, seen
// and then deleted by somebody else is told in this way from one that was written and not yet seen.
func (l *ledger[R]) seen(object types.NamespacedName) { l.get(object) }

// listed takes in that the mirror now is what the hub had at a version: earlier writes that are not in it were undone since.
func (l *ledger[R]) listed(version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for object, w := range l.written {
		if !w.deleted && !older(version, w.entry.version) {
			delete(l.written, object)
		}
	}
}

// reset forgets all writes: the hub is another, or older, than they were made on.
func (l *ledger[R]) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.written)
}
