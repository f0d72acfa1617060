package main

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestTrimmedSliceKeepsWhatIsRead(t *testing.T) {
	full := func() *discoveryv1.EndpointSlice {
		return &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{{}}, Labels: map[string]string{}},
			Endpoints: []discoveryv1.Endpoint{{
				Addresses: []string{"10.1.0.1"}, Zone: new("z"), NodeName: new("n"), Hints: &discoveryv1.EndpointHints{}, TargetRef: &corev1.ObjectReference{Name: "web-0"},
			}},
		}
	}
	var k known
	trim := then(trimSlice, k.trimmed)
	got, err := trim(full())
	want := full()
	want.ManagedFields, want.Endpoints[0].TargetRef, want.Endpoints[0].Hints = nil, nil, nil
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("a slice of this cluster (-want +got):\n%s%v", diff, err)
	}
	ours := full()
	ours.Labels[discoveryv1.LabelManagedBy] = mcs.ManagedBy
	want = ours.DeepCopy()
	want.ManagedFields = nil
	if got, err = trim(ours); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("scenario 34, an imported slice (-want +got):\n%s%v", cmp.Diff(want, got), err)
	}
}

func TestTrimmedServiceKeepsAllButTheCopyOfItself(t *testing.T) {
	const applied = corev1.LastAppliedConfigAnnotation
	service := func(labels map[string]string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{
			ManagedFields: []metav1.ManagedFieldsEntry{{}}, Labels: labels,
			Annotations: map[string]string{applied: "{}", "example.org/contact": "payments"},
		}}
	}
	var k known
	trim := then(trimApplied, k.trimmed)
	for _, tc := range []struct {
		name   string
		labels map[string]string
		want   map[string]string
	}{
		{"a user's Service", map[string]string{"team": "payments"}, map[string]string{"example.org/contact": "payments"}},
		{"ours, which is written back whole", map[string]string{mcs.LabelManagedBy: mcs.ManagedBy},
			map[string]string{applied: "{}", "example.org/contact": "payments"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := trim(service(tc.labels))
			want := service(tc.labels)
			want.ManagedFields, want.Annotations = nil, tc.want
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("trimmed (-want +got):\n%s%v", diff, err)
			}
		})
	}
	if got, err := trim("a tombstone"); got != "a tombstone" || err != nil {
		t.Errorf("what is no object became %v, %v", got, err)
	}
}

func TestKnownTextsAreKeptOnceAndWithinBounds(t *testing.T) {
	var k known
	text := func(s string) string { return string([]byte(s)) } // made anew each time
	once, again := k.of(text("team")), k.of(text("team"))
	if unsafe.StringData(once) != unsafe.StringData(again) {
		t.Error("a text that is known is kept twice")
	}
	long := strings.Repeat("x", maxKnownLength+1)
	if k.of(long) != long || len(k.texts) != 1 {
		t.Error("a long text is kept, or is another now")
	}
	for i := range 2 * maxKnown {
		if s := strconv.Itoa(i); k.of(s) != s {
			t.Fatalf("%q became another text", s)
		}
	}
	if len(k.texts) != maxKnown {
		t.Errorf("%d texts are kept, want %d", len(k.texts), maxKnown)
	}
	m := map[string]string{"team": "payments", mcs.LabelManagedBy: mcs.ManagedBy}
	if diff := cmp.Diff(m, k.ofMap(m)); diff != "" {
		t.Errorf("a map of known texts (-want +got):\n%s", diff)
	}
	if k.ofMap(nil) != nil {
		t.Error("no labels became some")
	}
}
