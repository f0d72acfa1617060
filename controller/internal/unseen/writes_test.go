package unseen

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var turn = types.NamespacedName{Namespace: "shop", Name: "web"}

func service(uid, version string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: types.UID(uid), ResourceVersion: version}}
}

func leaving(s *corev1.Service) *corev1.Service {
	s.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	return s
}

func TestLeft(t *testing.T) {
	tests := []struct {
		name    string
		wrote   []client.Object
		deleted []client.Object
		shown   []client.Object
		want    time.Duration
	}{
		{name: "nothing written is nothing to wait for", shown: []client.Object{service("u1", "5")}},
		{name: "an object that is not there yet is waited for", wrote: []client.Object{service("u1", "5")}, want: patience},
		{name: "an object that is there in an older form is waited for", wrote: []client.Object{service("u1", "10")}, shown: []client.Object{service("u1", "9")}, want: patience},
		{name: "an object that is there as written is seen", wrote: []client.Object{service("u1", "10")}, shown: []client.Object{service("u1", "10")}},
		{name: "an object that somebody has changed since is seen", wrote: []client.Object{service("u1", "10")}, shown: []client.Object{service("u1", "11")}},
		{name: "an object that was made anew since is seen", wrote: []client.Object{service("u1", "10")}, shown: []client.Object{service("u2", "11")}},
		{name: "an object that was deleted and is still there is waited for", deleted: []client.Object{service("u1", "5")}, shown: []client.Object{service("u1", "5")}, want: patience},
		{name: "an object that was deleted and is not there is seen to be gone", deleted: []client.Object{service("u1", "5")}},
		{name: "an object that was deleted and waits for a finalizer is seen to be going", deleted: []client.Object{service("u1", "5")}, shown: []client.Object{leaving(service("u1", "6"))}},
		{name: "an object that was deleted and made anew is seen", deleted: []client.Object{service("u1", "5")}, shown: []client.Object{service("u2", "7")}},
		{
			name:  "objects of one name and several kinds are told apart",
			wrote: []client.Object{service("u1", "5")},
			shown: []client.Object{&discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "web", ResourceVersion: "9"}}},
			want:  patience,
		},
		{name: "versions that cannot be compared are not waited for", wrote: []client.Object{service("u1", "new")}, shown: []client.Object{service("u1", "old")}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			now := clocktesting.NewFakePassiveClock(time.Unix(1000, 0))
			var w Writes
			for _, o := range tc.wrote {
				w.Wrote(turn, o, now)
			}
			for _, o := range tc.deleted {
				w.Deleted(turn, o, now)
			}
			if got := w.Left(turn, tc.shown, now); got != tc.want {
				t.Errorf("left to wait: %v, want %v", got, tc.want)
			}
			if got := w.Left(types.NamespacedName{Namespace: "shop", Name: "other"}, nil, now); got != 0 {
				t.Errorf("another turn waits %v for it", got)
			}
		})
	}
}

func TestLeftEnds(t *testing.T) {
	now := clocktesting.NewFakePassiveClock(time.Unix(1000, 0))
	var w Writes
	w.Wrote(turn, service("u1", "5"), now)
	now.SetTime(now.Now().Add(patience / 4))
	if got, want := w.Left(turn, nil, now), patience*3/4; got != want {
		t.Errorf("after a quarter of the time %v is left, want %v", got, want)
	}
	now.SetTime(now.Now().Add(patience))
	if got := w.Left(turn, nil, now); got != 0 {
		t.Errorf("an object that never shows up is waited for %v more", got)
	}
	if len(w.of) != 0 {
		t.Errorf("what is waited for no longer is remembered: %v", w.of)
	}
}
