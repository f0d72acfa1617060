package importer

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Reasons of Events on a ServiceImport.
const (
	// ReasonNotManaged says that the import needs the name of an object that somebody else made, which is left as it is.
	ReasonNotManaged = "NotManaged"
	// ReasonIPChanged says that the import's IP was given to another Service meanwhile, so that it has a new one.
	ReasonIPChanged = "IPChanged"
	// ReasonOverlappingAddress says that endpoints of several clusters have the same address.
	ReasonOverlappingAddress = "OverlappingAddress"
)

// notices remembers what was last said about each import, so that a fact which still holds is not told twice. It lives as long as
// the process and holds one entry for each import and reason with something to say.
type notices struct {
	mu   sync.Mutex
	last map[subject]string
}

type subject struct {
	key    types.NamespacedName
	reason string
}

// fresh records text as what is to be said and returns whether it has not been said yet. An empty text forgets.
func (n *notices) fresh(key types.NamespacedName, reason, text string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	about := subject{key, reason}
	if text == "" {
		delete(n.last, about)
		return false
	}
	if n.last[about] == text {
		return false
	}
	if n.last == nil {
		n.last = make(map[subject]string)
	}
	n.last[about] = text
	return true
}
