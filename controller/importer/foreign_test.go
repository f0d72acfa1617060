package importer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// imports returns the ServiceImport of web.
func (b *bench) imports(t *testing.T) *mcsv1beta1.ServiceImport {
	t.Helper()
	var si mcsv1beta1.ServiceImport
	if err := b.client.Get(t.Context(), web, &si); err != nil {
		t.Fatal(err)
	}
	return &si
}

func (b *bench) wantReady(t *testing.T, spec, want string) {
	t.Helper()
	c := meta.FindStatusCondition(b.imports(t).Status.Conditions, "Ready")
	if c == nil || string(c.Status)+"/"+c.Reason+": "+c.Message != want {
		t.Errorf("%s: Ready is %+v, want %q", spec, c, want)
	}
}

// saw returns the Events so far.
func (b *bench) saw() string {
	var all []string
	for len(b.events.Events) > 0 {
		all = append(all, <-b.events.Events)
	}
	return strings.Join(all, "\n")
}

func TestWhatSomebodyElseMadeIsLeftAlone(t *testing.T) {
	derivedName, sliceName := mcs.DerivedServiceName(web), mcs.SliceName("b", web, "web-x1")
	tests := []struct {
		name      string
		spec      string
		theirs    client.Object
		want      []string
		wantReady string
		wantEvent string
	}{
		{name: "a ServiceImport", spec: "rules: objects that are not ours",
			theirs:    &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}, Spec: mcsv1beta1.ServiceImportSpec{Type: mcsv1beta1.Headless}},
			wantEvent: "Warning NotManaged The service is exported by other clusters, but this ServiceImport is not managed by this controller and is left as it is."},
		{name: "a Service of the derived name", spec: "scenario 35",
			theirs:    &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: derivedName}, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "mine"}}},
			want:      []string{"create *v1.EndpointSlice", "create *v1beta1.ServiceImport", "status *v1beta1.ServiceImport"},
			wantReady: `False/Pending: Service "` + derivedName + `", which would hold the IP, exists and is not managed by this controller.`,
			wantEvent: "Warning NotManaged Service"},
		{name: "an EndpointSlice of an imported one's name", spec: "rules: objects that are not ours",
			theirs:    &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: sliceName}, AddressType: discoveryv1.AddressTypeIPv4},
			want:      []string{"create *v1.Service", "create *v1beta1.ServiceImport", "status *v1beta1.ServiceImport"},
			wantReady: `False/Pending: EndpointSlice "` + sliceName + `" exists and is not managed by this controller.`,
			wantEvent: "Warning NotManaged EndpointSlice"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, tc.theirs)
			b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
			wantWrites(t, tc.spec, tc.want, b.turn(t))
			wantWrites(t, tc.spec+": once more", nil, b.turn(t))
			if tc.wantReady != "" {
				b.wantReady(t, tc.spec, tc.wantReady)
			}
			if got := b.saw(); !strings.HasPrefix(got, tc.wantEvent) || strings.Count(got, "\n") != 0 {
				t.Errorf("%s: Events are %q, want one that begins %q", tc.spec, got, tc.wantEvent)
			}
			// Without exports theirs stays, too.
			b.world.others, b.world.published = nil, map[mcs.ClusterID]bool{"b": true}
			b.turn(t)
			there, ok := tc.theirs.DeepCopyObject().(client.Object)
			if !ok {
				t.Fatalf("%T is no object", tc.theirs)
			}
			if err := b.client.Get(t.Context(), client.ObjectKeyFromObject(tc.theirs), there); err != nil {
				t.Errorf("%s: %v", tc.spec, err)
			}
		})
	}
}

func TestSlicesNeverJoinAServiceOfSomebodyElse(t *testing.T) {
	b := newBench(t, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: mcs.DerivedServiceName(web)}})
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
	b.turn(t)
	var s discoveryv1.EndpointSlice
	if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: mcs.SliceName("b", web, "web-x1")}, &s); err != nil {
		t.Fatal(err)
	}
	if service := s.Labels[discoveryv1.LabelServiceName]; service != mcs.NoService {
		t.Errorf("scenario 35: the slice belongs to Service %q", service)
	}
}

func TestDerivedServiceComesBackWithItsIP(t *testing.T) {
	other := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "other"}, Spec: corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.99"}}}
	tests := []struct {
		name      string
		refused   bool
		theirs    []client.Object
		after     int64 // seconds
		want      string
		wantEvent string
	}{
		{name: "if it is free", want: "10.96.0.99"},
		{name: "at once with another if a Service has it, which the ServiceImport follows", refused: true, theirs: []client.Object{other}, want: "10.96.0.7",
			wantEvent: "Warning IPChanged The IPs [10.96.0.99] were not to be had any more: the service now has [10.96.0.7]."},
		{name: "not with another while the API server has yet to release it", refused: true},
		{name: "with another if that takes too long", refused: true, after: 6, want: "10.96.0.7",
			wantEvent: "Warning IPChanged The IPs [10.96.0.99] were not to be had any more: the service now has [10.96.0.7]."},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			imp := mcs.Merge([]mcs.Export{export("b", 1, "10.2.0.1")})
			si := newImport(imp, web, ipv4, holder{name: mcs.DerivedServiceName(web), ips: []string{"10.96.0.99"}})
			b := newBench(t, append(tc.theirs, si)...)
			b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
			b.broken = func(verb string, o runtime.Object) error {
				if s, ok := o.(*corev1.Service); ok && tc.refused && verb == "create" && s.Spec.ClusterIP != "" {
					return apierrors.NewInvalid(schema.GroupKind{Kind: "Service"}, s.Name, nil)
				}
				return nil
			}
			b.turn(t)
			if tc.after > 0 {
				b.clock.SetTime(time.Unix(1000+tc.after, 0))
				b.turn(t)
			}
			want := tc.want
			if want == "" {
				want = "10.96.0.99" // The ServiceImport forgets nothing.
			}
			if diff := cmp.Diff([]string{want}, b.imports(t).Spec.IPs); diff != "" {
				t.Errorf("scenario 34: ips (-want +got):\n%s", diff)
			}
			var s corev1.Service
			err := b.client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: mcs.DerivedServiceName(web)}, &s)
			if s.Spec.ClusterIP != tc.want {
				t.Errorf("scenario 34: the Service has %q (%v), want %q", s.Spec.ClusterIP, err, tc.want)
			}
			if got := b.saw(); got != tc.wantEvent {
				t.Errorf("scenario 34: Events are %q, want %q", got, tc.wantEvent)
			}
		})
	}
}

func TestServiceThatCannotBeWrittenForgetsNoIP(t *testing.T) {
	imp := mcs.Merge([]mcs.Export{export("b", 1, "10.2.0.1")})
	b := newBench(t, newImport(imp, web, ipv4, holder{name: mcs.DerivedServiceName(web), ips: []string{"10.96.0.99"}}))
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1", "10.2.0.2")}
	quota := apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "derived", errors.New("exceeded quota"))
	b.broken = func(verb string, o runtime.Object) error {
		if _, ok := o.(*corev1.Service); ok && verb == "create" {
			return quota
		}
		return nil
	}
	if _, err := b.Reconcile(t.Context(), ctrl.Request{NamespacedName: web}); !apierrors.IsForbidden(err) {
		t.Fatalf("got %v, want %v", err, quota)
	}
	if diff := cmp.Diff([]string{"10.96.0.99"}, b.imports(t).Spec.IPs); diff != "" {
		t.Errorf("decision 4: ips (-want +got):\n%s", diff)
	}
	wantWrites(t, "the slices are written all the same", []string{"create *v1.EndpointSlice", "status *v1beta1.ServiceImport"}, b.writes)
	b.wantReady(t, "decision 4", `False/Pending: The Service that holds the IP was not written: services "derived" is forbidden: exceeded quota`)
}

func TestNamespaceThatCannotHoldObjectsHasNoImportAndNoError(t *testing.T) {
	leaving := metav1.Now()
	for name, namespace := range map[string]*corev1.Namespace{
		"missing":        {ObjectMeta: metav1.ObjectMeta{Name: "elsewhere"}},
		"on its way out": {ObjectMeta: metav1.ObjectMeta{Name: "shop", DeletionTimestamp: &leaving, Finalizers: []string{"kubernetes"}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
			there := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Finalizers: namespace.Finalizers}}
			if err := b.client.Update(t.Context(), there); err != nil {
				t.Fatal(err)
			}
			if err := b.client.Delete(t.Context(), there); err != nil {
				t.Fatal(err)
			}
			wantWrites(t, "scenario 32", nil, b.turn(t))
		})
	}
}

func TestOverlappingAddressIsSaidOnce(t *testing.T) {
	b := newBench(t)
	own := export("a", 1, "10.1.0.1")
	b.world.own, b.world.others = &own, []mcs.Export{export("b", 2, "10.1.0.1", "10.2.0.1")}
	b.turn(t)
	b.turn(t)
	want := "Warning OverlappingAddress 1 addresses are endpoints of more than one cluster, such as 10.1.0.1 of [a b]: the clusters' pod networks overlap."
	if got := b.saw(); got != want {
		t.Errorf("rules: overlapping pod CIDRs: Events are %q, want %q", got, want)
	}
}

func TestSliceWithoutItsLabelsIsRepaired(t *testing.T) {
	b := newBench(t)
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
	b.turn(t)
	b.turn(t) // which sees what the one before has written
	var s discoveryv1.EndpointSlice
	if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: mcs.SliceName("b", web, "web-x1")}, &s); err != nil {
		t.Fatal(err)
	}
	delete(s.Labels, mcsv1beta1.LabelServiceName)
	if err := b.client.Update(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	wantWrites(t, "scenario 34", []string{"update *v1.EndpointSlice"}, b.turn(t))
	wantWrites(t, "scenario 34: once more", nil, b.turn(t))
}
