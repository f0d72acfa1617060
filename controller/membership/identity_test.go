package membership_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

func TestIdentify(t *testing.T) {
	const uid = "8c8b4b4e-6b0f-4e0f-9d9c-0e2f1f3a5b77"
	for _, tc := range []struct {
		name, spec string
		claims     membership.Claims
		want       mcs.ClusterID
		source     membership.Source
		err        error  // wrapped by the error
		says       string // part of the error
	}{
		{
			name: "the flag alone decides where the About API is not served", spec: "local: flags work without the About API",
			claims: membership.Claims{Flag: "east"},
			want:   "east", source: membership.SourceFlag,
		},
		{
			name: "the flag and a property that agree", spec: "KEP-2149 cluster.clusterset.k8s.io",
			claims: membership.Claims{Flag: "east", Property: membership.Statement{Served: true, Value: "east"}},
			want:   "east", source: membership.SourceFlag,
		},
		{
			name: "the property alone", spec: "KEP-2149 cluster.clusterset.k8s.io",
			claims: membership.Claims{Property: membership.Statement{Served: true, Value: "east.region1"}, KubeSystemUID: uid},
			want:   "east.region1", source: membership.SourceProperty,
		},
		{
			name: "the kube-system UID where it is allowed and nothing else is stated", spec: "KEP-2149 recommended value",
			claims: membership.Claims{Property: membership.Statement{Served: true}, KubeSystemUID: uid},
			want:   uid, source: membership.SourceKubeSystemUID,
		},
		{
			name: "a flag and a property that differ are both doubted", spec: "KEP-2149 the id must not change while a member",
			claims: membership.Claims{Flag: "east", Property: membership.Statement{Served: true, Value: "west"}, KubeSystemUID: uid},
			err:    membership.ErrDisagreement,
			says:   `the flag says "east" and the ClusterProperty cluster.clusterset.k8s.io says "west"`,
		},
		{
			name: "nothing stated and no About API", spec: "KEP-2149 a missing CRD is not a missing property",
			claims: membership.Claims{},
			err:    membership.ErrNoIdentity,
			says:   "the About API is not served here",
		},
		{
			name: "nothing stated and an About API without the property", spec: "KEP-2149 a missing CRD is not a missing property",
			claims: membership.Claims{Property: membership.Statement{Served: true}},
			err:    membership.ErrNoIdentity,
			says:   "the ClusterProperty cluster.clusterset.k8s.io does not exist",
		},
		{
			name: "an id in capitals is refused", spec: "scenario 47",
			claims: membership.Claims{Flag: "East"},
			says:   `reading the cluster id from the flag: cluster id "East" is not`,
		},
		{
			name: "an id of 70 characters is refused", spec: "scenario 47",
			claims: membership.Claims{Property: membership.Statement{Served: true, Value: strings.Repeat("a", 70)}},
			says:   "has 70 characters",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, source, err := membership.Identify(tc.claims)
			if got != tc.want || source != tc.source {
				t.Errorf("Identify = %q from %q, want %q from %q", got, source, tc.want, tc.source)
			}
			if wantErr := tc.says != ""; (err != nil) != wantErr || wantErr && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want one that says %q", err, tc.says)
			}
			if tc.err != nil && !errors.Is(err, tc.err) {
				t.Errorf("error %v does not wrap %v", err, tc.err)
			}
		})
	}
}
