package importer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestSliceOfAnImport(t *testing.T) {
	e := export("b", 1)
	e.TrafficDistribution = new(corev1.ServiceTrafficDistributionPreferClose)
	e.Slices[0].Triggered = time.Date(2026, 11, 22, 8, 0, 0, 123456789, time.UTC)
	e.Slices[0].Endpoints = []mcs.Endpoint{
		{Addresses: []string{"10.2.0.1"}, Hostname: "web-0", Zone: "z1", Ready: new(false), Serving: new(true), Terminating: new(true)},
		{Addresses: []string{"10.2.0.2"}},
	}
	imp := mcs.Merge([]mcs.Export{e})
	want := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: mcs.SliceName("b", web, "web-x1"),
			Labels: map[string]string{
				"multicluster.kubernetes.io/service-name":   "web",
				"multicluster.kubernetes.io/source-cluster": "b",
				"endpointslice.kubernetes.io/managed-by":    "mcs-controller.multicluster-dns.github.io",
				"kubernetes.io/service-name":                "derived-x",
			},
			Annotations: map[string]string{
				"multicluster-dns.github.io/source-slice":          "web-x1",
				"endpoints.kubernetes.io/last-change-trigger-time": "2026-11-22T08:00:00.123456789Z",
			},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{
			{
				Addresses: []string{"10.2.0.1"}, Hostname: new("web-0"), Zone: new("z1"),
				Conditions: discoveryv1.EndpointConditions{Ready: new(false), Serving: new(true), Terminating: new(true)},
				Hints:      &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "z1"}}},
			},
			{Addresses: []string{"10.2.0.2"}},
		},
		Ports: []discoveryv1.EndpointPort{{Name: new("http"), Protocol: new(corev1.ProtocolTCP), Port: new(int32(8080))}},
	}
	if diff := cmp.Diff([]*discoveryv1.EndpointSlice{want}, slicesOf(imp, web, "derived-x")); diff != "" {
		t.Errorf("scenarios 12, 38 and 42: the slice (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(imp.Slices[0], fromSlice(want)); diff != "" {
		t.Errorf("decision 5: reading it back (-want +got):\n%s", diff)
	}
}

func TestHeadlessSliceBelongsToNoService(t *testing.T) {
	got := slicesOf(mcs.Merge([]mcs.Export{export("b", 1)}), web, "")[0].Labels
	service := got[discoveryv1.LabelServiceName]
	if len(validation.IsDNS1123Label(service)) == 0 {
		t.Errorf("decision 4: a Service may be called %q, which the slices name as theirs", service)
	}
	if problems := validation.IsDNS1123Subdomain(service); len(problems) > 0 {
		t.Errorf("local, CoreDNS puts it into PTR records: %q: %v", service, problems)
	}
	if _, found := got[corev1.IsHeadlessService]; !found {
		t.Errorf("local, a proxy complains of slices it cannot place: labels are %v", got)
	}
}

func TestPlanSlices(t *testing.T) {
	imp := mcs.Merge([]mcs.Export{export("a", 1, "10.1.0.1"), export("b", 2, "10.2.0.1")})
	wanted := func() []*discoveryv1.EndpointSlice { return slicesOf(imp, web, "derived-x") }
	nameA, nameB := mcs.SliceName("a", web, "web-x1"), mcs.SliceName("b", web, "web-x1")
	tests := []struct {
		name    string
		spec    string
		change  func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice
		foreign []string
		want    map[string][]string
	}{
		{name: "what is as it should be is not written", spec: "scenario 46",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice { return there }, want: map[string][]string{}},
		{name: "what is missing is created", spec: "scenario 34",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice { return there[:1] },
			want:   map[string][]string{"create": {nameB}}},
		{name: "one changed endpoint is one update", spec: "decision 5",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice {
				there[1].Endpoints[0].Addresses = []string{"10.2.0.9"}
				return there
			}, want: map[string][]string{"update": {nameB}}},
		{name: "a changed label is put back", spec: "scenario 34",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice {
				there[0].Labels[discoveryv1.LabelServiceName] = "mine"
				return there
			}, want: map[string][]string{"update": {nameA}}},
		{name: "a label that hides a slice from proxies is taken off", spec: "scenario 34",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice {
				there[0].Labels[corev1.IsHeadlessService] = ""
				return there
			}, want: map[string][]string{"update": {nameA}}},
		{name: "somebody's further label stays", spec: "local: it changes nothing",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice {
				there[0].Labels["team"] = "pay"
				return there
			}, want: map[string][]string{}},
		{name: "what is no longer exported is removed", spec: "scenario 48",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice {
				left := *there[0].DeepCopy()
				left.Name = "left"
				return append(there, left)
			}, want: map[string][]string{"remove": {"left"}}},
		{name: "another address type is another object", spec: "local: it never changes",
			change: func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice {
				there[0].AddressType = discoveryv1.AddressTypeIPv6
				return there
			}, want: map[string][]string{"remove": {nameA}}},
		{name: "a name that is somebody else's is left alone", spec: "rules: objects that are not ours",
			change:  func(there []discoveryv1.EndpointSlice) []discoveryv1.EndpointSlice { return there[1:] },
			foreign: []string{nameA}, want: map[string][]string{}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var there []discoveryv1.EndpointSlice
			for _, s := range wanted() {
				there = append(there, *s.DeepCopy())
			}
			plan := planSlices(tc.change(there), wanted(), tc.foreign)
			got := map[string][]string{}
			for op, slices := range map[string][]*discoveryv1.EndpointSlice{"create": plan.create, "update": plan.update, "remove": plan.remove} {
				for _, s := range slices {
					got[op] = append(got[op], s.Name)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: writes (-want +got):\n%s", tc.spec, diff)
			}
		})
	}
}

func TestTypeFlipTakesTheServiceLabelOff(t *testing.T) {
	imp := mcs.Merge([]mcs.Export{export("b", 1, "10.2.0.1")})
	there := []discoveryv1.EndpointSlice{*slicesOf(imp, web, "derived-x")[0]}
	plan := planSlices(there, slicesOf(imp, web, ""), nil)
	if len(plan.update) != 1 {
		t.Fatalf("scenario 25: plan is %+v", plan)
	}
	if diff := cmp.Diff(slicesOf(imp, web, "")[0].Labels, plan.update[0].Labels); diff != "" {
		t.Errorf("scenario 25: labels (-want +got):\n%s", diff)
	}
}

// The metric of propagation reads the time from the slice that was written.
func TestAChangeOfUnknownTimeDoesNotBearTheTimeOfTheOneBefore(t *testing.T) {
	timed := export("b", 1, "10.2.0.1")
	timed.Slices[0].Triggered = time.Unix(1000, 0)
	have := slicesOf(mcs.Merge([]mcs.Export{timed}), web, "")[0]
	same := export("b", 1, "10.2.0.1")
	if next := sliceWith(have, slicesOf(mcs.Merge([]mcs.Export{same}), web, "")[0]); next != nil {
		t.Errorf("for the time alone the slice is written: %v", next)
	}
	changed := export("b", 1, "10.2.0.2")
	next := sliceWith(have, slicesOf(mcs.Merge([]mcs.Export{changed}), web, "")[0])
	if next == nil {
		t.Fatal("the changed slice is not written")
	}
	if at, stated := next.Annotations[corev1.EndpointsLastChangeTriggerTime]; stated {
		t.Errorf("the changed slice bears the time %q of the change before", at)
	}
}
