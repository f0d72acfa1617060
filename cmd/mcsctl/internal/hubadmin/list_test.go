package hubadmin

import (
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
)

func TestStateOfAToken(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		token credential.Outstanding
		want  string
	}{
		{"one whose making was interrupted was given to nobody", credential.Outstanding{Made: now}, "unfinished"},
		{"one that is good", credential.Outstanding{Made: now, Expires: now.Add(time.Second)}, "good"},
		{"one that is over", credential.Outstanding{Made: now, Expires: now.Add(-time.Second)}, "expired"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := state(tc.token, now); got != tc.want {
				t.Errorf("state is %q, want %q", got, tc.want)
			}
		})
	}
}
