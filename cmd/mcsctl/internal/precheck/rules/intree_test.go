package rules

import "testing"

func TestServesInTree(t *testing.T) {
	for _, tc := range []struct {
		name, corefile string
		want           bool
	}{
		{"the option in the kubernetes block", ".:53 {\n  kubernetes cluster.local {\n    ttl 30\n    multicluster clusterset.local\n  }\n}\n", true},
		{"our plugin beside a kubernetes block", ".:53 {\n  kubernetes cluster.local {\n    ttl 30\n  }\n  multicluster clusterset.local\n}\n", false},
		{"our plugin after a kubernetes line without a block", ".:53 {\n  kubernetes cluster.local\n  multicluster clusterset.local {\n    ttl 5\n  }\n}\n", false},
		{"the option in a comment", ".:53 {\n  kubernetes cluster.local {\n    # multicluster clusterset.local\n    ttl 30\n  }\n}\n", false},
		{"the option in a second server block", ".:53 {\n  errors\n}\nx.:53 {\n  kubernetes x. {\n    multicluster x.\n  }\n}\n", true},
		{"nothing", "", false},
		{"braces that do not match", "} } {\n kubernetes {", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := ServesInTree(tc.corefile); got != tc.want {
				t.Errorf("ServesInTree = %v, want %v", got, tc.want)
			}
		})
	}
}
