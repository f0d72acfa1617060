package demo

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// stay keeps the clusterset up until q, Ctrl-C, the end of the terminal, ctx or the time limit, whichever comes first.
func stay(ctx context.Context, s *screen, set *clusterset.Clusterset, o options, dir string) error {
	s.say("")
	s.say("It stays up until you press q, for %s at most. In another terminal:", o.stay)
	s.say("")
	watched, unwatch := context.WithCancel(ctx)
	defer unwatch()
	for _, line := range append(hints(set, dir, o), pageHints(watched, set)...) {
		s.say("  %s", line)
	}

	// Raw, so that a single q ends it; Ctrl-C then arrives as a character too.
	before, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return fmt.Errorf("reading the keyboard: %w", err)
	}
	defer term.Restore(int(os.Stdin.Fd()), before)
	quit := make(chan string, 1)
	go func() {
		// Ends with the process: a read from a terminal cannot be called off.
		for key := make([]byte, 1); ; {
			if _, err := os.Stdin.Read(key); err != nil {
				quit <- "the terminal is gone"
				return
			}
			if key[0] == 'q' || key[0] == 'Q' || key[0] == 3 || key[0] == 4 {
				quit <- ""
				return
			}
		}
	}()
	// What a person kills comes back, as it would under a kubelet.
	supervised, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		set.Supervise(supervised, func(member, program string) {
			fmt.Fprintf(s.out, "%s in %s ended and was started again\r\n", program, member)
		})
	}()
	defer func() { end(); <-ended }()

	limit := time.NewTimer(o.stay)
	defer limit.Stop()
	reason := ""
	select {
	case reason = <-quit:
	case <-ctx.Done():
	case failure := <-set.Lab.Failures():
		reason = failure.Error()
	case <-limit.C:
		reason = fmt.Sprintf("%s are over", o.stay)
	}
	term.Restore(int(os.Stdin.Fd()), before)
	if reason != "" {
		s.say("\n%s", reason)
	}
	s.say("\nstopping; everything is removed")
	return nil
}

// pageHints are where a browser finds the page of each member's controller, until ctx ends.
func pageHints(ctx context.Context, set *clusterset.Clusterset) []string {
	if !set.Lab.Isolation().Namespaces() {
		return nil // Members would share the port, and serve none.
	}
	var lines []string
	for _, m := range set.Members {
		if at, err := m.Cluster.OpenDoor(ctx, page); err == nil {
			lines = append(lines, fmt.Sprintf("http://%v/        # in a browser: the clusterset as %s's controller sees it", at, m.ID))
		}
	}
	return lines
}

// page is where a controller serves its page for people, in its own cluster.
var page = netip.MustParseAddrPort("127.0.0.1:8083")

// hints are lines to paste into another terminal.
func hints(set *clusterset.Clusterset, dir string, o options) []string {
	self := selfCommand()
	other := set.Members[1].ID
	lines := []string{
		fmt.Sprintf(`eval "$(%s demo env --dir %s)"        # kubectl, and contexts %s`, self, dir, contexts(set)),
		fmt.Sprintf("kubectl --context %s get serviceimports,endpointslices -A", other),
		fmt.Sprintf("kubectl --context %s -n shop get serviceexport checkout -o yaml", set.Members[0].ID),
		fmt.Sprintf("%s why %s --from %s", self, checkout, other),
		fmt.Sprintf("%s demo break --dir %s namespace                  # then why again; demo break alone lists what can be broken", self, dir),
	}
	if door, ok := set.Member(other).Cluster.OutsideDNS(); ok {
		lines = append(lines, fmt.Sprintf("dig @%s -p %d +noall +answer %s SRV _postgres._tcp.%s SRV", door.Addr(), door.Port(), checkout, pg))
	}
	if set.Lab.Isolation().Namespaces() {
		lines = append(lines, fmt.Sprintf("%s demo exec --dir %s %s -- curl -s http://$(dig +short @%s -p %s %s)/", self, dir, other, "127.0.0.1", outsidePort(set, other), checkout))
	}
	return append(lines,
		fmt.Sprintf("kubectl --context %s -n shop delete pod -l app=checkout --wait=false      # and ask again", set.Members[0].ID),
		fmt.Sprintf("pkill -9 -f 'mcs-controller --cluster-id=%s'                          # it comes back", other),
		fmt.Sprintf("logs: %s/*/log", dir))
}
