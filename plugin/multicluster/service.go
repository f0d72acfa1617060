package multicluster

import (
	"slices"
	"strings"
	"sync/atomic"
)

// service is one service of a snapshot: its import, its slices and the records
// made of them so far. All but the records is never changed; a change makes a
// new service.
type service struct {
	key    string    // "name.namespace" in lower case
	imp    *imported // nil: slices that arrived without an import
	slices []*slice  // by cluster and name
	live   bool      // its name exists
	views  atomic.Pointer[view]
}

// newService makes a service of slices that are in their order.
func newService(key string, imp *imported, all []*slice) *service {
	s := &service{key: key, imp: imp, slices: all}
	s.live = imp != nil && imp.valid && (!imp.headless || s.ready())
	return s
}

// ready reports whether s has a ready endpoint.
func (s *service) ready() bool {
	return slices.ContainsFunc(s.slices, func(p *slice) bool { return p.packed != "" })
}

// exists reports whether the name of s exists: a ClusterSetIP service does from
// its import on, a headless one only with a ready endpoint (specification 2.4.1).
func (s *service) exists() bool {
	return s != nil && s.live
}

// empty reports whether there is nothing left of s to remember.
func (s *service) empty() bool { return s.imp == nil && len(s.slices) == 0 }

// namespace returns the namespace in the key of s.
func (s *service) namespace() string {
	return s.key[strings.IndexByte(s.key, '.')+1:]
}

// slice returns the slice of that name, or nil.
func (s *service) slice(name string) *slice {
	for _, p := range s.slices {
		if p.name == name {
			return p
		}
	}
	return nil
}

// withImport returns s with another import, which may be nil.
func (s *service) withImport(imp *imported) *service {
	return newService(s.key, imp, s.slices)
}

// withSlices returns s with other slices, in any order.
func (s *service) withSlices(all []*slice) *service {
	slices.SortFunc(all, (*slice).compare)
	return newService(s.key, s.imp, all)
}

// withSlice returns s with p in the place of the slice of the same name.
func (s *service) withSlice(p *slice) *service {
	all := make([]*slice, 0, len(s.slices)+1)
	placed := false
	for _, o := range s.slices {
		if !placed && p.compare(o) <= 0 {
			all, placed = append(all, p), true
		}
		if o.name != p.name {
			all = append(all, o)
		}
	}
	if !placed {
		all = append(all, p)
	}
	return newService(s.key, s.imp, all)
}

// compare orders the slices of a service: those of a cluster stand together.
func (s *slice) compare(o *slice) int {
	if by := strings.Compare(s.cluster, o.cluster); by != 0 {
		return by
	}
	return strings.Compare(s.name, o.name)
}

// withoutSlice returns s without the slice of that name.
func (s *service) withoutSlice(name string) *service {
	all := make([]*slice, 0, len(s.slices))
	for _, p := range s.slices {
		if p.name != name {
			all = append(all, p)
		}
	}
	return newService(s.key, s.imp, all)
}
