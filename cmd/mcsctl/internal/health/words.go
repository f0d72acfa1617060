package health

import (
	"fmt"
	"strings"
	"time"
)

// Age is a length of time as people say it: one or two units, none that does not matter.
func Age(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return pair(int(d.Minutes()), "m", int(d.Seconds())%60, "s")
	case d < 48*time.Hour:
		return pair(int(d.Hours()), "h", int(d.Minutes())%60, "m")
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

func pair(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d%s", large, largeUnit)
	}
	return fmt.Sprintf("%d%s%d%s", large, largeUnit, small, smallUnit)
}

// SilenceText is the time since a member's last sign of life as people say it; "" if there was none.
func (m Member) SilenceText() string {
	if m.Silence == nil {
		return ""
	}
	return Age(inSeconds(*m.Silence))
}

// LagText is within which time nearly all endpoint changes have arrived in a member, to the millisecond; "" if it is not known.
func (m Member) LagText() string {
	if m.Lag == nil {
		return ""
	}
	return inSeconds(*m.Lag).Round(time.Millisecond).String()
}

// inSeconds is a length of time of which a report has the seconds.
func inSeconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// Talking says in one line which clusterset and contexts the facts are of.
func Talking(facts Facts) string {
	var contexts []string
	for _, m := range facts.Members {
		if m.Context != "" && !m.Skipped {
			contexts = append(contexts, m.Context)
		}
	}
	where := "no context of a member"
	if len(contexts) > 0 {
		where = "contexts " + strings.Join(contexts, ", ")
	}
	if facts.Hub == "" {
		return where + ", without their clusterset"
	}
	return fmt.Sprintf("clusterset %s on hub %s, %s", facts.Namespace, facts.Hub, where)
}
