package door

import (
	"context"
	"net"
	"sync"
	"time"
)

const (
	// idle is how long a UDP client may be silent before its way back is forgotten.
	idle = 30 * time.Second
	// maxClients bounds how many ways back are kept; packets of further clients are dropped, as UDP may.
	maxClients = 1024
	maxPacket  = 65535
)

// ForwardUDP passes every packet that arrives at outside on to what dial reaches, and answers back to whoever sent it,
// until ctx ends; then it closes the socket and returns when all of its goroutines have.
func ForwardUDP(ctx context.Context, outside net.PacketConn, dial Dial) {
	stop := context.AfterFunc(ctx, func() { _ = outside.Close() })
	defer stop()
	w := waysBack{outside: outside, dial: dial, open: map[string]net.Conn{}}
	defer w.group.Wait()
	buffer := make([]byte, maxPacket)
	for {
		n, client, err := outside.ReadFrom(buffer)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			pause(ctx, 50*time.Millisecond)
			continue
		}
		if inside := w.of(ctx, client); inside != nil {
			_, _ = inside.Write(buffer[:n]) // refused or unreachable: the packet is lost, as UDP may
		}
	}
}

// waysBack are the sockets inside, one per client outside, so that an answer finds its client.
type waysBack struct {
	outside net.PacketConn
	dial    Dial
	group   sync.WaitGroup
	mu      sync.Mutex
	open    map[string]net.Conn
}

// of returns the socket of a client, opening it at first sight, and nil when it cannot have one.
func (w *waysBack) of(ctx context.Context, client net.Addr) net.Conn {
	key := client.String()
	w.mu.Lock()
	defer w.mu.Unlock()
	if inside, ok := w.open[key]; ok {
		return inside
	}
	if len(w.open) >= maxClients {
		return nil
	}
	inside, err := w.dial(ctx)
	if err != nil {
		return nil
	}
	w.open[key] = inside
	w.group.Go(func() {
		w.answer(ctx, inside, client)
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, key)
	})
	return inside
}

// answer carries packets back to client until it has been idle for long enough.
func (w *waysBack) answer(ctx context.Context, inside net.Conn, client net.Addr) {
	defer inside.Close()
	stop := context.AfterFunc(ctx, func() { _ = inside.Close() })
	defer stop()
	buffer := make([]byte, maxPacket)
	for {
		if err := inside.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return
		}
		n, err := inside.Read(buffer)
		if err != nil {
			return // idle, refused or closed: the client's next packet opens a fresh one
		}
		if _, err := w.outside.WriteTo(buffer[:n], client); err != nil {
			return
		}
	}
}
