package multicluster

import (
	"hash/maphash"
	"iter"
	"maps"
)

// shardCount is how many parts a table has. Changing one key copies one part and
// the array of parts: with 20,000 keys that is about 80 entries and 2 KiB.
const shardCount = 256

type shards[V any] [shardCount]map[string]V

var shardSeed = maphash.MakeSeed()

func shardOf(key string) uint8 {
	return uint8(maphash.String(shardSeed, key))
}

// table is an immutable map from strings. A changed table is made by an
// [tableEdit] and shares with its origin every part in which nothing changed, so
// readers need no lock and a change costs the same whatever the size.
// The zero value is an empty table.
type table[V any] struct {
	parts *shards[V]
}

// get returns the value under key and whether there is one.
func (t table[V]) get(key string) (V, bool) {
	if t.parts == nil {
		var none V
		return none, false
	}
	v, ok := t.parts[shardOf(key)][key]
	return v, ok
}

// all yields every value, in no order.
func (t table[V]) all() iter.Seq[V] {
	return func(yield func(V) bool) {
		if t.parts == nil {
			return
		}
		for _, part := range t.parts {
			for _, v := range part {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// edit starts a change of t.
func (t table[V]) edit() *tableEdit[V] {
	e := &tableEdit[V]{parts: new(shards[V])}
	if t.parts != nil {
		*e.parts = *t.parts
	}
	return e
}

// tableEdit collects changes to a table. It is used by one goroutine, and not
// any more once its table has been taken.
type tableEdit[V any] struct {
	parts *shards[V]
	owned [shardCount]bool // parts already copied by this edit
}

func (e *tableEdit[V]) get(key string) (V, bool) {
	v, ok := e.parts[shardOf(key)][key]
	return v, ok
}

func (e *tableEdit[V]) set(key string, v V) {
	e.own(shardOf(key))[key] = v
}

func (e *tableEdit[V]) remove(key string) {
	delete(e.own(shardOf(key)), key)
}

func (e *tableEdit[V]) own(i uint8) map[string]V {
	if !e.owned[i] {
		e.owned[i] = true
		if e.parts[i] == nil {
			e.parts[i] = make(map[string]V)
		} else {
			e.parts[i] = maps.Clone(e.parts[i])
		}
	}
	return e.parts[i]
}

// table ends the edit and returns its result.
func (e *tableEdit[V]) table() table[V] {
	return table[V]{parts: e.parts}
}
