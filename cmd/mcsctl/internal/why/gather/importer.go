package gather

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// readImporter reads what the cluster that asks has of the service, and what its DNS server needs.
func readImporter(ctx context.Context, cluster *kube.Cluster, q explain.Question, im *explain.Importer) {
	var group sync.WaitGroup
	group.Go(func() { im.Versions = readVersions(cluster) })
	group.Go(func() { readRights(ctx, cluster, im) })
	group.Go(func() { im.PodCIDRs = readPodCIDRs(ctx, cluster) })
	if q.Service != "" {
		group.Go(func() { im.Namespace = get[corev1.Namespace](ctx, cluster, "", q.Namespace) })
		group.Go(func() { readImport(ctx, cluster, q, im) })
		group.Go(func() {
			im.Derived = get[corev1.Service](ctx, cluster, q.Namespace, mcs.DerivedServiceName(q.Key()))
		})
	}
	group.Wait()
}

// readImport reads the import and its slices.
func readImport(ctx context.Context, cluster *kube.Cluster, q explain.Question, im *explain.Importer) {
	im.Import = get[mcsv1beta1.ServiceImport](ctx, cluster, q.Namespace, q.Service)
	im.Slices = list(ctx, cluster, &discoveryv1.EndpointSliceList{}, func(l *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return l.Items },
		client.InNamespace(q.Namespace), client.MatchingLabels{mcsv1beta1.LabelServiceName: q.Service})
}

// readVersions reads which versions of ServiceImport are served; none is a fact.
func readVersions(cluster *kube.Cluster) explain.Fact[[]string] {
	clientset, err := cluster.Clientset()
	if err != nil {
		return unseen[[]string](err)
	}
	var versions []string
	for _, version := range []string{"v1beta1", "v1alpha1"} {
		resources, err := clientset.Discovery().ServerResourcesForGroupVersion(mcsv1beta1.GroupName + "/" + version)
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return unseen[[]string](fmt.Errorf("asking what is served: %w", err))
		}
		for _, resource := range resources.APIResources {
			if resource.Name == mcsv1beta1.ServiceImportPluralName {
				versions = append(versions, version)
			}
		}
	}
	return explain.See(versions)
}

// readRights finds out as whom the server of the zone reads, and which of the rights that it needs it lacks.
func readRights(ctx context.Context, cluster *kube.Cluster, im *explain.Importer) {
	namespace, name := manifests.CoreDNSNamespace, "coredns"
	ours := get[corev1.ServiceAccount](ctx, cluster, namespace, manifests.CoreDNSServiceAccount)
	switch {
	case !im.Beside.Value && len(im.DNSPods.Value) > 0:
		namespace, name = im.DNSPods.Value[0].Namespace, im.DNSPods.Value[0].Spec.ServiceAccountName
	case ours.Value != nil:
		name = manifests.CoreDNSServiceAccount
	}
	im.Account = namespace + "/" + name
	im.Missing = readMissing(ctx, cluster, namespace, name)
}

// readMissing asks the API server which of the rights that the server of the zone needs an account lacks.
func readMissing(ctx context.Context, cluster *kube.Cluster, namespace, name string) explain.Fact[[]string] {
	lacking := []string{}
	for _, resource := range []authorizationv1.ResourceAttributes{
		{Group: mcsv1beta1.GroupName, Resource: mcsv1beta1.ServiceImportPluralName},
		{Group: discoveryv1.GroupName, Resource: "endpointslices"},
	} {
		for _, verb := range []string{"list", "watch"} {
			resource.Verb = verb
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User:               "system:serviceaccount:" + namespace + ":" + name,
				Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
				ResourceAttributes: resource.DeepCopy(),
			}}
			if err := cluster.Create(ctx, review); err != nil {
				return unseen[[]string](fmt.Errorf("asking what ServiceAccount %s/%s may do: %w", namespace, name, err))
			}
			if !review.Status.Allowed {
				lacking = append(lacking, verb+" "+resource.Resource+"."+resource.Group)
			}
		}
	}
	return explain.See(lacking)
}

// readPodCIDRs reads the ranges that the nodes give to pods.
func readPodCIDRs(ctx context.Context, cluster *kube.Cluster) explain.Fact[[]netip.Prefix] {
	var nodes corev1.NodeList
	if err := cluster.List(ctx, &nodes); err != nil {
		return unseen[[]netip.Prefix](fmt.Errorf("listing nodes: %w", err))
	}
	var ranges []netip.Prefix
	for _, node := range nodes.Items {
		for _, text := range node.Spec.PodCIDRs {
			if prefix, err := netip.ParsePrefix(text); err == nil {
				ranges = append(ranges, prefix)
			}
		}
	}
	return explain.See(ranges)
}
