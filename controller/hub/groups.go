package hub

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// groups says which objects belong together, such as the records of the slices of one service. Nearly all groups have one or two
// members, for which a list takes a tenth of the memory of a map; a large one, which anybody may make, must not be searched from end
// to end for each of its members. It is not safe for concurrent use; nil has no groups and takes none.
type groups struct {
	small map[types.NamespacedName][]types.NamespacedName
	large map[types.NamespacedName]map[types.NamespacedName]struct{}
}

// smallGroup is how many members a list is good for.
const smallGroup = 8

func newGroups() *groups {
	return &groups{
		small: map[types.NamespacedName][]types.NamespacedName{},
		large: map[types.NamespacedName]map[types.NamespacedName]struct{}{},
	}
}

// add puts an object into a group that it is not in.
func (g *groups) add(group, object types.NamespacedName) {
	if g == nil {
		return
	}
	if many, found := g.large[group]; found {
		many[object] = struct{}{}
		return
	}
	few := append(g.small[group], object)
	if len(few) <= smallGroup {
		g.small[group] = few
		return
	}
	many := make(map[types.NamespacedName]struct{}, len(few))
	for _, o := range few {
		many[o] = struct{}{}
	}
	g.large[group] = many
	delete(g.small, group)
}

// remove takes an object out of a group, and forgets the group with the last one.
func (g *groups) remove(group, object types.NamespacedName) {
	if g == nil {
		return
	}
	if many, found := g.large[group]; found {
		delete(many, object)
		if len(many) == 0 {
			delete(g.large, group)
		}
		return
	}
	few := g.small[group]
	if i := slices.Index(few, object); i >= 0 {
		few = slices.Delete(few, i, i+1)
	}
	if len(few) == 0 {
		delete(g.small, group)
		return
	}
	g.small[group] = few
}

// of calls visit with each object of a group, in no order.
func (g *groups) of(group types.NamespacedName, visit func(object types.NamespacedName)) {
	if g == nil {
		return
	}
	for _, object := range g.small[group] {
		visit(object)
	}
	for object := range g.large[group] {
		visit(object)
	}
}
