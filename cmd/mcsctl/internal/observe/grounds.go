package observe

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// readGrounds adds to the reads what our programs stand on in a member.
func readGrounds(ctx context.Context, c *kube.Cluster, facts *health.MemberFacts, read reader) {
	read("definitions", func() (err error) {
		facts.Served, err = readServed(c)
		return err
	})
	read("clusterroles", func() (err error) {
		facts.Lacking, err = readLacking(ctx, c)
		return err
	})
	read("clusterproperties", func() error {
		statement, err := membership.ReadStatement(ctx, c, membership.PropertyClusterID)
		facts.Stated = statement.Value
		return err
	})
}

// readServed returns the kinds of the Multi-Cluster Services API that are served in the version that our programs read.
func readServed(c *kube.Cluster) ([]string, error) {
	d, err := discovery.NewDiscoveryClientForConfig(c.REST)
	if err != nil {
		return nil, err
	}
	list, err := d.ServerResourcesForGroupVersion(mcsv1beta1.GroupVersion.String())
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	var served []string
	for _, resource := range list.APIResources {
		served = append(served, resource.Name)
	}
	return served, nil
}

// readLacking compares the ClusterRoles of our programs with those that are shipped. The one for cluster.local counts only in a member
// that was installed with it: neither the role nor its binding stands where CoreDNS answers for the clusterset alone.
func readLacking(ctx context.Context, c client.Reader) ([]string, error) {
	shipped, err := manifests.Cluster()
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, object := range shipped {
		if object.GetKind() != "ClusterRole" {
			continue
		}
		var wanted, granted rbacv1.ClusterRole
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &wanted); err != nil {
			return nil, fmt.Errorf("decoding ClusterRole %q: %w", object.GetName(), err)
		}
		err := c.Get(ctx, client.ObjectKey{Name: wanted.Name}, &granted)
		if apierrors.IsNotFound(err) && wanted.Name == manifests.CoreDNSClusterLocal {
			if err = c.Get(ctx, client.ObjectKey{Name: wanted.Name}, &rbacv1.ClusterRoleBinding{}); apierrors.IsNotFound(err) {
				continue
			}
		}
		if client.IgnoreNotFound(err) != nil {
			return nil, err
		}
		missing = append(missing, lacking(wanted.Rules, granted.Rules)...)
	}
	slices.Sort(missing)
	return slices.Compact(missing), nil
}

// lacking returns what wanted rules allow and granted ones do not, one permission each.
func lacking(wanted, granted []rbacv1.PolicyRule) []string {
	allowed := map[string]bool{}
	for _, permission := range permissions(granted) {
		allowed[permission] = true
	}
	var missing []string
	for _, permission := range permissions(wanted) {
		if !allowed[permission] {
			missing = append(missing, permission)
		}
	}
	return missing
}

// permissions spells rules out: "list services", "get namespaces kube-system". Wildcards stay what they are: what is shipped has none.
func permissions(rules []rbacv1.PolicyRule) []string {
	var all []string
	for _, rule := range rules {
		resources := pairs(rule.Resources, ".", rule.APIGroups)
		actions := pairs(rule.Verbs, " ", resources)
		if len(rule.ResourceNames) > 0 {
			actions = pairs(actions, " ", rule.ResourceNames)
		}
		all = append(all, actions...)
	}
	return all
}

// pairs returns each of first with each of second behind it; one that is empty, as the core API group is, stands for first alone.
func pairs(first []string, separator string, second []string) []string {
	var all []string
	for _, before := range first {
		for _, behind := range second {
			if behind != "" {
				behind = separator + behind
			}
			all = append(all, before+behind)
		}
	}
	return all
}
