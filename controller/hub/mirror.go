package hub

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// entry is one object of the hub in the form in which it is kept.
type entry[R any] struct {
	uid     types.UID
	version string // resourceVersion
	record  R
}

// mirror holds what was read of one resource of the hub, converted, by object name and by group: what belongs together, such as
// the records of one service. It is safe for concurrent use.
type mirror[R any] struct {
	convert func(client.Object) R
	group   func(R) types.NamespacedName
	// changed is called after each change, outside of the lock, with the object's name and its group.
	changed func(object, group types.NamespacedName)

	mu      sync.RWMutex
	entries map[types.NamespacedName]entry[R]
	groups  *groups // nil where nobody asks for the members of one
}

func newMirror[R any](convert func(client.Object) R, group func(R) types.NamespacedName, changed func(object, group types.NamespacedName)) *mirror[R] {
	return &mirror[R]{convert: convert, group: group, changed: changed, entries: map[types.NamespacedName]entry[R]{}}
}

// of returns convert for objects whose type is not stated, but known: a mirror is given what its resource's list holds, and no other.
func of[O client.Object, R any](convert func(O) R) func(client.Object) R {
	return func(object client.Object) R {
		typed, ok := object.(O)
		if !ok {
			panic(fmt.Sprintf("a mirror of %T was given a %T", typed, object))
		}
		return convert(typed)
	}
}

// grouped returns m with an index of its groups, before anything was put into it.
func (m *mirror[R]) grouped() *mirror[R] {
	m.groups = newGroups()
	return m
}

// get returns the entry of an object.
func (m *mirror[R]) get(object types.NamespacedName) (entry[R], bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	e, found := m.entries[object]
	return e, found
}

// members returns the entries of a group by object name. The mirror must be grouped.
func (m *mirror[R]) members(group types.NamespacedName) map[types.NamespacedName]entry[R] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	members := map[types.NamespacedName]entry[R]{}
	m.groups.of(group, func(object types.NamespacedName) { members[object] = m.entries[object] })
	return members
}

// each calls visit with every entry until it returns false. It must not call back into the mirror.
func (m *mirror[R]) each(visit func(object types.NamespacedName, e entry[R]) bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for object, e := range m.entries {
		if !visit(object, e) {
			return
		}
	}
}

// put takes in an object as the hub has it now.
func (m *mirror[R]) put(object client.Object) {
	name := client.ObjectKeyFromObject(object)
	if held, found := m.get(name); found && held.uid == object.GetUID() && held.version == object.GetResourceVersion() {
		return
	}
	next := entry[R]{uid: object.GetUID(), version: object.GetResourceVersion(), record: m.convert(object)}
	m.mu.Lock()
	touched := m.drop(name)
	m.entries[name] = next
	group := m.group(next.record)
	m.groups.add(group, name)
	m.mu.Unlock()
	for _, old := range touched {
		if old != group {
			m.changed(name, old)
		}
	}
	m.changed(name, group)
}

// remove takes in that the hub no longer has an object.
func (m *mirror[R]) remove(name types.NamespacedName) {
	m.mu.Lock()
	touched := m.drop(name)
	m.mu.Unlock()
	for _, group := range touched {
		m.changed(name, group)
	}
}

// keep takes in that the hub has no objects but these.
func (m *mirror[R]) keep(stays map[types.NamespacedName]struct{}) {
	var gone []types.NamespacedName
	m.each(func(object types.NamespacedName, _ entry[R]) bool {
		if _, found := stays[object]; !found {
			gone = append(gone, object)
		}
		return true
	})
	for _, object := range gone {
		m.remove(object)
	}
}

// drop forgets an object under the lock and returns the group it was in, if any.
func (m *mirror[R]) drop(name types.NamespacedName) []types.NamespacedName {
	e, found := m.entries[name]
	if !found {
		return nil
	}
	group := m.group(e.record)
	delete(m.entries, name)
	m.groups.remove(group, name)
	return []types.NamespacedName{group}
}
