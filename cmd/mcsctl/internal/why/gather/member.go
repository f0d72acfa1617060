package gather

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Where a member keeps what it shows the hub.
const (
	hubSecret    = "mcs-hub"
	hubSecretKey = "kubeconfig"
)

// readMember reads what a cluster has of the service that it may export. A request that is answered is the proof that it answers.
func readMember(ctx context.Context, cluster *kube.Cluster, q explain.Question, m *explain.Member) {
	uid, err := membership.ReadKubeSystemUID(ctx, cluster)
	m.UID, m.API = uid, explain.See(struct{}{})
	if err != nil {
		if m.API = unseen[struct{}](err); m.API.Sight == explain.Unreachable {
			hide(m)
			return
		}
	}
	var group sync.WaitGroup
	group.Go(func() { m.Credential = readCredential(ctx, cluster) })
	group.Go(func() {
		m.Controller = get[appsv1.Deployment](ctx, cluster, manifests.ControllerNamespace, "mcs-controller")
	})
	if q.Service != "" {
		group.Go(func() { m.Export = get[mcsv1beta1.ServiceExport](ctx, cluster, q.Namespace, q.Service) })
		group.Go(func() {
			m.Service = get[corev1.Service](ctx, cluster, q.Namespace, q.Service)
			readWorkloads(ctx, cluster, q, m)
		})
		group.Go(func() {
			m.Slices = list(ctx, cluster, &discoveryv1.EndpointSliceList{}, func(l *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return l.Items },
				client.InNamespace(q.Namespace), client.MatchingLabels{discoveryv1.LabelServiceName: q.Service})
		})
	}
	group.Wait()
}

// readWorkloads reads what keeps the pods of the Service; where there is no Service, what else is there.
func readWorkloads(ctx context.Context, cluster *kube.Cluster, q explain.Question, m *explain.Member) {
	pods := func(selector client.MatchingLabels) {
		m.Pods = list(ctx, cluster, &corev1.PodList{}, func(l *corev1.PodList) []corev1.Pod { return l.Items }, client.InNamespace(q.Namespace), selector)
	}
	if m.Service.Value == nil {
		m.Neighbours = list(ctx, cluster, &corev1.ServiceList{}, func(l *corev1.ServiceList) []string {
			var names []string
			for _, service := range l.Items {
				names = append(names, service.Name)
			}
			return names
		}, client.InNamespace(q.Namespace))
		pods(client.MatchingLabels{"app": q.Service}) // what kubectl create gives them
		return
	}
	selector := m.Service.Value.Spec.Selector
	if len(selector) == 0 {
		return
	}
	pods(selector)
	selects := labels.SelectorFromSet(selector)
	deployments := list(ctx, cluster, &appsv1.DeploymentList{}, func(l *appsv1.DeploymentList) []explain.Workload {
		var found []explain.Workload
		for _, d := range l.Items {
			if selects.Matches(labels.Set(d.Spec.Template.Labels)) {
				found = append(found, explain.Workload{Kind: "Deployment", Name: d.Name, Replicas: ptr.Deref(d.Spec.Replicas, 1), Ready: d.Status.ReadyReplicas})
			}
		}
		return found
	}, client.InNamespace(q.Namespace))
	sets := list(ctx, cluster, &appsv1.StatefulSetList{}, func(l *appsv1.StatefulSetList) []explain.Workload {
		var found []explain.Workload
		for _, s := range l.Items {
			if selects.Matches(labels.Set(s.Spec.Template.Labels)) {
				found = append(found, explain.Workload{Kind: "StatefulSet", Name: s.Name, Replicas: ptr.Deref(s.Spec.Replicas, 1), Ready: s.Status.ReadyReplicas})
			}
		}
		return found
	}, client.InNamespace(q.Namespace))
	if deployments.Sight == explain.Seen && sets.Sight == explain.Seen {
		m.Workloads = explain.See(slices.Concat(deployments.Value, sets.Value))
	}
}

// readCredential reads what the token says that a member shows the hub. The token itself is not kept.
func readCredential(ctx context.Context, cluster *kube.Cluster) explain.Fact[explain.Credential] {
	secret := get[corev1.Secret](ctx, cluster, manifests.ControllerNamespace, hubSecret)
	if secret.Sight != explain.Seen || secret.Value == nil {
		return explain.Fact[explain.Credential]{Sight: secret.Sight, Detail: secret.Detail}
	}
	credential := explain.Credential{Secret: manifests.ControllerNamespace + "/" + hubSecret}
	if config, err := clientcmd.Load(secret.Value.Data[hubSecretKey]); err == nil {
		if current := config.Contexts[config.CurrentContext]; current != nil {
			if user := config.AuthInfos[current.AuthInfo]; user != nil {
				credential.AccountUID, credential.Expires = claims(user.Token)
			}
		}
	}
	return explain.See(credential)
}

// claims returns what a ServiceAccount's token says of itself: whose it is and when it ends. Nothing is verified; that is the hub's.
func claims(token string) (accountUID string, expires time.Time) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", time.Time{}
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", time.Time{}
	}
	var said struct {
		Expires    int64 `json:"exp"`
		Kubernetes struct {
			ServiceAccount struct {
				UID string `json:"uid"`
			} `json:"serviceaccount"`
		} `json:"kubernetes.io"`
		LegacyUID string `json:"kubernetes.io/serviceaccount/service-account.uid"`
	}
	if json.Unmarshal(content, &said) != nil {
		return "", time.Time{}
	}
	if said.Expires > 0 {
		expires = time.Unix(said.Expires, 0)
	}
	if said.LegacyUID != "" {
		return said.LegacyUID, expires
	}
	return said.Kubernetes.ServiceAccount.UID, expires
}
