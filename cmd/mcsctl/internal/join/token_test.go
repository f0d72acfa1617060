package join_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/jointoken"
)

// file writes a join token to a file.
func (s *stage) file(text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// altered is a token with something in it changed.
func (s *stage) altered(text string, change func(*jointoken.Token)) string {
	s.t.Helper()
	token, err := jointoken.Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	change(&token)
	if text, err = token.Encode(); err != nil {
		s.t.Fatal(err)
	}
	return s.file(text)
}

func TestAJoinTokenIsGoodOnceForOneClusterAndOneHub(t *testing.T) {
	s := newStage(t)
	const create = "token create blue --hub hub"
	joins := func(context, file string) string {
		return "join --context " + context + " --wait 0 --token-file " + file
	}
	s.refused(1, "token create blue --hub west", "no context leads to a hub", "mcsctl hub init")
	s.must("hub init --context hub")
	s.must("token list --hub hub", "no join token waits to be used")

	first := s.must(create, "good once, until").out
	token := s.must(create).out
	s.must("token list --hub hub", "MEMBER", "blue", "good")
	s.must("token list --hub hub -o json", `"id": "blue"`, `"state": "good"`)

	for _, tc := range []struct {
		name   string
		file   string
		status int
		says   []string
	}{
		{"one that a later token replaced", s.file(first), 1, []string{"the join token was used, revoked or has expired", "mcsctl token create"}},
		{"one that has expired", s.altered(token, func(t *jointoken.Token) { t.Expires = time.Now().Add(-time.Minute) }), 1, []string{"it was good until", "mcsctl token create"}},
		{"one of another hub", s.altered(token, func(t *jointoken.Token) { t.Server = s.servers["west"] }), 1, []string{"the join token was used, revoked or has expired"}},
		{"one whose hub is out of reach", s.altered(token, func(t *jointoken.Token) { t.Server = "https://127.0.0.1:1" }), 1, []string{"exchanging the join token at https://127.0.0.1:1", "mcsctl token create --hub-server"}},
		{"one whose secret was guessed", s.altered(token, func(t *jointoken.Token) { t.Bearer = "guessed" }), 1, []string{"the join token was used, revoked or has expired"}},
		{"one that was cut off", s.file(token[:len(token)/2]), 64, []string{"it is damaged"}},
		{"something else", s.file("apiVersion: v1"), 64, []string{"not a join token as mcsctl token create prints it"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.refused(tc.status, joins("west", tc.file), tc.says...)
			if s.given() != "" {
				t.Error("the cluster was given a credential")
			}
		})
	}
	s.refused(64, joins("west", s.file(token))+" --cluster-id green", `--cluster-id is "green" and the join token is for "blue"`)

	// A join that fails before it is done leaves the token good; one that is done may be run again.
	s.faults.set(dying)
	s.refused(1, joins("west", s.file(token)), "nothing is undone", "mcsctl leave --context west --cluster-id blue --force removes")
	s.faults.set(none)
	s.must(joins("west", s.file(token)), "token     is used and revoked", "done")
	if s.given() == "" || s.given() != s.credential() {
		t.Error("the member's credential is not the one that the hub knows")
	}
	s.must("token list --hub hub", "no join token waits to be used")
	s.must(joins("west", s.file(token)), "was a member already, nothing has changed")
	s.refused(1, joins("hub", s.file(token)), "the join token was used, revoked or has expired")

	// A cluster that is alive keeps its id, and loses it with its credential where the hub's administrator says so.
	s.lives(uid(t, s.west), 0)
	s.refused(1, create, `"blue" is a member that is alive`, "--replace")
	given := s.given()
	s.must(create+" --replace", "good once")
	if s.holds() != "" || s.credential() == given {
		t.Error("the cluster that lost the id still holds it")
	}
	s.refused(1, joins("west", s.file(token)), "the join token was used, revoked or has expired")
	s.must("token revoke blue --hub hub", "1 revoked", "the registration of blue is removed")
	s.refused(1, "token revoke blue --hub hub", `"blue" is not registered on hub "hub"`)
	if s.there(s.hub, place()) {
		t.Error("the place of a member that never joined is left")
	}
	s.must("leave --context west --force --wait 0", "done")
	if left := s.must("token list --hub hub -o json").out; strings.TrimSpace(left) != "[]" {
		t.Errorf("tokens are left: %s", left)
	}
}
