package membership_test

import (
	"testing"
	"time"

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
