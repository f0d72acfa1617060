package get

import (
	"cmp"
	"fmt"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// Members returns the table of members, as `mcsctl get members` shows it.
func Members(s *screen.Screen, members []health.Member) (header []screen.Column, rows [][]string) {
	return tabulate(s, memberColumns, members)
}

// MemberState is a member's state, in its colour.
func MemberState(s *screen.Screen, m health.Member) string {
	switch m.State {
	case health.Up:
		return s.Good(string(m.State))
	case health.Unjudged:
		return s.Faint(string(m.State))
	case health.Stale:
		return s.Warn(string(m.State))
	default:
		return s.Bad(string(m.State))
	}
}

// Heard is the time since a member's last sign of life.
func Heard(_ *screen.Screen, m health.Member) string {
	return cmp.Or(m.SilenceText(), "-")
}

// Lag is within which time nearly all endpoint changes have arrived in a member.
func Lag(_ *screen.Screen, m health.Member) string {
	return cmp.Or(m.LagText(), "-")
}

// Endpoints are those that a member contributes.
func Endpoints(s *screen.Screen, m health.Member) string {
	text := fmt.Sprint(m.Endpoints)
	if m.SteppedBack > 0 {
		text += s.Warn(fmt.Sprintf(" (%d stepped back)", m.SteppedBack))
	}
	return text
}

// Credential is how long a member's credential for the hub is good for.
func Credential(s *screen.Screen, m health.Member) string {
	if m.CredentialExpires == nil {
		return "-"
	}
	left := time.Until(*m.CredentialExpires)
	switch {
	case left <= 0:
		return s.Bad("ended")
	case m.CredentialEndsSoon:
		return s.Warn(health.Age(left) + " !")
	}
	return health.Age(left)
}
