package manifests

import (
	"embed"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

//go:generate go run ./internal/copycrds

//go:embed crds/hub/*_*.yaml crds/member/*_*.yaml hub/clusterset.yaml hub/member.yaml
//go:embed controller/rbac.yaml controller/deployment.yaml
//go:embed coredns/rbac.yaml coredns-own/cluster-local.yaml coredns-own/server.yaml coredns-beside/server.yaml
var files embed.FS

// HubCRDs returns the CustomResourceDefinitions that a hub needs.
func HubCRDs() ([]*unstructured.Unstructured, error) { return DecodeFiles(files, "crds/hub") }

// MemberCRDs returns the CustomResourceDefinitions that a member cluster needs.
func MemberCRDs() ([]*unstructured.Unstructured, error) { return DecodeFiles(files, "crds/member") }

// filled returns the objects of one embedded file after replacement.
func filled(name string, replacer *strings.Replacer) ([]*unstructured.Unstructured, error) {
	content, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading manifest %q: %w", name, err)
	}
	objects, err := Decode([]byte(replacer.Replace(string(content))))
	if err != nil {
		return nil, fmt.Errorf("reading manifest %q: %w", name, err)
	}
	return objects, nil
}

// asIs returns the objects of embedded files, in order.
func asIs(names ...string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, name := range names {
		objects, err := filled(name, strings.NewReplacer())
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	return all, nil
}
