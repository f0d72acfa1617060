package lab

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/yaml"
)

// decodeCRDs reads CustomResourceDefinitions from YAML, any number in each document list, strictly: an unknown field or
// another kind of object is an error. Empty documents are passed over.
func decodeCRDs(files [][]byte) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	var crds []*apiextensionsv1.CustomResourceDefinition
	for i, file := range files {
		documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(file)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("reading CRD file %d: %w", i, err)
			}
			crd := &apiextensionsv1.CustomResourceDefinition{}
			if err := yaml.UnmarshalStrict(document, crd); err != nil {
				return nil, fmt.Errorf("reading CRD file %d: %w", i, err)
			}
			switch {
			case crd.Kind == "" && crd.Name == "":
			case crd.Kind != "CustomResourceDefinition":
				return nil, fmt.Errorf("reading CRD file %d: %q is a %q, not a CustomResourceDefinition", i, crd.Name, crd.Kind)
			default:
				crds = append(crds, crd)
			}
		}
	}
	return crds, nil
}

// applyCRDs makes the definitions known to the cluster and returns when it serves them.
func (c *Cluster) applyCRDs(ctx context.Context, files [][]byte) error {
	if len(files) == 0 {
		return nil
	}
	crds, err := decodeCRDs(files)
	if err != nil {
		return err
	}
	client, err := clientset.NewForConfig(c.rest)
	if err != nil {
		return fmt.Errorf("applying CRDs to cluster %q: %w", c.Name(), err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	definitions := client.ApiextensionsV1().CustomResourceDefinitions()
	for _, crd := range crds {
		_, err := definitions.Create(ctx, crd, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("applying CRD %q to cluster %q: %w", crd.Name, c.Name(), err)
		}
	}
	for _, crd := range crds {
		err := poll(ctx, nil, func(ctx context.Context) error {
			current, err := definitions.Get(ctx, crd.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if err := established(current); err != nil {
				return err
			}
			return c.discovered(ctx, current)
		})
		if err != nil {
			return fmt.Errorf("applying CRD %q to cluster %q: %w", crd.Name, c.Name(), err)
		}
	}
	return nil
}

// discovered is nil when who asks the API server what it serves is told of a definition's versions, which may take a moment longer than
// serving them.
func (c *Cluster) discovered(ctx context.Context, crd *apiextensionsv1.CustomResourceDefinition) error {
	_, lists, err := discovery.ToDiscoveryInterfaceWithContext(c.client.Discovery()).ServerGroupsAndResourcesWithContext(ctx)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			told[resource.Name+" in "+list.GroupVersion] = true
		}
	}
	for _, version := range crd.Spec.Versions {
		if one := crd.Spec.Names.Plural + " in " + crd.Spec.Group + "/" + version.Name; version.Served && !told[one] {
			return fmt.Errorf("%s are not discovered yet", one)
		}
	}
	return nil
}

// established is nil for a definition that is served, and says what the API server has against it otherwise.
func established(crd *apiextensionsv1.CustomResourceDefinition) error {
	reason := "not served yet"
	for _, condition := range crd.Status.Conditions {
		switch {
		case condition.Type == apiextensionsv1.Established && condition.Status == apiextensionsv1.ConditionTrue:
			return nil
		case condition.Status == apiextensionsv1.ConditionFalse:
			reason = condition.Message
		}
	}
	return errors.New(reason)
}
