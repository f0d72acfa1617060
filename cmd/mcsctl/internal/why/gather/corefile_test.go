package gather

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestMounted(t *testing.T) {
	volume := func(name, configMap string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: configMap}}}}
	}
	for _, tc := range []struct {
		name string
		spec corev1.PodSpec
		want []mount
	}{
		{"no pod to see is the usual place", corev1.PodSpec{}, []mount{{"coredns", usualDir}}},
		{"a pod of kubeadm", corev1.PodSpec{
			Volumes:    []corev1.Volume{volume("config-volume", "coredns"), {Name: "token"}},
			Containers: []corev1.Container{{VolumeMounts: []corev1.VolumeMount{{Name: "config-volume", MountPath: "/etc/coredns"}}}},
		}, []mount{{"coredns", "/etc/coredns"}}},
		{"a managed cluster has files of its users beside", corev1.PodSpec{
			Volumes: []corev1.Volume{volume("config-volume", "coredns"), volume("custom", "coredns-custom")},
			Containers: []corev1.Container{{VolumeMounts: []corev1.VolumeMount{
				{Name: "custom", MountPath: "/etc/coredns/custom"}, {Name: "config-volume", MountPath: "/etc/coredns"},
			}}},
		}, []mount{{"coredns", "/etc/coredns"}, {"coredns-custom", "/etc/coredns/custom"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, mounted(tc.spec), cmp.AllowUnexported(mount{})); diff != "" {
				t.Errorf("mounts (-want +got):\n%s", diff)
			}
		})
	}
}
