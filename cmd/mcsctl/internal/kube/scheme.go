package kube

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// scheme knows the kinds that commands read and write typed; others go as unstructured.
var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(apiextensionsv1.AddToScheme(s))
	utilruntime.Must(mcsv1beta1.Install(s))
	utilruntime.Must(hubv1alpha1.AddToScheme(s))
	utilruntime.Must(membership.AddToScheme(s))
	return s
}()
