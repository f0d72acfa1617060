package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
)

// watch writes the clusterset as it is and then each change in a line of its own, with its time, until the context ends, which is no
// error, or count reports were read; 0 is without end.
func watch(ctx context.Context, out io.Writer, read reader, interval time.Duration, count int) error {
	var before health.Report
	said := ""
	for n := 1; ; n++ {
		after, err := read(ctx)
		now := time.Now().Format("15:04:05")
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			// The same again and again says nothing new.
			if text := strings.Join(strings.Fields(err.Error()), " "); text != said {
				said = text
				fmt.Fprintf(out, "%s not read: %s\n", now, text)
			}
		default:
			said = ""
			for _, line := range changes(before, after) {
				fmt.Fprintf(out, "%s %s\n", now, line)
			}
			before = after
		}
		if n == count {
			if err != nil {
				return errors.New(said)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
	}
}
