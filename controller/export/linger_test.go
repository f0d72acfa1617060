package export

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func TestAnExportThatWentWithItsServiceLingers(t *testing.T) {
	anew := service()
	anew.UID = "s2"
	leaving := service()
	leaving.DeletionTimestamp, leaving.Finalizers = &metav1.Time{Time: time.Unix(1, 0)}, []string{"foregroundDeletion"}
	tests := []struct {
		name    string
		spec    string
		service *corev1.Service // after the export is gone
		never   bool            // published
		restart bool
		want    string // the reason on its record, "" for no record
	}{
		{name: "without the Service its record stays for the grace, as one without a Service", spec: "scenario 4", want: "NoService"},
		{name: "with a Service on its way out it stays", spec: "scenario 4", service: leaving, want: "NoService"},
		{name: "with a Service that was made anew it stays until that is exported", spec: "scenario 4", service: anew, want: "NoService"},
		{name: "with the Service still there the record goes at once", spec: "scenario 48", service: service()},
		{name: "one that was never published has nothing to keep", spec: "local: there is no record", never: true},
		{name: "after a restart it stays without the Service", spec: "scenario 4", restart: true, want: "NoService"},
		{name: "after a restart it goes where there is a Service, since nothing is known of before", spec: "scenario 13", restart: true, service: service()},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r, hub, _ := newReconciler(t, interceptor.Funcs{}, serviceExport(), service())
			clock := clocktesting.NewFakePassiveClock(time.Unix(5000, 0))
			r.Source.Grace, r.Source.Clock = 10*time.Second, clock
			if !tc.never {
				turn(t, r)
			}
			for _, o := range []client.Object{serviceExport(), service()} {
				if err := r.Client.Delete(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			if tc.service != nil {
				if err := r.Client.Create(t.Context(), tc.service.DeepCopy()); err != nil {
					t.Fatal(err)
				}
				if tc.service.DeletionTimestamp != nil {
					if err := r.Client.Delete(t.Context(), tc.service.DeepCopy()); err != nil {
						t.Fatal(err)
					}
				}
			}
			if tc.restart {
				r.Source.lingering = lingering{}
			}
			result := turn(t, r)
			e, there := hub.records[web]
			if there != (tc.want != "") || e.Invalid != tc.want {
				t.Fatalf("%s: the record is there: %t, and says %q; want %q", tc.spec, there, e.Invalid, tc.want)
			}
			if !there {
				return
			}
			if !e.Claimed.Equal(claimed) {
				t.Errorf("decision 3: it claims %v, want %v", e.Claimed, claimed)
			}
			if want := (ctrl.Result{RequeueAfter: 10 * time.Second}); result != want {
				t.Errorf("the next turn is in %v, want %v", result, want)
			}
			clock.SetTime(clock.Now().Add(10 * time.Second))
			turn(t, r)
			if e, there := hub.records[web]; there {
				t.Errorf("%s: after the grace the record is still there: %+v", tc.spec, e)
			}
		})
	}
}

// A ServiceExport that is made anew is younger, whatever it replaces: KEP-1645 takes its creationTimestamp for its precedence, and every
// cluster must come to the same, also one that saw nothing of the old one.
func TestAnExportMadeAnewWithItsServiceIsYounger(t *testing.T) {
	r, hub, _ := newReconciler(t, interceptor.Funcs{}, serviceExport(), service())
	r.Source.Grace, r.Source.Clock = 10*time.Second, clocktesting.NewFakePassiveClock(time.Unix(5000, 0))
	turn(t, r)
	for _, o := range []client.Object{serviceExport(), service()} {
		if err := r.Client.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	turn(t, r)
	again, anew := serviceExport(), claimed.Add(5*time.Second)
	again.UID, again.CreationTimestamp = "e2", metav1.NewTime(anew)
	for _, o := range []client.Object{again, service()} {
		if err := r.Client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	turn(t, r)
	if e := hub.records[web]; e.Invalid != "" || !e.Claimed.Equal(anew) {
		t.Errorf("decision 3: the record says %q and claims %v, want %v", e.Invalid, e.Claimed, anew)
	}
	own, err := r.Source.Export(t.Context(), web)
	if err != nil || own == nil || !own.Claimed.Equal(anew) {
		t.Errorf("decision 3: this cluster's own view is %+v, %v; want one that claims %v", own, err, anew)
	}
}
