package exports

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// apiServer is the one Service that its namespace's annotation does not export.
var apiServer = types.NamespacedName{Namespace: "default", Name: "kubernetes"}

// gather reads what decides. A Service or ServiceExport that is not there is a fact.
func gather(ctx context.Context, c *kube.Cluster, key types.NamespacedName) (facts, error) {
	f := facts{key: key, context: c.Context, denied: denied(ctx, c)}
	var service corev1.Service
	switch err := c.Get(ctx, key, &service); {
	case err == nil:
		f.service = &service
	case apierrors.IsNotFound(err):
		var all corev1.ServiceList
		if err := c.List(ctx, &all, client.InNamespace(key.Namespace)); err == nil { // only to help
			f.near = near(key.Name, serviceNames(all))
		}
	default:
		return f, fmt.Errorf("reading Service %s of context %q: %w", key, c.Context, err)
	}
	var export mcsv1beta1.ServiceExport
	switch err := c.Get(ctx, key, &export); {
	case err == nil:
		f.export = &export
	case !apierrors.IsNotFound(err):
		return f, fmt.Errorf("reading ServiceExport %s of context %q: %w", key, c.Context, err)
	}
	var namespace corev1.Namespace
	if key == apiServer {
		return f, nil
	}
	if err := c.Get(ctx, client.ObjectKey{Name: key.Namespace}, &namespace); err == nil { // a user of one namespace may not see it
		f.namespaceSays = namespace.Annotations[annotate.DefaultKey]
	}
	return f, nil
}

func serviceNames(list corev1.ServiceList) []string {
	var names []string
	for _, service := range list.Items {
		names = append(names, service.Name)
	}
	slices.Sort(names)
	return names
}

// defaultDenied is what mcs-controller denies where its administrator says nothing else.
var defaultDenied = []string{"kube-system", "kube-public", "kube-node-lease"}

// denied reads which namespaces the deployed controller denies, from its flags.
func denied(ctx context.Context, c *kube.Cluster) []string {
	var deployment appsv1.Deployment
	key := client.ObjectKey{Namespace: manifests.ControllerNamespace, Name: manifests.ControllerServiceAccount}
	if err := c.Get(ctx, key, &deployment); err != nil {
		return defaultDenied // not deployed, or not for us to read
	}
	for _, container := range deployment.Spec.Template.Spec.Containers {
		for _, arg := range append(slices.Clone(container.Command), container.Args...) {
			if list, found := strings.CutPrefix(arg, "--denied-namespaces="); found {
				return strings.Split(list, ",")
			}
		}
	}
	return defaultDenied
}

// serviceExport is the object that a plan creates.
func serviceExport(key types.NamespacedName) *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{
		TypeMeta:   metav1.TypeMeta{APIVersion: mcsv1beta1.GroupVersion.String(), Kind: mcsv1beta1.ServiceExportKindName},
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
	}
}

// carryOut writes what was decided. A ServiceExport that somebody else wrote in the meantime is not deleted.
func carryOut(ctx context.Context, c *kube.Cluster, f facts, p plan) error {
	if p.annotation != keep {
		patch, err := annotationPatch(p.annotation)
		if err != nil {
			return err
		}
		if err := c.Patch(ctx, f.service, client.RawPatch(types.MergePatchType, patch)); err != nil {
			return fmt.Errorf("annotating Service %s of context %q: %w", f.key, c.Context, err)
		}
	}
	if p.create {
		if err := c.Create(ctx, serviceExport(f.key)); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("creating ServiceExport %s in context %q: %w", f.key, c.Context, err)
		}
	}
	if p.delete {
		only := client.Preconditions{UID: &f.export.UID}
		if err := c.Delete(ctx, serviceExport(f.key), only); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting ServiceExport %s of context %q: %w", f.key, c.Context, err)
		}
	}
	return nil
}

func annotationPatch(a annotation) ([]byte, error) {
	values := map[annotation]any{setTrue: "true", setFalse: "false", remove: nil}
	return json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotate.DefaultKey: values[a]}}})
}
