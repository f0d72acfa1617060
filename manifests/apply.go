package manifests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// FieldOwner is the field manager of everything applied from this package.
const FieldOwner = "multicluster-dns"

// Decode returns the objects of a stream of YAML documents, in order. Empty documents are passed over; a document that is no
// Kubernetes object is an error.
func Decode(stream []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	for {
		content := map[string]any{}
		if err := decoder.Decode(&content); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("decoding document %d: %w", len(objects)+1, err)
		}
		if len(content) == 0 {
			continue
		}
		object := &unstructured.Unstructured{Object: content}
		if object.GetKind() == "" || object.GetAPIVersion() == "" || object.GetName() == "" {
			return nil, fmt.Errorf("decoding document %d: it has no kind, apiVersion or name", len(objects)+1)
		}
		objects = append(objects, object)
	}
}

// DecodeFiles returns the objects of every manifest in one directory of files, in the order of the files' names, without what
// serves kustomize alone.
func DecodeFiles(files fs.FS, directory string) ([]*unstructured.Unstructured, error) {
	entries, err := fs.ReadDir(files, directory)
	if err != nil {
		return nil, fmt.Errorf("listing manifests in %q: %w", directory, err)
	}
	var objects []*unstructured.Unstructured
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() || !strings.HasSuffix(name, ".yaml") || name == "kustomization.yaml" {
			continue
		}
		content, err := fs.ReadFile(files, path.Join(directory, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading manifest %q: %w", entry.Name(), err)
		}
		decoded, err := Decode(content)
		if err != nil {
			return nil, fmt.Errorf("reading manifest %q: %w", path.Join(directory, entry.Name()), err)
		}
		objects = append(objects, decoded...)
	}
	return objects, nil
}

// Apply applies the objects in order by server-side apply, taking over fields that others own: what is shipped here is the
// whole truth of these objects. It stops at the first that is refused and names it. Applying again changes nothing.
func Apply(ctx context.Context, c client.Client, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		apply := client.ApplyConfigurationFromUnstructured(object.DeepCopy())
		if err := c.Apply(ctx, apply, client.FieldOwner(FieldOwner), client.ForceOwnership); err != nil {
			return fmt.Errorf("applying %s %q: %w", object.GetKind(), client.ObjectKeyFromObject(object), err)
		}
	}
	return nil
}

// Established says whether the API server serves the CustomResourceDefinition of this name.
func Established(ctx context.Context, c client.Reader, name string) (bool, error) {
	crd := &unstructured.Unstructured{}
	crd.SetAPIVersion(apiextensionsv1.SchemeGroupVersion.String())
	crd.SetKind("CustomResourceDefinition")
	if err := c.Get(ctx, client.ObjectKey{Name: name}, crd); err != nil {
		return false, fmt.Errorf("reading CustomResourceDefinition %q: %w", name, err)
	}
	var typed apiextensionsv1.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(crd.Object, &typed); err != nil {
		return false, fmt.Errorf("reading CustomResourceDefinition %q: %w", name, err)
	}
	for _, condition := range typed.Status.Conditions {
		if condition.Type == apiextensionsv1.Established {
			return condition.Status == apiextensionsv1.ConditionTrue, nil
		}
	}
	return false, nil
}
