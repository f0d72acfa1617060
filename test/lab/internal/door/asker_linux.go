package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
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
	defer closeAll(files)
	return net.FileListener(files[0])
}

// Pair gets a TCP listener and a UDP socket on 127.0.0.1 outside, both with the same port.
func (a *Asker) Pair() (net.Listener, net.PacketConn, error) {
	files, err := a.ask(pair, 2)
	if err != nil {
		return nil, nil, err
	}
	defer closeAll(files)
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
		closeAll(files)
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
	if _, err := a.conn.Write(message); err != nil {
		return nil, err
	}
	buffer, rights := make([]byte, maxMessage), make([]byte, unix.CmsgSpace(2*4))
	n, rightsLength, _, _, err := a.conn.ReadMsgUnix(buffer, rights)
	if err != nil {
		return nil, err
	}
	var r reply
	if err := json.Unmarshal(buffer[:n], &r); err != nil {
		return nil, fmt.Errorf("reading the reply: %w", err)
	}
	if r.Error != "" {
		return nil, fmt.Errorf("outside: %s", r.Error)
	}
	return Descriptors(rights[:rightsLength])
}

// Descriptors turns the control messages that came with a packet into files, which are not inherited by children.
func Descriptors(rights []byte) ([]*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, fmt.Errorf("reading descriptors: %w", err)
	}
	var files []*os.File
	for _, message := range messages {
		descriptors, err := unix.ParseUnixRights(&message)
		if err != nil {
			closeAll(files)
			return nil, fmt.Errorf("reading descriptors: %w", err)
		}
		for _, descriptor := range descriptors {
			unix.CloseOnExec(descriptor)
			files = append(files, os.NewFile(uintptr(descriptor), "received"))
		}
	}
	return files, nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close() // a duplicate nobody wrote to has nothing to report
	}
}
