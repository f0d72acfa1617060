package hub

import "sync"

// provenance knows which hub each resource was read from. A hub is told by the UID of its kube-system namespace. Absence proves
// something only if everything was read from one and the same hub. It is safe for concurrent use.
type provenance struct {
	resources []string

	mu   sync.Mutex
	hub  string
	from map[string]string // the hub each resource was listed from, by resource
	live map[string]bool   // resources whose changes are being watched

	life int           // how often the hub was found to be another, or older, than what was read of it
	next chan struct{} // closed when life grows
}

func newProvenance(resources ...string) *provenance {
	return &provenance{resources: resources, from: map[string]string{}, live: map[string]bool{}, next: make(chan struct{})}
}

// age returns which life of the hub this is, and a channel that is closed when it has ended.
func (p *provenance) age() (life int, ended <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life, p.next
}

// rewound takes in that a life of the hub has ended: nothing that was listed in it counts any more, of whatever resource. One
// resource finds out: another may be looked at so much later that the hub's versions have caught up with what was read of it, and it
// must not pass for the one that was read. It reports false if the end of that life is known already.
func (p *provenance) rewound(life int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if life != p.life {
		return false
	}
	p.life++
	clear(p.from)
	close(p.next)
	p.next = make(chan struct{})
	return true
}

// listed takes in that a resource was listed from a hub, the one that answers now, in a life of it. It reports false, and takes
// nothing in, if that life has ended: a list that was under way while the hub was restored may be of before or of after.
func (p *provenance) listed(resource, hub string, life int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if life != p.life {
		return false
	}
	p.hub, p.from[resource] = hub, hub
	return true
}

// lost takes in that what was listed of a resource is not what the hub has.
func (p *provenance) lost(resource string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.from, resource)
}

// current returns the UID of the hub, and whether all resources were listed from it.
func (p *provenance) current() (hub string, whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, resource := range p.resources {
		if from, found := p.from[resource]; !found || from != p.hub {
			return p.hub, false
		}
	}
	return p.hub, true
}

// has reports whether a resource was listed from the hub as it is now.
func (p *provenance) has(resource string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	from, found := p.from[resource]
	return found && from == p.hub
}

// watched takes in whether the changes of a resource are being watched.
func (p *provenance) watched(resource string, live bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live[resource] = live
}

// upToDate reports whether what was read is what the hub has now, but for moments. After a break that is known only once each
// resource was found to be the one that was listed.
func (p *provenance) upToDate() bool {
	if _, whole := p.current(); !whole {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, resource := range p.resources {
		if !p.live[resource] {
			return false
		}
	}
	return true
}
