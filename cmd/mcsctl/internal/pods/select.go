package pods

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Labels that select pods. None is to be changed.
var (
	// DNS are the labels of the pods that are a cluster's DNS server, on every distribution that follows kubeadm, in
	// manifests.CoreDNSNamespace.
	DNS = labels.Set{"k8s-app": "kube-dns"}
	// OurDNS are those of the pods of the CoreDNS that manifests install, in the same namespace.
	OurDNS = labels.Set{manifests.LabelName: manifests.CoreDNSDeployment}
	// Controller are those of the controller's, in manifests.ControllerNamespace.
	Controller = labels.Set{manifests.LabelName: manifests.ControllerDeployment}
)
