package membership_test

import (
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

func TestParseMark(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		want        membership.Mark
		bad         bool
	}{
		{name: "no annotation is no mark", value: ""},
		{name: "a mark", value: "8c8b4b4e/17", want: membership.Mark{Hub: "8c8b4b4e", Sequence: 17}},
		{name: "no sequence", value: "8c8b4b4e", bad: true},
		{name: "no hub", value: "/17", bad: true},
		{name: "a sequence of zero, which nobody writes", value: "8c8b4b4e/0", bad: true},
		{name: "a sequence beyond all numbers", value: "8c8b4b4e/99999999999999999999", bad: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := membership.ParseMark(tc.value)
			if got != tc.want || (err != nil) != tc.bad {
				t.Errorf("ParseMark(%q) = %v, %v", tc.value, got, err)
			}
			if err == nil && tc.value != "" && got.String() != tc.value {
				t.Errorf("String() = %q, want %q", got.String(), tc.value)
			}
		})
	}
}

func TestMarksGrow(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, tc := range []struct {
		name string
		mark membership.Mark
		want int64
	}{
		{name: "a first mark starts from the clock", want: 1000},
		{name: "a mark of an earlier run is passed by the clock", mark: membership.Mark{Hub: "h", Sequence: 400}, want: 1000},
		{name: "two marks in one second differ", mark: membership.Mark{Hub: "h", Sequence: 1000}, want: 1001},
		{name: "a clock that was set back does not lower the mark", mark: membership.Mark{Hub: "h", Sequence: 5000}, want: 5001},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, want := tc.mark.Next("h", now), (membership.Mark{Hub: "h", Sequence: tc.want}); got != want {
				t.Errorf("Next = %v, want %v", got, want)
			}
		})
	}
}

func TestWhatALeaseSays(t *testing.T) {
	const spec = "Kubernetes API, LeaseSpec: holderIdentity and renewTime are optional"
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name        string
		spec        string
		lease       *coordinationv1.Lease
		wantHolder  string
		wantRenewed time.Time
	}{
		{"no Lease says nothing", spec, nil, "", time.Time{}},
		{"a Lease that nobody holds says nothing", spec, &coordinationv1.Lease{}, "", time.Time{}},
		{"a Lease that is held says by whom and since when", spec, &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{
			HolderIdentity: ptr.To("8c8b4b4e"), RenewTime: ptr.To(metav1.NewMicroTime(noon)),
		}}, "8c8b4b4e", noon},
	} {
		t.Run(tc.name, func(t *testing.T) {
			holder, renewed := membership.Holder(tc.lease), membership.Renewed(tc.lease)
			if holder != tc.wantHolder || !renewed.Equal(tc.wantRenewed) {
				t.Errorf("held by %q, renewed %v; want %q, %v", holder, renewed, tc.wantHolder, tc.wantRenewed)
			}
		})
	}
}
