package annotate

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// notices remembers the last notice given about each Service, so that a fact which still holds is not told twice. It lives as long
// as the process: after a restart what is still wrong is said once more. It holds one entry for each Service with something to say.
type notices struct {
	mu   sync.Mutex
	last map[types.NamespacedName]notice
}

// fresh records n as what is to be said about key and returns whether it has not been said yet. The zero notice forgets the key.
func (s *notices) fresh(key types.NamespacedName, n notice) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == (notice{}) {
		delete(s.last, key)
		return false
	}
	if s.last[key] == n {
		return false
	}
	if s.last == nil {
		s.last = make(map[types.NamespacedName]notice)
	}
	s.last[key] = n
	return true
}
