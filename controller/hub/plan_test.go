package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var key = types.NamespacedName{Namespace: "shop", Name: "web"}

// export returns an export with slices of the given names.
func export(slices ...string) mcs.Export {
	e := mcs.Export{
		Key: key, Claimed: time.Unix(1000, 0).UTC(), Type: mcsv1beta1.ClusterSetIP,
		Ports:      []mcs.Port{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
		IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
	}
	for _, name := range slices {
		e.Slices = append(e.Slices, mcs.Slice{
			Name: name, AddressType: discoveryv1.AddressTypeIPv4,
			Endpoints: []mcs.Endpoint{{Addresses: []string{"10.1.0.1"}}},
		})
	}
	return e
}

// onHub returns the records of an export as they are on the hub after it was published.
func onHub(e mcs.Export) (*entry[serviceRecord], map[types.NamespacedName]entry[sliceRecord]) {
	held := map[types.NamespacedName]entry[sliceRecord]{}
	if e.Invalid == "" {
		for _, s := range e.Slices {
			object := sliceObject("home", e.Key, s)
			held[types.NamespacedName{Namespace: "home", Name: object.Name}] = entry[sliceRecord]{
				uid: "uid-" + types.UID(s.Name), version: "7", record: readSlice(object)}
		}
	}
	return &entry[serviceRecord]{uid: "uid", version: "7", record: readService(serviceObject("home", e))}, held
}

// told renders steps as text: the operation and "service" or the slice's source.
func told(e mcs.Export, steps []step) string {
	sources := map[string]string{mcs.RecordName(e.Key): "service"}
	for _, name := range []string{"x", "y", "z"} {
		sources[mcs.RecordSliceName(e.Key, name)] = name
	}
	var text []string
	for _, s := range steps {
		text = append(text, fmt.Sprintf("%s %s", s.operation, sources[s.object.GetName()]))
	}
	return strings.Join(text, ", ")
}

func TestPlan(t *testing.T) {
	with := func(e mcs.Export, edit func(*mcs.Export)) mcs.Export {
		edit(&e)
		return e
	}
	for _, tc := range []struct {
		name, spec string
		on         *mcs.Export // what is on the hub; nil is nothing
		want       mcs.Export
		steps      string
	}{
		{name: "a new export is seen with its endpoints", spec: "local: readers never see a service without them",
			want: export("x", "y"), steps: "create x, create y, create service"},
		{name: "nothing has changed", spec: "decision 7: compare before write", on: ptr.To(export("x")), want: export("x")},
		{name: "one pod has changed", spec: "decision 5: one pod change rewrites one slice", on: ptr.To(export("x", "y")),
			want: with(export("x", "y"), func(e *mcs.Export) { e.Slices[1].Endpoints[0].Ready = ptr.To(false) }), steps: "update y"},
		{name: "endpoints have moved to another slice", spec: "local: no moment without them", on: ptr.To(export("x")),
			want: export("y"), steps: "create y, delete x"},
		{name: "only the time of the change is another", spec: "local: it serves measurement only", on: ptr.To(export("x")),
			want: with(export("x"), func(e *mcs.Export) { e.Slices[0].Triggered = time.Unix(9, 0) })},
		{name: "an empty list and none are one thing", spec: "decision 7", on: ptr.To(export("x")),
			want: with(export("x"), func(e *mcs.Export) {
				e.Labels = map[string]string{}
				e.Slices[0].Ports = []mcs.SlicePort{}
			})},
		{name: "a protocol that is not said is TCP", spec: "Service API", on: ptr.To(export("x")),
			want: with(export("x"), func(e *mcs.Export) { e.Ports = []mcs.Port{{Name: "http", Port: 80}} })},
		{name: "a property has changed", spec: "decision 7", on: ptr.To(export("x")),
			want: with(export("x"), func(e *mcs.Export) { e.Type = mcsv1beta1.Headless }), steps: "update service"},
		{name: "an export that became invalid is marked before it loses its slices", spec: "decision 3",
			on: ptr.To(export("x")), want: with(export("x"), func(e *mcs.Export) { e.Invalid = "NoService" }), steps: "update service, delete x"},
		{name: "an export that became valid has its slices first", spec: "decision 3",
			on:   ptr.To(with(export(), func(e *mcs.Export) { e.Invalid = "NoService" })),
			want: export("x"), steps: "create x, update service"},
		{name: "a later claimed time is a change", spec: "decision 3: the claimed time may only grow", on: ptr.To(export("x")),
			want: with(export("x"), func(e *mcs.Export) { e.Claimed = time.Unix(2000, 0) }), steps: "update service"},
		{name: "an earlier claimed time needs another record", spec: "decision 3: the claimed time may only grow", on: ptr.To(export("x")),
			want: with(export("x"), func(e *mcs.Export) { e.Claimed = time.Unix(500, 0) }), steps: "delete service, create service"},
		{name: "a slice of the same name and another family needs another record", spec: "EndpointSlice API: addressType is immutable",
			on: ptr.To(export("x")), want: with(export("x"), func(e *mcs.Export) {
				e.Slices[0].AddressType, e.Slices[0].Endpoints[0].Addresses = discoveryv1.AddressTypeIPv6, []string{"fd10::1"}
			}), steps: "delete x, create x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var service *entry[serviceRecord]
			var held map[types.NamespacedName]entry[sliceRecord]
			if tc.on != nil {
				service, held = onHub(*tc.on)
			}
			if got := told(tc.want, plan("home", tc.want, service, held)); got != tc.steps {
				t.Errorf("steps are %q, want %q", got, tc.steps)
			}
		})
	}
}

func TestAWithdrawalTakesTheServiceFirst(t *testing.T) {
	e := export("y", "x")
	service, held := onHub(e)
	steps := planWithdrawal(service, types.NamespacedName{Namespace: "home", Name: mcs.RecordName(key)}, held)
	got := told(e, steps)
	if !strings.HasPrefix(got, "delete service, delete ") || len(steps) != 3 {
		t.Errorf("steps are %q", got)
	}
	for _, s := range steps {
		if s.object.GetUID() == "" {
			t.Errorf("%s may delete another object than was meant: it names no UID", s.object.GetName())
		}
	}
	if steps := planWithdrawal(nil, types.NamespacedName{}, nil); len(steps) != 0 {
		t.Errorf("withdrawing nothing takes %v", steps)
	}
}

// Whatever is published, reading it back gives the same export, and publishing that again needs no write.
func TestARecordKeepsEverything(t *testing.T) {
	text := func(t *rapid.T, name string) string { return rapid.StringMatching(`[a-z]{0,5}`).Draw(t, name) }
	optional := func(t *rapid.T, name string) *bool {
		return rapid.SampledFrom([]*bool{nil, ptr.To(true), ptr.To(false)}).Draw(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := export()
		e.SessionAffinity = rapid.SampledFrom([]corev1.ServiceAffinity{"", "None", "ClientIP"}).Draw(t, "affinity")
		if e.SessionAffinity == "ClientIP" && rapid.Bool().Draw(t, "timeout") {
			e.AffinityTimeout = ptr.To(int32(rapid.IntRange(1, 86400).Draw(t, "seconds")))
		}
		if rapid.Bool().Draw(t, "policy") {
			e.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicyLocal)
		}
		if rapid.Bool().Draw(t, "distribution") {
			e.TrafficDistribution = ptr.To(text(t, "distribution is"))
		}
		e.Labels = rapid.MapOf(rapid.StringMatching(`[a-z]{1,5}`), rapid.StringMatching(`[a-z]{0,5}`)).Draw(t, "labels")
		for range rapid.IntRange(0, 3).Draw(t, "slices") {
			s := mcs.Slice{Name: rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "slice"), AddressType: discoveryv1.AddressTypeIPv4,
				Triggered: time.UnixMicro(rapid.Int64Range(1, 1<<50).Draw(t, "triggered")).UTC()}
			for range rapid.IntRange(0, 3).Draw(t, "endpoints") {
				s.Endpoints = append(s.Endpoints, mcs.Endpoint{
					Addresses: []string{"10.0.0.1"}, Hostname: text(t, "hostname"), Zone: text(t, "zone"),
					Ready: optional(t, "ready"), Serving: optional(t, "serving"), Terminating: optional(t, "terminating"),
				})
			}
			s.Ports = append(s.Ports, mcs.SlicePort{Name: text(t, "port"), Protocol: corev1.ProtocolUDP, AppProtocol: ptr.To(text(t, "app"))})
			e.Slices = append(e.Slices, s)
		}
		service, _ := onHub(e)
		got := service.record.export
		for _, s := range e.Slices {
			got.Slices = append(got.Slices, readSlice(sliceObject("home", e.Key, s)).slice)
		}
		got.Recorded = e.Recorded
		if !same.DeepEqual(e, got) {
			t.Fatalf("the export differs (-want +got):\n%s", cmp.Diff(e, got))
		}
	})
}
