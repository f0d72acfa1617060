package door

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// Dial connects to where a door leads. Each connection or UDP client gets one of its own.
type Dial func(ctx context.Context) (net.Conn, error)

// ForwardTCP passes every connection that arrives at listener on to what dial reaches, until ctx ends; then it closes
// the listener and all connections, and returns when all of its goroutines have. A connection that dial refuses is
// closed: the client sees a reset or an end, as if nobody listened inside.
func ForwardTCP(ctx context.Context, listener net.Listener, dial Dial) {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var group sync.WaitGroup
	defer group.Wait()
	for {
		outside, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = outside.Close()
			}
			return
		}
		if err != nil {
			// Out of descriptors or aborted by the peer; neither is for ever.
			pause(ctx, 50*time.Millisecond)
			continue
		}
		group.Go(func() { join(ctx, outside, dial) })
	}
}

func join(ctx context.Context, outside net.Conn, dial Dial) {
	defer outside.Close()
	inside, err := dial(ctx)
	if err != nil {
		return
	}
	defer inside.Close()
	stop := context.AfterFunc(ctx, func() {
		_ = outside.Close()
		_ = inside.Close()
	})
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { pour(inside, outside) })
	pour(outside, inside)
	group.Wait()
}

// pour copies until from ends and passes the end on, so that each direction may finish first.
func pour(to, from net.Conn) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok {
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = half.CloseWrite()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
