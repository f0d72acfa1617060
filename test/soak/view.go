package main

import (
	"cmp"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// view is what matters of all objects of one name in one cluster, in words as far as they can be compared. The zero value says that there is none.
type view struct {
	Import  *importView
	Derived *derivedView
	Slices  map[string]sliceView // by name
	Export  string               // the conditions of the ServiceExport, "" without one
}

// importView is what matters of a ServiceImport.
type importView struct {
	Type                string
	Ports               []string
	IPFamilies          []corev1.IPFamily
	IPs                 []string
	Affinity            string
	Policy              string
	Distribution        string
	Labels, Annotations map[string]string
	Clusters            []string
	Ready               string
}

// derivedView is what matters of a derived Service.
type derivedView struct {
	Ports            []string
	Affinity, Policy string
}

// sliceView is what matters of an imported EndpointSlice.
type sliceView struct {
	Cluster   string
	Source    string
	Service   string // the derived Service it is labelled with
	Type      discoveryv1.AddressType
	Ports     []string
	Endpoints []string
}

func portText(name string, protocol corev1.Protocol, port int32, app *string) string {
	return fmt.Sprintf("%s %d/%s %s", name, port, cmp.Or(protocol, corev1.ProtocolTCP), ptr.Deref(app, ""))
}

func affinityText(affinity corev1.ServiceAffinity, timeout *int32) string {
	return fmt.Sprint(affinity, " ", ptr.Deref(timeout, 0))
}

func endpointText(addresses []string, ready, serving, terminating *bool, hostname, zone string, hints *discoveryv1.EndpointHints) string {
	text := fmt.Sprint(addresses, " ready=", said(ready), " serving=", said(serving), " terminating=", said(terminating), " hostname=", hostname, " zone=", zone)
	if hints != nil {
		for _, z := range hints.ForZones {
			text += " hint=" + z.Name
		}
	}
	return text
}

func said(b *bool) string {
	if b == nil {
		return "unset"
	}
	return fmt.Sprint(*b)
}

func conditionText(c metav1.Condition) string {
	return fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason)
}

// without returns a map without a key, nil if nothing is left, so that it compares with one that never had it.
func without(m map[string]string, key string) map[string]string {
	m = maps.Clone(m)
	delete(m, key)
	if len(m) == 0 {
		return nil
	}
	return m
}

// affinityTimeout is the one that a Service or a ServiceImport states.
func affinityTimeout(config *corev1.SessionAffinityConfig) *int32 {
	if config == nil || config.ClientIP == nil {
		return nil
	}
	return config.ClientIP.TimeoutSeconds
}

// readyExport is the Ready condition of a ServiceExport that is on the hub, valid or not.
func readyExport(invalid bool) metav1.Condition {
	if invalid {
		return mcs.ExportPendingCondition("", 0)
	}
	return mcs.ExportedCondition(0)
}

// conditionsIn are the conditions of those kinds in text.
func conditionsIn(conditions []metav1.Condition, generation int64, kinds ...mcsv1beta1.ServiceExportConditionType) string {
	text := ""
	for _, kind := range kinds {
		for _, c := range conditions {
			if c.Type != string(kind) {
				continue
			}
			text += conditionText(c) + " "
			if c.ObservedGeneration != generation {
				text += fmt.Sprintf("(of generation %d, not %d) ", c.ObservedGeneration, generation)
			}
		}
	}
	return text
}
