package lab

import (
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

func TestWhatIsTriedForNamespaces(t *testing.T) {
	for _, tc := range []struct {
		name, wish string
		uid        int
		want       []Mode
	}{
		{"an ordinary user", "", 1000, []Mode{UserNamespaces}},
		{"root, who may do without a user namespace", "", 0, []Mode{UserNamespaces, RootNamespaces}},
		{"root who wishes the one", "user", 0, []Mode{UserNamespaces}},
		{"root who wishes the other", "root", 0, []Mode{RootNamespaces}},
		{"anybody who wishes none", "dns", 0, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []Mode
			for _, attempt := range attempts(tc.wish, tc.uid) {
				got = append(got, attempt.mode)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheReasonNamesTheSettingThatStandsInTheWay(t *testing.T) {
	refusals := []string{"user namespaces: operation not permitted"}
	for _, tc := range []struct {
		name     string
		settings map[string]string
		refusals []string
		want     string
	}{
		{"Ubuntu's AppArmor", map[string]string{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n", "/proc/sys/user/max_user_namespaces": "9\n"}, refusals,
			"namespaces are refused (user namespaces: operation not permitted); allow them with: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{"no user namespaces at all", map[string]string{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n", "/proc/sys/user/max_user_namespaces": "0\n"}, refusals,
			"namespaces are refused (user namespaces: operation not permitted); allow them with: sudo sysctl -w user.max_user_namespaces=10000"},
		{"none that we know", nil, refusals,
			"namespaces are refused (user namespaces: operation not permitted); allow unprivileged user namespaces (in a container: its seccomp profile refuses them)"},
		{"the wish for it", nil, nil, "LAB_ISOLATION=dns asks for it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := explain(tc.refusals, func(path string) ([]byte, error) {
				if value, ok := tc.settings[path]; ok {
					return []byte(value), nil
				}
				return nil, fs.ErrNotExist
			})
			if got != tc.want {
				t.Errorf("it says\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestMissingIPv6IsExplained(t *testing.T) {
	for _, tc := range []struct {
		name  string
		found netspace.Prepared
		want  string
	}{
		{"all is there", netspace.Prepared{OwnProc: true, IPv6: true}, "ordinary user"},
		{"the kernel has none", netspace.Prepared{OwnProc: true}, "switched off"},
		{"a container hides /proc", netspace.Prepared{IPv6: true}, "leaves IPv6 out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := praise(UserNamespaces, tc.found); !strings.HasSuffix(got, tc.want) {
				t.Errorf("it says %q, want an end of %q", got, tc.want)
			}
		})
	}
}

func TestTheExitStatusIsThatOfTheProcessInside(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want int
	}{
		{"well", nil, 0},
		{"with a status", exec.Command("sh", "-c", "exit 42").Run(), 42},
		{"by a signal", exec.Command("sh", "-c", "kill -KILL $$").Run(), 128 + 9},
		{"in a way nobody knows", errors.New("lost"), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := status(tc.err); got != tc.want {
				t.Errorf("status %d, want %d", got, tc.want)
			}
		})
	}
}
