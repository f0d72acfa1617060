package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/descriptor"
)

// Asker is the inner end of a [Keeper]'s connection. Its methods are safe for concurrent use.
type Asker struct {
	mu   sync.Mutex
	conn *net.UnixConn
}

// NewAsker asks over conn.
func NewAsker(conn *net.UnixConn) *Asker { return &Asker{conn: conn} }

// TCP gets a listener on 127.0.0.1 outside.
func (a *Asker) TCP() (net.Listener, error) {
	files, err := a.ask(tcp, 1)
	if err != nil {
		return nil, err
	}
	defer descriptor.Close(files)
	return net.FileListener(files[0])
}

// Pair gets a TCP listener and a UDP socket on 127.0.0.1 outside, both with the same port.
func (a *Asker) Pair() (net.Listener, net.PacketConn, error) {
	files, err := a.ask(pair, 2)
	if err != nil {
		return nil, nil, err
	}
	defer descriptor.Close(files)
	listener, err := net.FileListener(files[0])
	if err != nil {
		return nil, nil, err
	}
	conn, err := net.FilePacketConn(files[1])
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, conn, nil
}

func (a *Asker) ask(k kind, want int) ([]*os.File, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	files, err := a.exchange(k)
	if err == nil && len(files) != want {
		descriptor.Close(files)
		err = fmt.Errorf("%d descriptors came, want %d", len(files), want)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a %s door: %w", k, err)
	}
	return files, nil
}

func (a *Asker) exchange(k kind) ([]*os.File, error) {
	message, err := json.Marshal(request{Kind: k})
	if err != nil {
		return nil, err
	}
	if err := descriptor.Send(a.conn, message); err != nil {
		return nil, err
	}
	buffer := make([]byte, maxMessage)
	n, files, err := descriptor.Receive(a.conn, buffer)
	if err != nil {
		return nil, err
	}
	var r reply
	if err := json.Unmarshal(buffer[:n], &r); err != nil {
		descriptor.Close(files)
		return nil, fmt.Errorf("reading the reply: %w", err)
	}
	if r.Error != "" {
		descriptor.Close(files)
		return nil, fmt.Errorf("outside: %s", r.Error)
	}
	return files, nil
}
