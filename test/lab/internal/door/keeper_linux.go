package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/descriptor"
)

// loopback is the only address a door opens on: a lab is nobody else's business.
const loopback = "127.0.0.1:0"

// maxMessage bounds a message between the two processes. Each is one datagram.
const maxMessage = 4096

// kind is a kind of door.
type kind string

const (
	tcp  kind = "tcp"  // one TCP listener
	pair kind = "pair" // a TCP listener and a UDP socket with the same port
)

// request asks the keeper for a door.
type request struct {
	Kind kind `json:"kind"`
}

// reply comes with the sockets as descriptors, unless there is an error.
type reply struct {
	Error string `json:"error,omitempty"`
}

// Keeper opens sockets outside on request. It serves until the other side closes conn, and returns nothing because there
// is then nobody left to tell.
func Keeper(conn *net.UnixConn) {
	buffer := make([]byte, maxMessage)
	for {
		n, err := conn.Read(buffer)
		if err != nil || n == 0 {
			return
		}
		var r request
		if err := json.Unmarshal(buffer[:n], &r); err != nil {
			return
		}
		if err := answer(conn, r); err != nil {
			return
		}
	}
}

func answer(conn *net.UnixConn, r request) error {
	files, err := open(r.Kind)
	if err != nil {
		return send(conn, reply{Error: err.Error()})
	}
	defer descriptor.Close(files)
	return send(conn, reply{}, files...)
}

func send(conn *net.UnixConn, r reply, files ...*os.File) error {
	message, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return descriptor.Send(conn, message, files...)
}

func open(k kind) ([]*os.File, error) {
	switch k {
	case tcp:
		listener, err := net.Listen("tcp", loopback)
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		return files(listener.(*net.TCPListener))
	case pair:
		return openPair()
	default:
		return nil, fmt.Errorf("opening a door of kind %q: there is no such kind", k)
	}
}

// openPair tries until a port that is free for TCP is free for UDP too.
func openPair() ([]*os.File, error) {
	var last error
	for range 20 {
		listener, err := net.Listen("tcp", loopback)
		if err != nil {
			return nil, err
		}
		defer listener.Close() // held until the search is over, so that it is not offered again
		conn, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			defer conn.Close()
			return files(listener.(*net.TCPListener), conn.(*net.UDPConn))
		}
		last = err
	}
	return nil, last
}

// files duplicates sockets as files.
func files(sockets ...interface{ File() (*os.File, error) }) ([]*os.File, error) {
	var files []*os.File
	for _, socket := range sockets {
		file, err := socket.File()
		if err != nil {
			for _, opened := range files {
				err = errors.Join(err, opened.Close())
			}
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}
