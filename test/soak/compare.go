package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"
)

// differences says, object by object, where the clusters are not what the exports make of them; there is none if all is well.
func (w world) differences() ([]string, error) {
	exports, err := w.exportsOf()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, c := range w.clusters {
		found := c.found()
		names := map[types.NamespacedName]bool{}
		for key := range found {
			names[key] = true
		}
		for key := range exports {
			names[key] = true
		}
		for _, key := range slices.SortedFunc(maps.Keys(names), byText) {
			if diff := cmp.Diff(c.wanted(key, exports[key]), found[key], cmpopts.EquateEmpty()); diff != "" {
				all = append(all, fmt.Sprintf("%s: import %s (-want +got):\n%s", c.id, key, diff))
			}
		}
		all = append(all, c.unannounced()...)
	}
	return all, nil
}

// unannounced are Services whose annotation asks for an export that is not there, and exports made for an annotation that is gone.
func (c cluster) unannounced() []string {
	var all []string
	for key, service := range c.services {
		if _, exported := c.exports[key]; service.Annotations[exportAnnotation] == "true" && !exported {
			all = append(all, fmt.Sprintf("%s: Service %s asks for its export; want a ServiceExport, got none", c.id, key))
		}
	}
	for key, export := range c.exports {
		if ours(export.Labels) && c.services[key].Annotations[exportAnnotation] != "true" {
			all = append(all, fmt.Sprintf("%s: Service %s asks for no export; want no ServiceExport of the controller's, got one", c.id, key))
		}
	}
	slices.Sort(all)
	return all
}

func byText(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) }
