package mcs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestParseClusterID(t *testing.T) {
	const clause = "KEP-1645 Terminology, cluster id"
	const form = " is not one or two lower-case DNS labels (letters, digits and inner hyphens, at most one dot)"
	tests := []struct {
		name, spec, in, want string // want is the error, "" for none
	}{
		{"one label", clause, "east", ""},
		{"one character", clause, "e", ""},
		{"digits first", clause, "1-east", ""},
		{"two labels", clause, "east.reg1", ""},
		{"a UID, as the About API recommends", "KEP-2149", "721ab723-13bc-11e5-aec2-42010af0021e", ""},
		{"63 characters", clause, strings.Repeat("e", 63), ""},
		{"63 characters in two labels", clause, strings.Repeat("e", 31) + "." + strings.Repeat("r", 31), ""},
		{"nothing", clause, "", "cluster id is empty: it must be one or two lower-case DNS labels"},
		{"64 characters", clause, strings.Repeat("e", 64), `cluster id "` + strings.Repeat("e", 64) + `" has 64 characters: it may have 63`},
		{"upper case", clause, "East", `cluster id "East"` + form},
		{"an underscore", clause, "east_1", `cluster id "east_1"` + form},
		{"a hyphen first", clause, "-east", `cluster id "-east"` + form},
		{"a hyphen last", clause, "east-", `cluster id "east-"` + form},
		{"a hyphen before the dot", clause, "east-.r", `cluster id "east-.r"` + form},
		{"a dot first", clause, ".east", `cluster id ".east"` + form},
		{"a dot last", clause, "east.", `cluster id "east."` + form},
		{"two dots", clause, "a..b", `cluster id "a..b"` + form},
		{"three labels", clause, "a.b.c", `cluster id "a.b.c"` + form},
		{"a line end", clause, "east\n", `cluster id "east\n"` + form},
		{"letters beyond ASCII", clause, "öst", `cluster id "öst"` + form},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			id, err := mcs.ParseClusterID(tc.in)
			got := ""
			if err != nil {
				got = err.Error()
			} else if string(id) != tc.in {
				t.Errorf("ParseClusterID(%q) = %q", tc.in, id)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseClusterID holds what the id is used for: whatever is accepted is a label value, a DNS subdomain and, with a host before
// it, a DNS name; whatever is refused is no id at all.
func FuzzParseClusterID(f *testing.F) {
	for _, seed := range []string{"east", "east.reg1", "", "East", "a.b.c", "-", "a-.b", "a\x00b", strings.Repeat("e", 64), "127.0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := mcs.ParseClusterID(s)
		if err != nil {
			if id != "" {
				t.Errorf("ParseClusterID(%q) = %q beside error %v", s, id, err)
			}
			return
		}
		errs := append(validation.IsValidLabelValue(string(id)), validation.IsDNS1123Subdomain(string(id))...)
		if string(id) != s || len(errs) > 0 || len(id) > mcs.MaxClusterIDLength || strings.Count(s, ".") > 1 {
			t.Errorf("ParseClusterID(%q) = %q, which is no id: %v", s, id, errs)
		}
	})
}
