package manifests

import (
	"embed"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

//go:generate go run ./internal/copycrds

//go:embed crds/hub/*_*.yaml crds/member/*_*.yaml hub/clusterset.yaml hub/member.yaml controller/rbac.yaml coredns/rbac.yaml coredns/cluster-local.yaml
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
