package multicluster

import (
	"sync"
	"sync/atomic"
)

// once is a value that is made when somebody first asks for it, and kept. While
// one asker makes it the others wait for that one, so that many who ask for the
// same large set after a change cost one building of it. Once it is made, asking
// takes no lock. The zero value is ready to use and must not be copied.
type once[T any] struct {
	made   atomic.Pointer[T]
	making sync.Mutex
}

// get returns the value, made by build if it has not been made before. A panic
// in build leaves it unmade.
func (o *once[T]) get(build func() *T) *T {
	if v := o.made.Load(); v != nil {
		return v
	}
	return o.build(build)
}

func (o *once[T]) build(build func() *T) *T {
	o.making.Lock()
	defer o.making.Unlock()
	if v := o.made.Load(); v != nil {
		return v
	}
	v := build()
	o.made.Store(v)
	return v
}
