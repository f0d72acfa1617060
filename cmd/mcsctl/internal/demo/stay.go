package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// stay keeps the clusterset up until q, Ctrl-C, the end of the terminal, ctx or the time limit, whichever comes first.
func stay(ctx context.Context, s *screen, set *clusterset.Clusterset, o options, dir string) error {
	s.say("")
	s.say("It stays up until you press q, for %s at most. In another terminal:", o.stay)
	s.say("")
	watched, unwatch := context.WithCancel(ctx)
	defer unwatch()
	pages := openPages(watched, set)
	// Other commands read the lag there.
	if err := clusterset.TellServers(set.Lab.OutsideKubeconfig(), kube.PageExtension, pages); err != nil {
		return err
	}
	for _, line := range append(hints(set, dir, o), pageHints(set, pages)...) {
		s.say("  %s", line)
	}

	reason, err := untilEnded(ctx, s, set, o.stay)
	if err != nil {
		return err
	}
	if reason != "" {
		s.say("\n%s", reason)
	}
	s.say("\nstopping; everything is removed")
	return nil
}

// untilEnded returns when the demo is to end, and why where it is not the person that ended it.
func untilEnded(ctx context.Context, s *screen, set *clusterset.Clusterset, limit time.Duration) (reason string, err error) {
	// Raw, so that a single q ends it; Ctrl-C then arrives as a character too.
	before, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return "", fmt.Errorf("reading the keyboard: %w", err)
	}
	defer func() {
		if restored := term.Restore(int(os.Stdin.Fd()), before); restored != nil && err == nil {
			err = fmt.Errorf("giving the terminal back as it was: %w", restored)
		}
	}()
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

	over := time.NewTimer(limit)
	defer over.Stop()
	select {
	case reason = <-quit:
	case <-ctx.Done():
	case failure := <-set.Lab.Failures():
		reason = failure.Error()
	case <-over.C:
		reason = fmt.Sprintf("%s are over", limit)
	}
	return reason, nil
}

// hints are lines to paste into another terminal, the first of which lets the others be short.
func hints(set *clusterset.Clusterset, dir string, o options) []string {
	self := selfCommand()
	other := set.Members[1].ID
	at := ""
	if filepath.Base(dir) != o.dir {
		at = " --dir " + dir
	}
	lines := []string{
		fmt.Sprintf(`eval "$(%s demo env%s)"   # contexts %s`, self, at, contexts(set)),
		fmt.Sprintf("kubectl --context %s get serviceimports,endpointslices -A", other),
		self + " status",
		fmt.Sprintf("%s why %s --from %s", self, checkout, other),
		fmt.Sprintf("%s top", self),
		fmt.Sprintf("%s demo break%s            # lists what can be broken; then why again", self, at),
		fmt.Sprintf("%s demo break%s namespace", self, at),
	}
	if door, ok := set.Member(other).Cluster.OutsideDNS(); ok {
		lines = append(lines, fmt.Sprintf("dig @%s -p %d +noall +answer %s", door.Addr(), door.Port(), checkout))
	}
	if set.Lab.Isolation().Namespaces() {
		lines = append(lines, fmt.Sprintf("%s demo exec%s %s -- curl -s http://%s/", self, at, other, checkout))
	}
	return append(lines,
		fmt.Sprintf("kubectl --context %s -n shop delete pod -l app=checkout --wait=false", set.Members[0].ID),
		fmt.Sprintf("pkill -9 -f 'mcs-controller --cluster-id=%s'   # it comes back", other),
		fmt.Sprintf("less %s/*/log/*", o.dir))
}
