package hub

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// assembly keeps exports put together from their records, so that each version is put together, and what is wrong with it counted,
// once. It is safe for concurrent use.
type assembly struct {
	mu     sync.Mutex
	groups map[types.NamespacedName]map[membership.Member]assembled
}

type assembled struct {
	export mcs.Export
	usable bool
}

func newAssembly() *assembly {
	return &assembly{groups: map[types.NamespacedName]map[membership.Member]assembled{}}
}

// get returns a member's export of key, made by build unless it is kept.
func (a *assembly) get(member membership.Member, key types.NamespacedName, build func() (mcs.Export, bool)) (mcs.Export, bool) {
	member.State = membership.Unknown
	a.mu.Lock()
	group := a.groups[key]
	if group == nil {
		group = map[membership.Member]assembled{}
		a.groups[key] = group
	}
	kept, found := group[member]
	a.mu.Unlock()
	if found {
		return kept.export, kept.usable
	}
	kept.export, kept.usable = build()
	a.mu.Lock()
	defer a.mu.Unlock()
	group[member] = kept // lost, as it must be, if the key was forgotten meanwhile
	return kept.export, kept.usable
}

// forget drops what was put together for a key.
func (a *assembly) forget(key types.NamespacedName) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.groups, key)
}

// forgetAll drops everything, also of clusters that are members no more.
func (a *assembly) forgetAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.groups)
}
