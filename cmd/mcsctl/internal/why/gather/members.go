package gather

import (
	"cmp"
	"context"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// readMembers reads what every member has of the service, on the hub and in its own cluster.
func readMembers(ctx context.Context, config *kube.Config, q explain.Question) (explain.Hub, []explain.Member) {
	set, err := config.Clusterset(ctx)
	hub := explain.Hub{Context: config.HubContext(), Namespace: config.ClustersetNamespace()}
	var members []explain.Member
	clusters := map[mcs.ClusterID]*kube.Cluster{}
	if err != nil {
		hub.Registry = unlooked[struct{}](err.Error())
		members = withoutHub(ctx, config, &hub, clusters)
		if len(hub.Context) > 0 {
			hub.Registry.Sight = explain.Unreachable
		}
	} else {
		hub.Context, hub.Registry, hub.Excluded = set.Hub.Context, explain.See(struct{}{}), set.Excluded
		for _, registered := range set.Members {
			m := explain.Member{ID: registered.ID, HubNamespace: registered.Namespace, Lease: explain.See(registered.Lease)}
			m.API = unlooked[struct{}]("no context of the kubeconfig is known to lead to it")
			if registered.Cluster != nil {
				clusters[m.ID], m.Context = registered.Cluster, registered.Cluster.Context
			} else if away, found := set.Unreachable[string(m.ID)]; found {
				m.Context, m.API = string(m.ID), explain.Fact[struct{}]{Sight: explain.Unreachable, Detail: kube.Because(away)}
			}
			members = append(members, m)
		}
		members = append(members, strangers(ctx, config, set, q, clusters)...)
	}
	var group sync.WaitGroup
	for i := range members {
		m := &members[i]
		if set != nil && m.HubNamespace != "" {
			group.Go(func() { readRecord(ctx, set.Hub, set.Namespace, q, m) })
		}
		if cluster := clusters[m.ID]; cluster != nil {
			group.Go(func() { readMember(ctx, cluster, q, m) })
			continue
		}
		hide(m)
	}
	group.Wait()
	slices.SortFunc(members, func(a, b explain.Member) int { return cmp.Compare(a.ID, b.ID) })
	return hub, members
}

// hide makes facts of what cannot be read of a member's cluster.
func hide(m *explain.Member) {
	m.Export = explain.Fact[*mcsv1beta1.ServiceExport]{Sight: m.API.Sight, Detail: m.API.Detail}
	m.Service = explain.Fact[*corev1.Service]{Sight: m.API.Sight, Detail: m.API.Detail}
	m.Slices.Sight, m.Slices.Detail = m.API.Sight, m.API.Detail
}

// withoutHub takes every cluster that answers for a member, since nobody says who is one. The hub is the context named for it, or the
// only one that does not answer.
func withoutHub(ctx context.Context, config *kube.Config, hub *explain.Hub, clusters map[mcs.ClusterID]*kube.Cluster) []explain.Member {
	type answer struct {
		uid string
		err error
	}
	contexts := config.Contexts()
	answers := make([]answer, len(contexts))
	var group sync.WaitGroup
	for i, name := range contexts {
		group.Go(func() {
			cluster, err := config.Cluster(name)
			if err == nil {
				answers[i].uid, err = membership.ReadKubeSystemUID(ctx, cluster)
			}
			answers[i].err = err
		})
	}
	group.Wait()
	var members []explain.Member
	var away []string
	for i, name := range contexts {
		cluster, err := config.Cluster(name)
		switch {
		case err != nil || name == hub.Context:
		case answers[i].err != nil:
			away = append(away, name)
		default:
			id := mcs.ClusterID(name)
			clusters[id] = cluster
			members = append(members, explain.Member{ID: id, Context: name, UID: answers[i].uid})
		}
	}
	if hub.Context == "" && len(away) == 1 {
		hub.Context = away[0]
	}
	for i, name := range contexts {
		if name == hub.Context && answers[i].err != nil {
			hub.Registry.Detail = kube.Because(answers[i].err)
		}
	}
	return members
}

// strangers are clusters of the kubeconfig that export the service without being members.
func strangers(ctx context.Context, config *kube.Config, set *kube.Clusterset, q explain.Question, clusters map[mcs.ClusterID]*kube.Cluster) []explain.Member {
	if q.Service == "" {
		return nil
	}
	contexts := slices.DeleteFunc(config.Contexts(), func(name string) bool {
		_, away := set.Unreachable[name]
		_, member := set.ByContext(name)
		return away || member
	})
	found := make([]*explain.Member, len(contexts))
	var group sync.WaitGroup
	for i, name := range contexts {
		group.Go(func() {
			cluster, err := config.Cluster(name)
			if err != nil {
				return
			}
			export := get[mcsv1beta1.ServiceExport](ctx, cluster, q.Namespace, q.Service)
			if export.Value != nil {
				found[i] = &explain.Member{ID: mcs.ClusterID(name), Context: name}
			}
		})
	}
	group.Wait()
	var members []explain.Member
	for i, m := range found {
		if _, taken := set.Member(mcs.ClusterID(contexts[i])); m == nil || taken {
			continue
		}
		if cluster, err := config.Cluster(m.Context); err == nil {
			clusters[m.ID] = cluster
			members = append(members, *m)
		}
	}
	return members
}

// readRecord reads what the hub holds of a member's export.
func readRecord(ctx context.Context, hub *kube.Cluster, registry string, q explain.Question, m *explain.Member) {
	account := get[corev1.ServiceAccount](ctx, hub, registry, string(m.ID))
	m.AccountUID = explain.Fact[string]{Sight: account.Sight, Detail: account.Detail}
	if account.Value != nil {
		m.AccountUID.Value = string(account.Value.UID)
	}
	if q.Service != "" {
		m.Record = get[hubv1alpha1.ExportedService](ctx, hub, m.HubNamespace, mcs.RecordName(q.Key()))
	}
}
