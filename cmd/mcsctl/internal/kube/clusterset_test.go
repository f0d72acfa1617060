package kube

import (
	"errors"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

func TestTheHubIsFoundOrAsked(t *testing.T) {
	profiles := make([]membership.ClusterProfile, 1)
	away := errors.New("connection refused")
	for _, tc := range []struct {
		name    string
		flag    string
		looked  map[string]seen
		want    string
		problem string
	}{
		{name: "the one cluster with a registry is the hub",
			looked: map[string]seen{"east": {uid: "1", profiles: profiles}, "west": {uid: "2"}}, want: "1"},
		{name: "two contexts that lead to one hub are one",
			looked: map[string]seen{"admin": {uid: "1", profiles: profiles}, "east": {uid: "1", profiles: profiles}}, want: "1"},
		{name: "of two hubs one must be chosen",
			looked: map[string]seen{"east": {uid: "1", profiles: profiles}, "west": {uid: "2", profiles: profiles}}, problem: `"east", "west" with --hub`},
		{name: "--hub chooses, also a hub that has no members yet", flag: "west",
			looked: map[string]seen{"east": {uid: "1", profiles: profiles}, "west": {uid: "2"}}, want: "2"},
		{name: "a hub that nobody has joined yet is found where there is no other",
			looked: map[string]seen{"east": {uid: "1", vacant: true}, "west": {uid: "2"}}, want: "1"},
		{name: "a hub with members comes before one without",
			looked: map[string]seen{"east": {uid: "1", vacant: true}, "west": {uid: "2", profiles: profiles}}, want: "2"},
		{name: "of two hubs without members one must be chosen",
			looked: map[string]seen{"east": {uid: "1", vacant: true}, "west": {uid: "2", vacant: true}}, problem: `"east", "west" with --hub`},
		{name: "a hub without members is not guessed while another cluster does not answer",
			looked: map[string]seen{"east": {uid: "1", vacant: true}, "west": {err: away}}, problem: `context "west" does not answer: connection refused`},
		{name: "no hub at all says how to get one",
			looked: map[string]seen{"east": {uid: "1"}}, problem: "mcsctl hub init"},
		{name: "no hub among those that answer names those that do not",
			looked: map[string]seen{"east": {uid: "1"}, "west": {err: away}}, problem: `context "west" does not answer: connection refused`},
		{name: "a cluster that knows no registry is no hub, whatever --hub says", flag: "west",
			looked: map[string]seen{"west": {uid: "1", registry: &meta.NoKindMatchError{}}}, problem: `no context leads to a hub: that of --hub "west"`},
		{name: "a hub that does not show its registry is not one without members", flag: "west",
			looked:  map[string]seen{"west": {uid: "1", registry: apierrors.NewForbidden(schema.GroupResource{}, "", errors.New(`User "dev" cannot list resource "clusterprofiles" in API group "multicluster.x-k8s.io"`))}},
			problem: `hub "west" does not show its registry: user dev may not list clusterprofiles.multicluster.x-k8s.io`},
		{name: "a hub that does not answer is an error", flag: "west",
			looked: map[string]seen{"west": {err: away}}, problem: `hub "west" does not answer: connection refused`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := &Config{hub: tc.flag, namespace: "mcs-clusterset"}
			hub, err := config.chooseHub(tc.looked)
			if tc.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tc.problem) {
					t.Fatalf("chooseHub gives the error %v, want one with %q", err, tc.problem)
				}
				return
			}
			if err != nil || hub.uid != tc.want {
				t.Errorf("chooseHub gives the cluster %q, %v, want %q", hub.uid, err, tc.want)
			}
		})
	}
}

func TestWhichContextLeadsToAMember(t *testing.T) {
	looked := map[string]seen{
		"a": {uid: "1", stated: "west", cluster: &Cluster{Context: "a"}},
		"b": {uid: "2", stated: "east", cluster: &Cluster{Context: "b"}},
		"c": {err: errors.New("away")},
	}
	for _, tc := range []struct{ name, id, holder, want string }{
		{"the UID that holds the Lease decides", "east", "1", "a"},
		{"without a known holder it is the cluster's own statement", "east", "9", "b"},
		{"without a Lease it is the cluster's own statement", "east", "", "b"},
		{"a cluster that did not answer is nobody", "north", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			member := Member{ID: mcs.ClusterID(tc.id)}
			if tc.holder != "" {
				member.Lease = &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: ptr.To(tc.holder)}}
			}
			got := ""
			if cluster := leadsTo(looked, member); cluster != nil {
				got = cluster.Context
			}
			if got != tc.want {
				t.Errorf("leadsTo gives %q, want %q", got, tc.want)
			}
		})
	}
}
