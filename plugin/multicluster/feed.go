package multicluster

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// objectKey names an object of one kind.
type objectKey struct{ namespace, name string }

// feed is the watch side of the plugin: it keeps the state that the API server
// told it and publishes a new snapshot for every change. Nothing is published
// before every source has told all it has. It is safe for concurrent use.
type feed struct {
	zones   []*zone
	current *atomic.Pointer[snapshot]
	synced  chan struct{} // closed when the first state from the API server is published

	lastEvent atomic.Int64 // when the API server last told of an object, in nanoseconds since 1970; 0: never

	mu      sync.Mutex
	state   state
	index   map[objectKey]string // the key of the service that each slice belongs to
	waiting map[string]int       // by resource, the sources that have not told all yet
}

// newFeed makes a feed that waits for so many sources of each resource.
func newFeed(zones []*zone, current *atomic.Pointer[snapshot], sources map[string]int) *feed {
	return &feed{
		zones: zones, current: current, synced: make(chan struct{}),
		index: make(map[objectKey]string), waiting: maps.Clone(sources),
	}
}

// told returns for each resource whether all of it has been told once.
func (f *feed) told() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := make(map[string]bool, len(f.waiting))
	for resource, n := range f.waiting {
		told[resource] = n == 0
	}
	return told
}

// complete reports whether every source has told all; f.mu is held.
func (f *feed) complete() bool {
	for _, n := range f.waiting {
		if n > 0 {
			return false
		}
	}
	return true
}

// setImport adds or replaces one import.
func (f *feed) setImport(i *imported) {
	f.apply(func(c *change) { c.setImport(i) })
}

// deleteImport removes one import.
func (f *feed) deleteImport(i *imported) {
	f.apply(func(c *change) {
		if isObjectName(i.name) && isObjectName(i.namespace) {
			c.dropImport(i.key())
		}
	})
}

// setSlice adds or replaces one slice.
func (f *feed) setSlice(p *slice) {
	f.apply(func(c *change) {
		f.placeSlice(c, p)
		if f.complete() && p.service != "" && c.service(p.service).imp == nil {
			countRejected(tally{noImport: 1})
		}
	})
}

// deleteSlice removes one slice.
func (f *feed) deleteSlice(p *slice) {
	f.apply(func(c *change) { f.removeSlice(c, objectKey{p.namespace, p.name}) })
}

// replaceImports makes all the imports of a namespace; an empty namespace
// stands for every one. The first time is when its source has told all.
func (f *feed) replaceImports(namespace string, all []*imported, first bool) {
	f.replace(importsResource, first, func(c *change) {
		keep := make(map[string]bool, len(all))
		for _, i := range all {
			if i.valid {
				keep[i.key()] = true
			}
			c.setImport(i)
		}
		for s := range f.state.services.all() {
			if s.imp != nil && !keep[s.key] && (namespace == "" || s.namespace() == namespace) {
				c.dropImport(s.key)
			}
		}
	})
}

// replaceSlices does for slices what replaceImports does for imports.
func (f *feed) replaceSlices(namespace string, all []*slice, first bool) {
	f.replace(slicesResource, first, func(c *change) {
		byService := slicesByService(all)
		maps.DeleteFunc(f.index, func(key objectKey, _ string) bool { return namespace == "" || key.namespace == namespace })
		for s := range f.state.services.all() {
			if len(s.slices) > 0 && byService[s.key] == nil && (namespace == "" || s.namespace() == namespace) {
				c.put(s, s.withSlices(nil))
			}
		}
		for key, list := range byService {
			old := c.service(key)
			now := old.withSlices(list)
			if !slices.EqualFunc(old.slices, now.slices, (*slice).same) {
				c.put(old, now)
			}
			for _, p := range list {
				f.index[objectKey{p.namespace, p.name}] = now.key
			}
		}
	})
}

// slicesByService returns the slices of each service; those of none are left out.
func slicesByService(all []*slice) map[string][]*slice {
	byService := make(map[string][]*slice)
	for _, p := range all {
		if p.service != "" {
			byService[p.service] = append(byService[p.service], p)
		}
	}
	return byService
}

// placeSlice puts p where it belongs, and away from where it was.
func (f *feed) placeSlice(c *change, p *slice) {
	key := objectKey{p.namespace, p.name}
	if f.index[key] != p.service {
		f.removeSlice(c, key)
	}
	if p.service == "" {
		return
	}
	old := c.service(p.service)
	if was := old.slice(p.name); was != nil && was.equal(p) {
		return
	}
	c.put(old, old.withSlice(p))
	f.index[key] = old.key
}

func (f *feed) removeSlice(c *change, key objectKey) {
	service, ok := f.index[key]
	if !ok {
		return
	}
	delete(f.index, key)
	old := c.service(service)
	c.put(old, old.withoutSlice(key.name))
}

// apply makes a change and publishes what comes of it.
func (f *feed) apply(edit func(*change)) {
	f.lastEvent.Store(time.Now().UnixNano())
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.state.change()
	edit(c)
	if !c.touched {
		return
	}
	f.state = c.state()
	if f.complete() {
		f.publish(c.visible)
	}
}

// replace makes a change that tells all a source has.
func (f *feed) replace(resource string, first bool, edit func(*change)) {
	f.apply(edit)
	if !first {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting[resource]--
	if f.complete() {
		countRejected(f.orphans())
		f.publish(true)
		close(f.synced)
	}
}

// publish makes the state the current snapshot.
func (f *feed) publish(visible bool) {
	now := &snapshot{services: f.state.services, namespaces: f.state.namespaces}
	if was := f.current.Load(); was != nil && !visible {
		now.serial, now.soas = was.serial, was.soas
	} else {
		now.setSerial(nextSerial(time.Now()), f.zones)
	}
	f.current.Store(now)
}

// orphans counts the slices without an import.
func (f *feed) orphans() tally {
	var left tally
	for s := range f.state.services.all() {
		if s.imp == nil {
			left[noImport] += uint32(len(s.slices))
		}
	}
	return left
}

// setImport puts i into the service it names. An import that cannot be served
// takes the place of one that could.
func (c *change) setImport(i *imported) {
	if !i.valid {
		if isObjectName(i.name) && isObjectName(i.namespace) {
			c.dropImport(i.key())
		}
		return
	}
	old := c.service(i.key())
	if old.imp == nil || !old.imp.equal(i) {
		c.put(old, old.withImport(i))
	}
}

func (c *change) dropImport(key string) {
	if old := c.service(key); old.imp != nil {
		c.put(old, old.withImport(nil))
	}
}
