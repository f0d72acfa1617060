package observe

import (
	"context"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// page is how many objects one request asks for.
const page = 500

// readMember reads all that is wanted of one member, several things at once.
func readMember(ctx context.Context, m kube.Member, o Options) health.MemberFacts {
	facts := health.MemberFacts{ID: m.ID, HubNamespace: m.Namespace, Lease: leaseFacts(m), Unread: map[string]string{}}
	if m.Cluster == nil {
		return facts
	}
	facts.Context = m.Cluster.Context
	if !o.wanted(m) {
		facts.Skipped = true
		return facts
	}
	inParallel(&facts, func(read reader) {
		read("serviceexports", func() (err error) {
			facts.Exports, err = readExports(ctx, m.Cluster, o.Namespace)
			return err
		})
		read("serviceimports", func() (err error) {
			facts.Imports, err = readImports(ctx, m.Cluster, o.Namespace)
			return err
		})
		read("endpointslices", func() (err error) {
			facts.Endpoints, err = readEndpoints(ctx, m.Cluster, o.Namespace)
			return err
		})
		read("namespaces", func() (err error) {
			facts.Namespaces, err = readNamespaces(ctx, m.Cluster, o.Namespace)
			return err
		})
		if o.Running {
			readRunning(ctx, m.Cluster, &facts, read)
		}
		if o.Grounds {
			readGrounds(ctx, m.Cluster, &facts, read)
		}
	})
	return facts
}

// reader reads one thing beside others. What goes wrong is noted under its name.
type reader func(what string, f func() error)

// inParallel runs what plan reads at once and returns when all of it is read. Each read writes fields of its own.
func inParallel(facts *health.MemberFacts, plan func(read reader)) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	plan(func(what string, f func() error) {
		wg.Go(func() {
			if err := f(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				facts.Unread[what] = kube.Because(err)
				if meta.IsNoMatchError(err) {
					facts.Unserved = append(facts.Unserved, what)
				}
			}
		})
	})
	wg.Wait()
	slices.Sort(facts.Unserved)
}

func readExports(ctx context.Context, c *kube.Cluster, namespace string) ([]mcsv1beta1.ServiceExport, error) {
	var all []mcsv1beta1.ServiceExport
	err := pages(ctx, c, namespace, func(list *mcsv1beta1.ServiceExportList) { all = append(all, list.Items...) })
	return all, err
}

func readImports(ctx context.Context, c *kube.Cluster, namespace string) ([]mcsv1beta1.ServiceImport, error) {
	var all []mcsv1beta1.ServiceImport
	err := pages(ctx, c, namespace, func(list *mcsv1beta1.ServiceImportList) { all = append(all, list.Items...) })
	return all, err
}

// readEndpoints counts the endpoints of imported slices, which are not kept: a large clusterset has many.
func readEndpoints(ctx context.Context, c *kube.Cluster, namespace string) ([]health.Endpoints, error) {
	counts := map[health.Endpoints]health.Endpoints{}
	err := pages(ctx, c, namespace, func(list *discoveryv1.EndpointSliceList) {
		for _, slice := range list.Items {
			key := health.Endpoints{
				Namespace: slice.Namespace, Service: slice.Labels[mcsv1beta1.LabelServiceName], Source: mcs.ClusterID(slice.Labels[mcsv1beta1.LabelSourceCluster]),
			}
			counts[key] = countEndpoints(counts[key], key, slice)
		}
	}, client.HasLabels{mcsv1beta1.LabelServiceName})
	all := make([]health.Endpoints, 0, len(counts))
	for _, sum := range counts {
		all = append(all, sum)
	}
	return all, err
}

func countEndpoints(sum, key health.Endpoints, slice discoveryv1.EndpointSlice) health.Endpoints {
	sum.Namespace, sum.Service, sum.Source = key.Namespace, key.Service, key.Source
	for _, endpoint := range slice.Endpoints {
		sum.Total++
		ready := ptr.Deref(endpoint.Conditions.Ready, true)
		switch {
		case ready:
			sum.Ready++
		case !ptr.Deref(endpoint.Conditions.Serving, ready):
			sum.SteppedBack++
		}
	}
	return sum
}

func readNamespaces(ctx context.Context, c *kube.Cluster, only string) (map[string]bool, error) {
	if only != "" {
		var namespace corev1.Namespace
		switch err := c.Get(ctx, client.ObjectKey{Name: only}, &namespace); {
		case err == nil:
			return map[string]bool{only: true}, nil
		case apierrors.IsNotFound(err), apierrors.IsForbidden(err): // whoever works in one namespace need not see it
			return nil, nil
		default:
			return nil, err
		}
	}
	names := map[string]bool{}
	err := pages(ctx, c, "", func(list *corev1.NamespaceList) {
		for _, namespace := range list.Items {
			names[namespace.Name] = true
		}
	})
	return names, err
}

// pages lists a kind page by page, each in an object of its own: decoding into one that was used merges the two.
func pages[T any, L interface {
	*T
	client.ObjectList
}](ctx context.Context, c client.Reader, namespace string, each func(L), more ...client.ListOption) error {
	for next := ""; ; {
		list := L(new(T))
		options := append([]client.ListOption{client.InNamespace(namespace), client.Limit(page), client.Continue(next)}, more...)
		if err := c.List(ctx, list, options...); err != nil {
			return err
		}
		each(list)
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
}

func readVersion(c *kube.Cluster) (string, error) {
	d, err := discovery.NewDiscoveryClientForConfig(c.REST)
	if err != nil {
		return "", err
	}
	version, err := d.ServerVersion()
	if err != nil {
		return "", err
	}
	return version.GitVersion, nil
}
