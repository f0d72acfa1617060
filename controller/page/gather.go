package page

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Hub is what the page needs of the hub: answers from memory.
type Hub interface {
	// Connected reports whether the hub answered the last request.
	Connected() bool
	// Synced reports whether everything was read from the hub.
	Synced() bool
	// Members are the other members with their state.
	Members() []membership.Member
	// Excluded are the registrations that make no member.
	Excluded() []membership.Excluded
	// Standing is this cluster's own place in the registry.
	Standing() (membership.Standing, membership.Member)
	// Frozen returns what is kept as it is.
	Frozen() (silent []mcs.ClusterID, vanished bool)
}

// shown is how many addresses of a source are kept for the page.
const shown = 4

// gather collects the facts from memory: the reader is a cache.
func (p *Page) gather(ctx context.Context) (Facts, error) {
	standing, _ := p.Hub.Standing()
	silent, vanished := p.Hub.Frozen()
	facts := Facts{
		At: p.Clock.Now(), Self: p.Self, Working: p.Working(), Connected: p.Hub.Connected(), Synced: p.Hub.Synced(),
		Standing: standing, Frozen: vanished || len(silent) > 0, Excluded: p.Hub.Excluded(), Propagation: p.Sampler.Intervals(),
	}
	var exports mcsv1beta1.ServiceExportList
	var imports mcsv1beta1.ServiceImportList
	var slicesOfImports discoveryv1.EndpointSliceList
	for _, read := range []func() error{
		func() error { return p.Reader.List(ctx, &exports, client.UnsafeDisableDeepCopy) },
		func() error { return p.Reader.List(ctx, &imports, client.UnsafeDisableDeepCopy) },
		func() error {
			return p.Reader.List(ctx, &slicesOfImports, client.HasLabels{mcsv1beta1.LabelSourceCluster}, client.UnsafeDisableDeepCopy)
		},
	} {
		if err := read(); err != nil {
			return Facts{}, fmt.Errorf("reading this cluster's cache: %w", err)
		}
	}
	sources := sourcesOf(slicesOfImports.Items)
	for i := range exports.Items {
		facts.Exports = append(facts.Exports, exportOf(&exports.Items[i]))
	}
	for i := range imports.Items {
		facts.Imports = append(facts.Imports, importOf(&imports.Items[i], sources))
	}
	slices.SortFunc(facts.Exports, func(a, b Export) int { return compareKeys(a.Key, b.Key) })
	slices.SortFunc(facts.Imports, func(a, b Import) int { return compareKeys(a.Key, b.Key) })
	facts.Members = membersOf(p.Hub.Members(), p.Sampler, slicesOfImports.Items)
	return facts, nil
}

func compareKeys(a, b types.NamespacedName) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

func membersOf(members []membership.Member, sampler *Sampler, imported []discoveryv1.EndpointSlice) []Member {
	heard := sampler.heard()
	out := make([]Member, len(members))
	byID := make(map[string]*Member, len(members))
	for i, member := range members {
		out[i] = Member{ID: member.ID, State: member.State, Heard: heard[string(member.ID)]}
		byID[string(member.ID)] = &out[i]
	}
	for i := range imported {
		member, found := byID[imported[i].Labels[mcsv1beta1.LabelSourceCluster]]
		if !found {
			continue
		}
		member.Slices++
		for _, endpoint := range imported[i].Endpoints {
			member.Endpoints++
			if ready(endpoint) {
				member.Ready++
			}
		}
	}
	return out
}

// ready reads an endpoint's condition; one that is not set means ready (Kubernetes API, EndpointConditions).
func ready(endpoint discoveryv1.Endpoint) bool { return ptr.Deref(endpoint.Conditions.Ready, true) }

// sourcesOf groups imported slices by their import and, within it, by their source.
func sourcesOf(imported []discoveryv1.EndpointSlice) map[types.NamespacedName][]Source {
	sources := map[types.NamespacedName][]Source{}
	for i := range imported {
		slice := &imported[i]
		key := types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[mcsv1beta1.LabelServiceName]}
		of := sources[key]
		at, found := slices.BinarySearchFunc(of, slice.Labels[mcsv1beta1.LabelSourceCluster], func(s Source, id string) int {
			return strings.Compare(s.Cluster, id)
		})
		if !found {
			of = slices.Insert(of, at, Source{Cluster: slice.Labels[mcsv1beta1.LabelSourceCluster]})
		}
		for _, endpoint := range slice.Endpoints {
			of[at].Endpoints++
			if !ready(endpoint) {
				continue
			}
			of[at].Ready++
			if len(of[at].Addresses) < shown && len(endpoint.Addresses) > 0 {
				of[at].Addresses = append(of[at].Addresses, endpoint.Addresses[0])
			}
		}
		sources[key] = of
	}
	return sources
}

func exportOf(from *mcsv1beta1.ServiceExport) Export {
	conditions := from.Status.Conditions
	return Export{
		Key: client.ObjectKeyFromObject(from), Created: from.CreationTimestamp.Time,
		Valid:    conditionOf(conditions, string(mcsv1beta1.ServiceExportConditionValid)),
		Ready:    conditionOf(conditions, string(mcsv1beta1.ServiceExportConditionReady)),
		Conflict: conditionOf(conditions, string(mcsv1beta1.ServiceExportConditionConflict)),
	}
}

func importOf(from *mcsv1beta1.ServiceImport, sources map[types.NamespacedName][]Source) Import {
	key := client.ObjectKeyFromObject(from)
	made := Import{
		Key: key, Headless: from.Spec.Type == mcsv1beta1.Headless, IPs: from.Spec.IPs, Sources: sources[key],
		Ready: conditionOf(from.Status.Conditions, string(mcsv1beta1.ServiceImportConditionReady)),
		Ours:  from.Labels[mcs.LabelManagedBy] == mcs.ManagedBy,
	}
	for _, port := range from.Spec.Ports {
		made.Ports = append(made.Ports, strings.TrimSpace(fmt.Sprintf("%s %d/%s", port.Name, port.Port, port.Protocol)))
	}
	for _, cluster := range from.Status.Clusters {
		made.Clusters = append(made.Clusters, cluster.Cluster)
	}
	return made
}

func conditionOf(conditions []metav1.Condition, kind string) Condition {
	if c := meta.FindStatusCondition(conditions, kind); c != nil {
		return Condition{Status: string(c.Status), Reason: c.Reason, Message: c.Message}
	}
	return Condition{}
}
