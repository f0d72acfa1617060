package precheck

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// page bounds one answer of an API server.
const page = 500

// networks reads a cluster's ranges: pods' from its nodes, Services' from its ServiceCIDRs where those are served.
func networks(ctx context.Context, cluster *kube.Cluster) (rules.Networks, error) {
	var found rules.Networks
	var nodes corev1.NodeList
	if err := cluster.List(ctx, &nodes, client.Limit(page)); err != nil {
		return found, fmt.Errorf("reading the nodes of context %q: %w", cluster.Context, err)
	}
	for i := range nodes.Items {
		found.Pods = append(found.Pods, parsed(nodes.Items[i].Spec.PodCIDRs)...)
	}
	var services networkingv1.ServiceCIDRList
	if err := cluster.List(ctx, &services); err != nil && !meta.IsNoMatchError(err) && !apierrors.IsNotFound(err) {
		return found, fmt.Errorf("reading the ServiceCIDRs of context %q: %w", cluster.Context, err)
	}
	for i := range services.Items {
		found.Services = append(found.Services, parsed(services.Items[i].Spec.CIDRs)...)
	}
	return found, nil
}

// parsed leaves out what is no range.
func parsed(texts []string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, text := range texts {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			prefixes = append(prefixes, prefix.Masked())
		}
	}
	return prefixes
}

// foreignImports counts the ServiceImports that this project's controller does not maintain, up to one page of them.
func foreignImports(ctx context.Context, cluster *kube.Cluster) (int, error) {
	var list metav1.PartialObjectMetadataList
	list.SetGroupVersionKind(mcsv1beta1.SchemeGroupVersion.WithKind("ServiceImportList"))
	switch err := cluster.List(ctx, &list, client.Limit(page)); {
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("reading the ServiceImports of context %q: %w", cluster.Context, err)
	}
	foreign := 0
	for i := range list.Items {
		if list.Items[i].Labels[mcs.LabelManagedBy] != mcs.ManagedBy {
			foreign++
		}
	}
	return foreign, nil
}

// nameServer looks at the Deployment and the ConfigMap that CoreDNS has where installers put it.
func nameServer(ctx context.Context, cluster *kube.Cluster) (rules.DNS, error) {
	key := client.ObjectKey{Namespace: metav1.NamespaceSystem, Name: "coredns"}
	var deployment appsv1.Deployment
	switch err := cluster.Get(ctx, key, &deployment); {
	case apierrors.IsNotFound(err):
		return rules.DNS{}, nil
	case err != nil:
		return rules.DNS{}, fmt.Errorf("reading Deployment %q of context %q: %w", key, cluster.Context, err)
	}
	found := rules.DNS{Version: "of no known version"}
	for _, container := range deployment.Spec.Template.Spec.Containers {
		image, _, _ := strings.Cut(container.Image, "@")
		if i := strings.LastIndex(image, ":"); i > strings.LastIndex(image, "/") {
			found.Version = image[i+1:]
		}
	}
	var config corev1.ConfigMap
	switch err := cluster.Get(ctx, key, &config); {
	case apierrors.IsNotFound(err):
	case err != nil:
		return rules.DNS{}, fmt.Errorf("reading ConfigMap %q of context %q: %w", key, cluster.Context, err)
	default:
		found.InTree = rules.ServesInTree(config.Data["Corefile"])
	}
	return found, nil
}

// hubNow returns the URL of the hub that the member's programs have been told; "" where they have been told none.
func hubNow(ctx context.Context, cluster *kube.Cluster) (string, error) {
	key := client.ObjectKey{Namespace: manifests.ControllerNamespace, Name: manifests.HubSecret}
	var secret corev1.Secret
	switch err := cluster.Get(ctx, key, &secret); {
	case apierrors.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading Secret %q of context %q: %w", key, cluster.Context, err)
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(secret.Data[manifests.HubSecretKey])
	if err != nil {
		return "", nil // whatever it is, a join replaces it
	}
	return config.Host, nil
}
