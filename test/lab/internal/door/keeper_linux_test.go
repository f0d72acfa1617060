package door

import (
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// line is the connection between the two processes, both ends of it here.
func line(t *testing.T) (*net.UnixConn, *net.UnixConn) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var conns []*net.UnixConn
	for _, end := range ends {
		file := os.NewFile(uintptr(end), "end")
		conn, err := net.FileConn(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn.(*net.UnixConn))
	}
	return conns[0], conns[1]
}

func TestAKeeperHandsOverSocketsOfTheLoopback(t *testing.T) {
	outside, inside := line(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		Keeper(outside)
	}()
	asker := NewAsker(inside)
	listener, packets, err := asker.Pair()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := listener.Addr().String(), packets.LocalAddr().String(); a != b || !strings.HasPrefix(a, "127.0.0.1:") {
		t.Errorf("a pair of doors is at %s and %s, want the same port of 127.0.0.1", a, b)
	}
	single, err := asker.TCP()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asker.ask("window", 1); err == nil || !strings.Contains(err.Error(), "there is no such kind") {
		t.Errorf("asking for what there is not: %v", err)
	}
	for _, closer := range []interface{ Close() error }{listener, packets, single, inside} {
		if err := closer.Close(); err != nil {
			t.Error(err)
		}
	}
	<-done
	if _, err := asker.TCP(); err == nil {
		t.Error("got a door from a keeper that has gone")
	}
	if err := outside.Close(); err != nil {
		t.Error(err)
	}
}
