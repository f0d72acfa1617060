package multicluster

import "time"

// snapshot is one published state of all imported services. Nothing in it
// changes but the records that its services build on first use, so every answer
// that is made from one snapshot is made from one state.
type snapshot struct {
	services   table[*service] // by key
	namespaces table[int]      // how many existing names each has, by lower-case name
	serial     uint32          // of the SOA; rises with every visible change
	soas       []*rrset        // by zone index
	savedAt    time.Time       // when the file it came from was written; zero: it came from the API server
}

// stale reports whether the snapshot came from a file.
func (s *snapshot) stale() bool { return !s.savedAt.IsZero() }

// change is a set of changes to the services of a snapshot. One goroutine uses it.
type change struct {
	services   *tableEdit[*service]
	namespaces *tableEdit[int]
	touched    bool // something changed at all
	visible    bool // some answer changed
}

// state is what a change begins from and results in: the tables of a snapshot
// before anything is published.
type state struct {
	services   table[*service]
	namespaces table[int]
}

func (s state) change() *change {
	return &change{services: s.services.edit(), namespaces: s.namespaces.edit()}
}

// state ends the change.
func (c *change) state() state {
	return state{services: c.services.table(), namespaces: c.namespaces.table()}
}

// service returns the service under key, or a new one without anything.
func (c *change) service(key string) *service {
	if s, ok := c.services.get(key); ok {
		return s
	}
	return &service{key: key}
}

// put replaces old by now, which has the same key, and keeps the count of the
// names in its namespace.
func (c *change) put(old, now *service) {
	c.touched = true
	if now.empty() {
		c.services.remove(old.key)
	} else {
		c.services.set(now.key, now)
	}
	before, after := old.exists(), now.exists()
	if before || after {
		headless := func(s *service) bool { return s.imp != nil && s.imp.headless }
		c.visible = c.visible || before != after || old.imp != now.imp || headless(now)
	}
	if before == after {
		return
	}
	ns := now.namespace()
	count, _ := c.namespaces.get(ns)
	if after {
		count++
	} else {
		count--
	}
	if count == 0 {
		c.namespaces.remove(ns)
		return
	}
	c.namespaces.set(ns, count)
}
