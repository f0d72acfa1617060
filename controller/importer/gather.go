package importer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// SliceIndex is the name of the cache index that finds the imported EndpointSlices of a name; see [IndexSlice].
const SliceIndex = "imported-service"

// IndexSlice returns the value of [SliceIndex] for an EndpointSlice: the import it belongs to, none if it is not ours.
func IndexSlice(o client.Object) []string {
	labels := o.GetLabels()
	if name := labels[mcsv1beta1.LabelServiceName]; name != "" && isOurSlice(labels) {
		return []string{name}
	}
	return nil
}

// StrayIndex is the name of the cache index that finds EndpointSlices of derived Services that are not ours; see [IndexStray].
const StrayIndex = "derived-service"

// IndexStray returns the value of [StrayIndex] for an EndpointSlice: the derived Service it belongs to, none if it is ours or belongs
// to another Service.
func IndexStray(o client.Object) []string {
	labels := o.GetLabels()
	if service := labels[discoveryv1.LabelServiceName]; mcs.IsDerivedServiceName(service) && !isOurSlice(labels) {
		return []string{service}
	}
	return nil
}

// errNoFamily says that the cluster's address families are not known. Nothing is decided without them: an import would lose its IP.
var errNoFamily = errors.New("no ServiceCIDR is ready")

// inhabited says whether key's namespace is one that objects can be made in: it is there and not on its way out (KEP-1645,
// "Namespace sameness": without the namespace there is no import).
func (r *Reconciler) inhabited(ctx context.Context, key types.NamespacedName) (bool, error) {
	var namespace corev1.Namespace
	err := r.Client.Get(ctx, types.NamespacedName{Name: key.Namespace}, &namespace, client.UnsafeDisableDeepCopy)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading Namespace %q: %w", key.Namespace, err)
	}
	return namespace.DeletionTimestamp == nil, nil
}

// gather reads the facts about key. What is not found is nil; any other failure ends the turn, because nothing follows from it.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (facts, error) {
	f := facts{
		key: key, self: r.Self, denied: r.Denied[key.Namespace],
		synced: r.Hub.Synced(), departed: r.Hub.Departed(), unregistered: r.Hub.Unregistered(),
	}
	var err error
	if f.supported, err = r.supported(ctx); err != nil {
		return f, err
	}
	if f.own, err = r.Own.Export(ctx, key); err != nil {
		return f, fmt.Errorf("reading this cluster's export %q: %w", key, err)
	}
	if f.found, err = get(ctx, r.Client, key, &mcsv1beta1.ServiceImport{}); err != nil {
		return f, fmt.Errorf("reading ServiceImport %q: %w", key, err)
	}
	derived := types.NamespacedName{Namespace: key.Namespace, Name: mcs.DerivedServiceName(key)}
	if f.service, err = get(ctx, r.Client, derived, &corev1.Service{}); err != nil {
		return f, fmt.Errorf("reading Service %q: %w", derived, err)
	}
	var list discoveryv1.EndpointSliceList
	if err = r.Client.List(ctx, &list, client.InNamespace(key.Namespace), client.MatchingFields{SliceIndex: key.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return f, fmt.Errorf("listing imported EndpointSlices of %q: %w", key, err)
	}
	f.slices = list.Items
	if f.strays, err = r.strays(ctx, f.service); err != nil {
		return f, fmt.Errorf("listing foreign EndpointSlices of Service %q: %w", derived, err)
	}
	if f.synced {
		f.others, f.stale, f.forgotten = r.Hub.Exports(key), r.Hub.Stale(), r.Hub.Forgotten()
		f.held = r.held(f)
		for _, e := range f.others {
			if !r.Hub.Published(e.Cluster) {
				f.unproven = append(f.unproven, e.Cluster)
			}
		}
	}
	return f, nil
}

// strays returns the EndpointSlices that the cluster itself has made for a derived Service of ours: somebody had given it a selector.
// Nobody updates or removes them once it has none again, and proxies would follow them for good.
func (r *Reconciler) strays(ctx context.Context, service *corev1.Service) ([]*discoveryv1.EndpointSlice, error) {
	if service == nil || !isOurs(service.Labels) {
		return nil, nil
	}
	var list discoveryv1.EndpointSliceList
	if err := r.Client.List(ctx, &list, client.InNamespace(service.Namespace), client.MatchingFields{StrayIndex: service.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	var strays []*discoveryv1.EndpointSlice
	for i := range list.Items {
		if owner := metav1.GetControllerOfNoCopy(&list.Items[i]); owner != nil && owner.UID == service.UID {
			strays = append(strays, &list.Items[i])
		}
	}
	return strays, nil
}

// gatherNamed completes the facts with those EndpointSlices that have a name the import needs and are not known by their labels:
// ours that somebody has changed, and somebody else's.
func (r *Reconciler) gatherNamed(ctx context.Context, f *facts, wanted []*discoveryv1.EndpointSlice) error {
	known := make(map[string]bool, len(f.slices))
	for i := range f.slices {
		known[f.slices[i].Name] = true
	}
	for _, want := range wanted {
		if known[want.Name] {
			continue
		}
		there, err := get(ctx, r.Client, client.ObjectKeyFromObject(want), &discoveryv1.EndpointSlice{})
		switch {
		case err != nil:
			return fmt.Errorf("reading EndpointSlice %q: %w", client.ObjectKeyFromObject(want), err)
		case there == nil:
		case isOurSlice(there.Labels):
			f.slices = append(f.slices, *there)
		default:
			f.foreign = append(f.foreign, want.Name)
		}
	}
	return nil
}

// held returns the members that the import as it stands has and the hub has no export of, without the member's word that this is
// so: what was last imported from them counts.
func (r *Reconciler) held(f facts) []mcs.ClusterID {
	if f.ours() == nil {
		return nil
	}
	var held []mcs.ClusterID
	for _, stated := range f.found.Status.Clusters {
		id, err := mcs.ParseClusterID(stated.Cluster)
		if err != nil || id == f.self || slices.ContainsFunc(f.others, func(e mcs.Export) bool { return e.Cluster == id }) {
			continue
		}
		if !r.Hub.Published(id) {
			held = append(held, id)
		}
	}
	return held
}

// supported returns the IP families that the cluster gives to Services: those of its ready ServiceCIDRs.
func (r *Reconciler) supported(ctx context.Context) ([]corev1.IPFamily, error) {
	var list networkingv1.ServiceCIDRList
	if err := r.Client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing ServiceCIDRs: %w", err)
	}
	families := familiesOf(list.Items)
	if len(families) == 0 {
		return nil, fmt.Errorf("reading the cluster's IP families: %w", errNoFamily)
	}
	return families, nil
}

// familiesOf returns the families of those ServiceCIDRs that addresses can be taken from, IPv4 before IPv6.
func familiesOf(cidrs []networkingv1.ServiceCIDR) []corev1.IPFamily {
	var families []corev1.IPFamily
	for i := range cidrs {
		if !usable(&cidrs[i]) {
			continue
		}
		for _, cidr := range cidrs[i].Spec.CIDRs {
			prefix, err := netip.ParsePrefix(cidr)
			if err != nil {
				continue
			}
			family := corev1.IPv6Protocol
			if prefix.Addr().Is4() {
				family = corev1.IPv4Protocol
			}
			families = append(families, family)
		}
	}
	slices.Sort(families)
	return slices.Compact(families)
}

// usable says whether a ServiceCIDR is not known to be unready, nor on its way out. Its condition may not be set yet.
func usable(cidr *networkingv1.ServiceCIDR) bool {
	for _, c := range cidr.Status.Conditions {
		if c.Type == networkingv1.ServiceCIDRConditionReady && c.Status == metav1.ConditionFalse {
			return false
		}
	}
	return cidr.DeletionTimestamp == nil
}

// get reads the object under key into empty and returns it, or nil when there is none.
func get[T any, P interface {
	*T
	client.Object
}](ctx context.Context, reader client.Reader, key types.NamespacedName, empty P) (P, error) {
	err := reader.Get(ctx, key, empty)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return empty, nil
}
