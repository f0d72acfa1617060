package gather

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

const (
	corefileKey = "Corefile"
	// usualDir is where CoreDNS has its Corefile in every distribution that follows kubeadm.
	usualDir = "/etc/coredns"
)

// readServers reads the configuration of the DNS server that pods ask, the pods it configures, and the server of ours beside it.
func readServers(ctx context.Context, cluster *kube.Cluster, im *explain.Importer) {
	im.DNSPods = list(ctx, cluster, &corev1.PodList{}, func(l *corev1.PodList) []corev1.Pod { return l.Items },
		client.InNamespace(manifests.CoreDNSNamespace), client.MatchingLabels(pods.DNS))
	var spec corev1.PodSpec
	if found := im.DNSPods.Value; len(found) > 0 {
		spec = found[0].Spec
	}
	im.Corefile, im.CorefileAt = readCorefile(ctx, cluster, mounted(spec))
	beside := get[corev1.Service](ctx, cluster, manifests.CoreDNSNamespace, manifests.CoreDNSDeployment)
	im.Beside = explain.Fact[bool]{Sight: beside.Sight, Value: beside.Value != nil, Detail: beside.Detail}
	if beside.Value != nil {
		im.BesideIPs = slices.DeleteFunc(slices.Clone(beside.Value.Spec.ClusterIPs), func(ip string) bool { return ip == corev1.ClusterIPNone })
		im.BesidePods = list(ctx, cluster, &corev1.PodList{}, func(l *corev1.PodList) []corev1.Pod { return l.Items },
			client.InNamespace(manifests.CoreDNSNamespace), client.MatchingLabels(pods.OurDNS))
		im.BesideCorefile, im.BesideAt = readCorefile(ctx, cluster, []mount{{manifests.CoreDNSDeployment, usualDir}})
	}
}

// mount is a ConfigMap and the directory at which a server has its keys as files.
type mount struct{ name, dir string }

// mounted are the ConfigMaps of a pod; the usual one where there is no pod to see, or none in it. That of the Corefile is the first, as
// no distribution has it otherwise.
func mounted(spec corev1.PodSpec) []mount {
	dirs := map[string]string{}
	for _, container := range spec.Containers {
		for _, m := range container.VolumeMounts {
			dirs[m.Name] = m.MountPath
		}
	}
	var found []mount
	for _, volume := range spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		dir := dirs[volume.Name]
		if dir == "" {
			dir = usualDir
		}
		found = append(found, mount{volume.ConfigMap.Name, dir})
	}
	if len(found) == 0 {
		return []mount{{"coredns", usualDir}}
	}
	return found
}

// readCorefile reads the Corefile of the first ConfigMap that has one, with what it takes in of all of them, and says where it stands.
func readCorefile(ctx context.Context, cluster *kube.Cluster, mounts []mount) (text explain.Fact[string], at string) {
	at = "configmap " + mounts[0].name
	var files []explain.Mount
	content, dir := "", ""
	for i, m := range mounts {
		config := get[corev1.ConfigMap](ctx, cluster, manifests.CoreDNSNamespace, m.name)
		switch {
		case config.Sight != explain.Seen && i == 0:
			return explain.Fact[string]{Sight: config.Sight, Detail: config.Detail}, at
		case config.Value == nil && i == 0:
			text = unlooked[string](fmt.Sprintf("there is no ConfigMap %s/%s: the DNS server is configured elsewhere", manifests.CoreDNSNamespace, m.name))
		case config.Value == nil: // it may be optional; what it would bring in stays named where it may not be read
			if config.Sight == explain.Seen {
				files = append(files, explain.Mount{Dir: m.dir})
			}
		default:
			files = append(files, explain.Mount{Dir: m.dir, Files: config.Value.Data})
			if found, has := config.Value.Data[corefileKey]; has && dir == "" {
				content, dir, at = found, m.dir, "configmap "+m.name
			}
		}
	}
	switch {
	case dir != "":
		return explain.See(explain.Include(content, dir, files)), at
	case text.Detail != "":
		return text, at
	}
	return unlooked[string](fmt.Sprintf("ConfigMap %s/%s has no key %s", manifests.CoreDNSNamespace, mounts[0].name, corefileKey)), at
}
