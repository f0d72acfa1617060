package importer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestSilentMembersAreTold(t *testing.T) {
	a, b := export("a", 1, "10.1.0.1"), export("b", 2, "10.2.0.1")
	silent := []mcs.ClusterID{"b"}
	tests := []struct {
		name   string
		spec   string
		own    *mcs.Export
		silent func(*world)
		want   string // of the Events after the member fell silent
	}{
		{
			name: "a stale member whose endpoints step back", spec: "Events: MemberStale", own: &a, silent: func(w *world) { w.stale = silent },
			want: "Warning MemberStale Members that export the service have fallen silent: b. Until they are heard again, their endpoints are not ready, because other members can serve.",
		},
		{
			name: "a stale member whose endpoints are all there is", spec: "Events: MemberStale", silent: func(w *world) { w.stale = silent },
			want: "Warning MemberStale Members that export the service have fallen silent: b. Until they are heard again, their endpoints stay as they last were, because no other member has a ready one.",
		},
		{
			name: "a forgotten member of an import that stays", spec: "Events: MemberForgotten", own: &a,
			silent: func(w *world) {
				w.others, w.forgotten, w.published = nil, silent, map[mcs.ClusterID]bool{"b": true}
			},
			want: "Warning MemberForgotten Members have been silent for so long that their endpoints were removed: b. They come back with their members.",
		},
		{
			name: "a forgotten member that was the only one", spec: "Events: MemberForgotten",
			silent: func(w *world) {
				w.others, w.forgotten, w.published = nil, silent, map[mcs.ClusterID]bool{"b": true}
			},
			want: "Warning MemberForgotten Members have been silent for so long that their endpoints were removed: b. They come back with their members.",
		},
		{
			name: "a member that unexports is not silent", spec: "scenario 48", own: &a,
			silent: func(w *world) { w.others, w.published = nil, map[mcs.ClusterID]bool{"b": true} },
		},
		{name: "a silent member that does not export the service", spec: "Events", own: &a, silent: func(w *world) { w.stale = []mcs.ClusterID{"c"} }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			bench := newBench(t)
			bench.world.own, bench.world.others = tc.own, []mcs.Export{b}
			bench.turn(t)
			bench.saw()
			tc.silent(bench.world)
			for range 3 {
				bench.turn(t)
			}
			if diff := cmp.Diff(tc.want, bench.saw()); diff != "" {
				t.Errorf("%s: Events (-want +got):\n%s", tc.spec, diff)
			}
		})
	}
}

func TestAMemberWithManyExportsDoesNotFloodTheEvents(t *testing.T) {
	bench := newBench(t)
	f := stands(export("b", 1, "10.2.0.1"))
	f.stale = []mcs.ClusterID{"b"}
	for i := range 1000 {
		f.key = types.NamespacedName{Namespace: "shop", Name: strings.Repeat("x", i%60+1) + strings.Repeat("y", i/60)}
		bench.tell(f, mcs.Merge([]mcs.Export{export("b", 1, "10.2.0.1")}), done{})
	}
	if got := strings.Count(bench.saw(), "MemberStale"); got < 1 || got > 50 {
		t.Errorf("Events: of 1,000 imports %d have one at once", got)
	}
}

func TestAbsentNamespaces(t *testing.T) {
	tests := []struct {
		name string
		have string // a namespace beside shop
		key  types.NamespacedName
		want []string
	}{
		{name: "a namespace that is there is not absent", key: web},
		{name: "one that is not there is", key: types.NamespacedName{Namespace: "bank", Name: "web"}, want: []string{"bank"}},
		{name: "one that was made meanwhile is not", have: "bank", key: types.NamespacedName{Namespace: "bank", Name: "web"}},
		{name: "a denied one is nobody's to miss", key: types.NamespacedName{Namespace: "kube-system", Name: "web"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			if tc.have != "" {
				if err := b.client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tc.have}}); err != nil {
					t.Fatal(err)
				}
			}
			b.world.keys = []types.NamespacedName{tc.key, tc.key}
			if diff := cmp.Diff(tc.want, b.Absent(t.Context())); diff != "" {
				t.Errorf("scenario 32: absent namespaces (-want +got):\n%s", diff)
			}
		})
	}
}
