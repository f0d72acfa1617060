package main

import (
	"strings"
	"sync"

	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// known are texts that many objects have, kept once instead of once for each object: the keys of labels and annotations. It is safe
// for concurrent use. The zero value knows nothing yet.
type known struct {
	mu    sync.RWMutex
	texts map[string]string
}

// maxKnown and maxKnownLength bound what anybody can make it keep: what comes later, or is longer, is kept by its object as ever.
const (
	maxKnown       = 4096
	maxKnownLength = 128
)

// of returns a text equal to s that others may have, too.
func (k *known) of(s string) string {
	if len(s) > maxKnownLength {
		return s
	}
	k.mu.RLock()
	same, found := k.texts[s]
	k.mu.RUnlock()
	if found {
		return same
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if same, found := k.texts[s]; found {
		return same
	}
	if len(k.texts) == maxKnown {
		return s
	}
	if k.texts == nil {
		k.texts = map[string]string{}
	}
	s = strings.Clone(s) // It may be part of a longer text.
	k.texts[s] = s
	return s
}

// sameForMany are the labels whose values are those of many objects, as all keys are.
var sameForMany = map[string]bool{mcs.LabelManagedBy: true, discoveryv1.LabelManagedBy: true, mcsv1beta1.LabelSourceCluster: true}

// ofMap returns a map equal to m with keys, and values, that others may have, too.
func (k *known) ofMap(m map[string]string) map[string]string {
	if len(m) == 0 {
		return m
	}
	same := make(map[string]string, len(m))
	for key, value := range m {
		if sameForMany[key] {
			value = k.of(value)
		}
		same[k.of(key)] = value
	}
	return same
}
