package notices

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Notices remember what was last said about each name and subject. They live as long as the process: after a restart what still holds
// is said once more. They hold one entry for each name and subject with something to say. The zero value has said nothing. They may be
// used concurrently.
type Notices struct {
	mu   sync.Mutex
	last map[subject]string
}

type subject struct {
	key   types.NamespacedName
	about string
}

// Fresh records text as what is to be said and returns whether it has not been said yet. An empty text forgets.
func (n *Notices) Fresh(key types.NamespacedName, about, text string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := subject{key, about}
	if text == "" {
		delete(n.last, of)
		return false
	}
	if n.last[of] == text {
		return false
	}
	if n.last == nil {
		n.last = make(map[subject]string)
	}
	n.last[of] = text
	return true
}
