// Command mcsctl is the command line of multicluster-dns.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/demo"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	name := calledAs(os.Args[0])
	root := newRoot(name)
	root.SetArgs(os.Args[1:])
	status := ended(ctx, os.Stderr, name, root.ExecuteContext(ctx))
	stop()
	os.Exit(status)
}

// interrupted is the status of a command that a signal ended, as shells have it.
const interrupted = 130

// ended returns the status to exit with after err, and prints the error unless it stands on the screen already.
func ended(ctx context.Context, stderr io.Writer, name string, err error) int {
	// A command run for the user in a lab ends us as it ended.
	var inLab *lab.ExitError
	var own *exit.Error
	switch {
	case err == nil:
		return exit.OK
	case errors.As(err, &inLab):
		return inLab.Status
	case errors.Is(err, demo.ErrShown):
		return exit.Found
	case errors.As(err, &own) && own.Err == nil:
		return own.Status
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintf(stderr, "%s: interrupted\n", name)
		return interrupted
	}
	fmt.Fprintf(stderr, "%s: %s\n", name, strings.TrimSpace(err.Error()))
	return exit.Status(err)
}
