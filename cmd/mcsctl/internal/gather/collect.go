package gather

import (
	"context"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// kind is one kind of object to collect, and which of them.
type kind struct {
	file    string
	gvk     schema.GroupVersionKind
	options []client.ListOption
	// keep chooses among those that were listed; nil keeps all.
	keep func(unstructured.Unstructured) bool
}

func of(group, version, name string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: name}
}

// ours keeps objects that bear a name of this project.
func ours(o unstructured.Unstructured) bool {
	return strings.Contains(o.GetName(), "multicluster") || strings.HasPrefix(o.GetName(), "mcs-")
}

// concerned keeps Events about the objects of the API.
func concerned(o unstructured.Unstructured) bool {
	about, _, _ := unstructured.NestedString(o.Object, "regarding", "kind")
	component, _, _ := unstructured.NestedString(o.Object, "reportingController")
	return about == "ServiceExport" || about == "ServiceImport" || strings.Contains(component, "mcs")
}

// dnsConfig keeps the configuration of DNS servers.
func dnsConfig(o unstructured.Unstructured) bool { return strings.Contains(o.GetName(), "coredns") }

// dnsServer says by its labels whether a pod is of the cluster's DNS server, or of ours beside it.
func dnsServer(of labels.Set) bool {
	return pods.DNS.AsSelector().Matches(of) || pods.OurDNS.AsSelector().Matches(of)
}

// memberKinds are what is collected of every cluster; what a cluster has not is not missed.
var memberKinds = []kind{
	{file: "serviceexports", gvk: of("multicluster.x-k8s.io", "v1beta1", "ServiceExport")},
	{file: "serviceimports", gvk: of("multicluster.x-k8s.io", "v1beta1", "ServiceImport")},
	{file: "endpointslices", gvk: of("discovery.k8s.io", "v1", "EndpointSlice"), options: []client.ListOption{client.HasLabels{"multicluster.kubernetes.io/service-name"}}},
	{file: "derived-services", gvk: of("", "v1", "Service"), options: []client.ListOption{client.MatchingLabels{mcs.LabelManagedBy: mcs.ManagedBy}}},
	{file: "clusterproperties", gvk: of("about.k8s.io", "v1", "ClusterProperty")},
	{file: "namespaces", gvk: of("", "v1", "Namespace")},
	{file: "nodes", gvk: of("", "v1", "Node")},
	{file: "servicecidrs", gvk: of("networking.k8s.io", "v1", "ServiceCIDR")},
	{file: "events", gvk: of("events.k8s.io", "v1", "Event"), keep: concerned},
	{file: "customresourcedefinitions", gvk: of("apiextensions.k8s.io", "v1", "CustomResourceDefinition"), keep: func(o unstructured.Unstructured) bool {
		return strings.Contains(o.GetName(), "multicluster") || strings.Contains(o.GetName(), "about.k8s.io")
	}},
	{file: "clusterroles", gvk: of("rbac.authorization.k8s.io", "v1", "ClusterRole"), keep: ours},
	{file: "clusterrolebindings", gvk: of("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding"), keep: ours},
	{file: "controller/deployments", gvk: of("apps", "v1", "Deployment"), options: []client.ListOption{client.InNamespace(manifests.ControllerNamespace)}},
	{file: "controller/pods", gvk: of("", "v1", "Pod"), options: []client.ListOption{client.InNamespace(manifests.ControllerNamespace)}},
	{file: "controller/leases", gvk: of("coordination.k8s.io", "v1", "Lease"), options: []client.ListOption{client.InNamespace(manifests.ControllerNamespace)}},
	{file: "controller/secrets", gvk: of("", "v1", "Secret"), options: []client.ListOption{client.InNamespace(manifests.ControllerNamespace)}},
	{file: "dns/configmaps", gvk: of("", "v1", "ConfigMap"), options: []client.ListOption{client.InNamespace(manifests.CoreDNSNamespace)}, keep: dnsConfig},
	{file: "dns/deployments", gvk: of("apps", "v1", "Deployment"), options: []client.ListOption{client.InNamespace(manifests.CoreDNSNamespace)}, keep: dnsConfig},
	{file: "dns/pods", gvk: of("", "v1", "Pod"), options: []client.ListOption{client.InNamespace(manifests.CoreDNSNamespace)}, keep: func(o unstructured.Unstructured) bool {
		return dnsServer(o.GetLabels())
	}},
}

// hubKinds are what is collected of the hub besides.
var hubKinds = []kind{
	{file: "hub/clusterprofiles", gvk: of("multicluster.x-k8s.io", "v1alpha1", "ClusterProfile")},
	{file: "hub/exportedservices", gvk: of("multicluster-dns.github.io", "v1alpha1", "ExportedService")},
	{file: "hub/exportedendpointslices", gvk: of("multicluster-dns.github.io", "v1alpha1", "ExportedEndpointSlice")},
	{file: "hub/leases", gvk: of("coordination.k8s.io", "v1", "Lease"), keep: func(o unstructured.Unstructured) bool { return o.GetName() == "mcs-member" }},
}

// most bounds the objects of one kind: a cluster may have more than anybody can read.
const most = 20000

// collect puts the objects of kinds into the archive, below the directory of their cluster.
func collect(ctx context.Context, a *archive, c *kube.Cluster, kinds []kind) error {
	for _, k := range kinds {
		path := c.Context + "/" + k.file + ".yaml"
		content, err := k.read(ctx, c)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case meta.IsNoMatchError(err):
			continue // the cluster does not have the kind
		case err != nil:
			a.missing(path, err)
			continue
		case content == nil:
			continue
		}
		if err := a.put(path, content); err != nil {
			return err
		}
	}
	return nil
}

// read returns the objects as YAML documents, and nil if there are none.
func (k kind) read(ctx context.Context, c client.Reader) ([]byte, error) {
	var out strings.Builder
	n := 0
	for next := ""; ; {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(k.gvk.GroupVersion().WithKind(k.gvk.Kind + "List"))
		if err := c.List(ctx, list, append([]client.ListOption{client.Limit(500), client.Continue(next)}, k.options...)...); err != nil {
			return nil, err
		}
		for _, object := range list.Items {
			if k.keep != nil && !k.keep(object) {
				continue
			}
			if n++; n > most {
				return []byte(out.String()), nil
			}
			if err := write(&out, object); err != nil {
				return nil, err
			}
		}
		if next = list.GetContinue(); next == "" {
			break
		}
	}
	if n == 0 {
		return nil, nil
	}
	return []byte(out.String()), nil
}

func write(out io.Writer, object unstructured.Unstructured) error {
	unstructured.RemoveNestedField(object.Object, "metadata", "managedFields")
	if object.GetKind() == "Secret" {
		redactSecret(object.Object)
	}
	content, err := yaml.Marshal(object.Object)
	if err != nil {
		return fmt.Errorf("writing %s %s/%s: %w", object.GetKind(), object.GetNamespace(), object.GetName(), err)
	}
	_, err = fmt.Fprintf(out, "---\n%s", content)
	return err
}
