package precheck

import (
	"errors"
	"fmt"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// Report tells what the checks found before something is written: how many are well, and each that is not, with its fix. It returns an error
// if one of them failed.
func Report(s *screen.Screen, results []Result) error {
	counts := map[State]int{}
	for _, result := range results {
		counts[result.State]++
	}
	line := fmt.Sprintf("checks    %d ok", counts[OK])
	if counts[Warn] > 0 {
		line += fmt.Sprintf(", %s", s.Warn(fmt.Sprintf("%d to look at", counts[Warn])))
	}
	if counts[Fail] > 0 {
		line += fmt.Sprintf(", %s", s.Bad(fmt.Sprintf("%d failed", counts[Fail])))
	}
	s.Note("%s", line)
	for _, result := range results {
		if result.State == OK {
			continue
		}
		mark := s.Warn("!")
		if result.State == Fail {
			mark = s.Bad("FAIL")
		}
		text := fmt.Sprintf("  %s %s: %s", mark, result.Name, result.Text)
		if result.Cause != "" {
			text += "  " + s.Faint(result.Cause)
		}
		s.Note("%s", text)
		if result.Fix != "" {
			s.Note("      fix: %s", result.Fix)
		}
	}
	if rules.Worst(results) == Fail {
		return exit.Problem(errors.New("nothing was written: a check failed"))
	}
	return nil
}
