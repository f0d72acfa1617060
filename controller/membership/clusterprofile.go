package membership

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ProfileGroupVersion is the API group and version of [ClusterProfile].
var ProfileGroupVersion = schema.GroupVersion{Group: "multicluster.x-k8s.io", Version: "v1alpha1"}

// ClusterProfile is the part of the ClusterInventory API's object of that name which this project reads (KEP-4322). Fields
// it does not read are lost in decoding, so a ClusterProfile read here must never be written back.
//
// +kubebuilder:object:root=true
type ClusterProfile struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ClusterProfileSpec   `json:"spec,omitempty"`
	Status ClusterProfileStatus `json:"status,omitempty"`
}

// ClusterProfileList is a list of ClusterProfiles.
//
// +kubebuilder:object:root=true
type ClusterProfileList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ClusterProfile `json:"items"`
}

// ClusterProfileSpec names a cluster for people and says who manages its profile.
//
// +kubebuilder:object:generate=true
type ClusterProfileSpec struct {
	// DisplayName is for people; "" where the manager gives none.
	DisplayName string `json:"displayName,omitempty"`
	// ClusterManager is who writes the profile.
	ClusterManager ClusterManager `json:"clusterManager"`
}

// ClusterManager is who writes a profile.
//
// +kubebuilder:object:generate=true
type ClusterManager struct {
	// Name is the manager's, also found in the label x-k8s.io/cluster-manager.
	Name string `json:"name"`
}

// ClusterProfileStatus is what the manager knows of the cluster.
//
// +kubebuilder:object:generate=true
type ClusterProfileStatus struct {
	// Properties are the cluster's own statements, as its manager last read them.
	Properties []Property `json:"properties,omitempty"`
}

// Property is one name and value that a cluster states of itself (KEP-2149).
//
// +kubebuilder:object:generate=true
type Property struct {
	// Name is the property's, such as [PropertyClusterID].
	Name string `json:"name"`
	// Value is up to 1,024 bytes.
	Value string `json:"value"`
}

// AddToScheme adds ClusterProfile to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(ProfileGroupVersion, &ClusterProfile{}, &ClusterProfileList{})
	metav1.AddToGroupVersion(scheme, ProfileGroupVersion)
	return nil
}
