package observe

import (
	"context"

	"github.com/miekg/dns"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/dnsask"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Where our programs are in a cluster, as manifests put them there.
var (
	controller = client.ObjectKey{Namespace: manifests.ControllerNamespace, Name: manifests.ControllerServiceAccount}
	hubSecret  = client.ObjectKey{Namespace: manifests.ControllerNamespace, Name: "mcs-hub"}
)

// ReadRunning returns what runs in one cluster, which need not be a member.
func ReadRunning(ctx context.Context, c *kube.Cluster) health.MemberFacts {
	facts := health.MemberFacts{Context: c.Context, Unread: map[string]string{}}
	inParallel(&facts, func(read reader) { readRunning(ctx, c, &facts, read) })
	return facts
}

// readRunning adds to the reads what runs in a member.
func readRunning(ctx context.Context, c *kube.Cluster, facts *health.MemberFacts, read reader) {
	read("version", func() (err error) {
		facts.Kubernetes, err = readVersion(c)
		return err
	})
	read("deployments", func() (err error) {
		facts.Controller, err = ReadController(ctx, c)
		return err
	})
	read("leases", func() (err error) {
		facts.Leader, err = readLeader(ctx, c)
		return err
	})
	read("pods", func() (err error) {
		facts.DNS, err = ReadDNS(ctx, c)
		return err
	})
	read("credential", func() error {
		facts.Credential = readCredential(ctx, c)
		return nil
	})
	read("propagation", func() error {
		brief, cancel := context.WithTimeout(ctx, lagPatience)
		defer cancel()
		facts.Lag = readLag(brief, c)
		return nil
	})
	read("dns", func() error {
		facts.Answer = Ask(ctx, c)
		return nil
	})
}

// ReadController returns the controller as it is deployed in a cluster, and the zero Workload if it is not.
func ReadController(ctx context.Context, c *kube.Cluster) (health.Workload, error) {
	var deployment appsv1.Deployment
	if err := c.Get(ctx, controller, &deployment); err != nil {
		return health.Workload{}, client.IgnoreNotFound(err)
	}
	w := health.Workload{Name: controller.String(), Ready: deployment.Status.ReadyReplicas, Wanted: ptr.Deref(deployment.Spec.Replicas, 1)}
	if containers := deployment.Spec.Template.Spec.Containers; len(containers) > 0 {
		w.Image = containers[0].Image
	}
	return w, nil
}

// ReadDNS returns the pods of a cluster's DNS server as one workload, and the zero Workload if there are none.
func ReadDNS(ctx context.Context, c *kube.Cluster) (health.Workload, error) {
	w := health.Workload{Name: manifests.CoreDNSNamespace + "/kube-dns"}
	err := pages(ctx, c, manifests.CoreDNSNamespace, func(list *corev1.PodList) {
		for _, pod := range list.Items {
			if pod.DeletionTimestamp != nil {
				continue
			}
			w.Wanted++
			if pods.Ready(&pod) {
				w.Ready++
			}
			if len(pod.Spec.Containers) > 0 {
				w.Image = pod.Spec.Containers[0].Image
			}
		}
	}, client.MatchingLabels(pods.DNS))
	if err != nil || w.Wanted == 0 {
		return health.Workload{}, err
	}
	return w, nil
}

func readLeader(ctx context.Context, c *kube.Cluster) (health.LeaseFacts, error) {
	var lease coordinationv1.Lease
	if err := c.Get(ctx, controller, &lease); err != nil {
		return health.LeaseFacts{}, client.IgnoreNotFound(err)
	}
	return health.LeaseFacts{Holder: membership.Holder(&lease), Renewed: membership.Renewed(&lease)}, nil
}

// Ask asks a cluster's DNS server, where there is a way to it from here, for the version of the clusterset zone: a server that has the
// zone answers whatever is imported. Without a way the answer is the zero value.
func Ask(ctx context.Context, c *kube.Cluster) health.Answer {
	servers, closeAll, err := dnsask.Find(ctx, c)
	defer closeAll()
	if err != nil || len(servers) == 0 {
		return health.Answer{}
	}
	answer := health.Answer{Server: servers[0].Name}
	reply, took, err := servers[0].Ask(ctx, versionName, dns.TypeTXT)
	if answer.Took = took; err != nil {
		answer.Err = kube.Because(err)
		return answer
	}
	for _, record := range reply.Answer {
		if txt, ok := record.(*dns.TXT); ok && len(txt.Txt) > 0 {
			answer.Text = txt.Txt[0]
			return answer
		}
	}
	answer.Err = "it answers " + dns.RcodeToString[reply.Rcode] + " for " + versionName
	return answer
}

// versionName is where a server of the clusterset zone says which version of the DNS specification it follows.
const versionName = "dns-version.clusterset.local."
