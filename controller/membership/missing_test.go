package membership_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

func TestMissingNamespaces(t *testing.T) {
	var many []string
	for i := range 150 {
		many = append(many, fmt.Sprintf("%s-%03d", strings.Repeat("n", 50), i))
	}
	for _, tc := range []struct {
		name, value string
		want        []string
	}{
		{name: "nothing is missing"},
		{name: "what is written is read", value: membership.FormatMissing([]string{"shop", "bank", "shop"}), want: []string{"bank", "shop"}},
		{name: "what is no name is left out", value: "shop,,Not A Name,../etc,bank", want: []string{"bank", "shop"}},
		{name: "of too many the first hundred are written", value: membership.FormatMissing(many), want: many[:100]},
		{name: "of too many no more than a hundred are read", value: strings.Repeat("a,", 5000), want: []string{"a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, membership.ParseMissing(tc.value), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("namespaces differ (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseMissing(f *testing.F) {
	for _, seed := range []string{"", ",", "shop", "shop,bank", "shop\x00,bank", strings.Repeat("a,", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		namespaces := membership.ParseMissing(value)
		if len(namespaces) > 100 {
			t.Fatalf("%d namespaces", len(namespaces))
		}
		if diff := cmp.Diff(namespaces, membership.ParseMissing(membership.FormatMissing(namespaces)), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("writing and reading it again differs (-before +after):\n%s", diff)
		}
	})
}
