package door

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// upper answers each connection with what it read until its end, so that both directions must end by themselves.
func upper(t *testing.T) net.Listener {
	t.Helper()
	l := listen(t)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				read, _ := io.ReadAll(conn)
				_, _ = conn.Write(append([]byte("got "), read...))
			})
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
	})
	return l
}

func dialer(network string, to net.Addr) Dial {
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to.String())
	}
}

// forwarding runs f until the test ends, and checks that it returns.
func forwarding(t *testing.T, f func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func TestATCPDoorPassesBothDirectionsAndTheirEnds(t *testing.T) {
	inside, outside := upper(t), listen(t)
	forwarding(t, func(ctx context.Context) { ForwardTCP(ctx, outside, dialer("tcp", inside.Addr())) })
	conn, err := net.Dial("tcp", outside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte("this"))
	if err := errors.Join(err, conn.(*net.TCPConn).CloseWrite()); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil || string(got) != "got this" {
		t.Errorf("read %q (%v), want %q", got, err, "got this")
	}
}

func TestATCPDoorThatLeadsNowhereClosesTheConnection(t *testing.T) {
	outside := listen(t)
	nowhere := func(context.Context) (net.Conn, error) { return nil, errors.New("nobody is there") }
	forwarding(t, func(ctx context.Context) { ForwardTCP(ctx, outside, nowhere) })
	conn, err := net.Dial("tcp", outside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes from nowhere", n)
	}
}

func TestAConnectionThatIsOpenEndsWithTheDoor(t *testing.T) {
	inside, outside := upper(t), listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ForwardTCP(ctx, outside, dialer("tcp", inside.Addr()))
	}()
	conn, err := net.Dial("tcp", outside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	<-done
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes through a closed door", n)
	}
}

func TestAUDPDoorAnswersEachClientByItself(t *testing.T) {
	inside, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	echoed := make(chan struct{})
	go func() {
		defer close(echoed)
		buffer := make([]byte, maxPacket)
		for {
			n, from, err := inside.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = inside.WriteTo(append([]byte("got "), buffer[:n]...), from)
		}
	}()
	t.Cleanup(func() {
		if err := inside.Close(); err != nil {
			t.Error(err)
		}
		<-echoed
	})
	outside, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	forwarding(t, func(ctx context.Context) { ForwardUDP(ctx, outside, dialer("udp", inside.LocalAddr())) })
	var clients []net.Conn
	for _, name := range []string{"a", "b"} {
		client, err := net.Dial("udp", outside.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := client.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, client)
	}
	for i, want := range []string{"got a", "got b"} {
		if err := clients[i].SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 100)
		n, err := clients[i].Read(buffer)
		if got := string(buffer[:n]); err != nil || got != want {
			t.Errorf("client %d got %q (%v), want %q", i, got, err, want)
		}
	}
}
