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
	mu sync.Mutex
	// exports are lists and not maps: most names are exported by one member or two.
	exports map[types.NamespacedName][]assembled
	// forgotten is how often something was forgotten.
	forgotten uint64
}

type assembled struct {
	member membership.Member
	export mcs.Export
	usable bool
}

func newAssembly() *assembly {
	return &assembly{exports: map[types.NamespacedName][]assembled{}}
}

// get returns a member's export of key, made by build unless it is kept.
func (a *assembly) get(member membership.Member, key types.NamespacedName, build func() (mcs.Export, bool)) (mcs.Export, bool) {
	member.State = membership.Unknown
	a.mu.Lock()
	kept, found := a.find(member, key)
	forgotten := a.forgotten
	a.mu.Unlock()
	if found {
		return kept.export, kept.usable
	}
	made := assembled{member: member}
	made.export, made.usable = build()
	a.mu.Lock()
	defer a.mu.Unlock()
	// What was put together from records that have changed meanwhile is not kept, nor is a second one of two made at the same time.
	if _, found := a.find(member, key); !found && a.forgotten == forgotten {
		a.exports[key] = append(a.exports[key], made)
	}
	return made.export, made.usable
}

func (a *assembly) find(member membership.Member, key types.NamespacedName) (assembled, bool) {
	for _, kept := range a.exports[key] {
		if kept.member == member {
			return kept, true
		}
	}
	return assembled{}, false
}

// forget drops what was put together for a key.
func (a *assembly) forget(key types.NamespacedName) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgotten++
	delete(a.exports, key)
}

// forgetAll drops everything, also of clusters that are members no more.
func (a *assembly) forgetAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgotten++
	clear(a.exports)
}
