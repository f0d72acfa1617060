package lab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

const (
	// lowestPort is above the ports that well-known programs listen on, and highestPort below those that a machine gives to outgoing
	// connections if nobody tells it otherwise.
	lowestPort, highestPort = 10240, 32767
	// outgoingRange is the file in which Linux says which ports it gives to outgoing connections: the first and the last.
	outgoingRange = "/proc/sys/net/ipv4/ip_local_port_range"
)

// FreePorts finds ports of 127.0.0.1 that are free for TCP and UDP, for servers that share the machine's loopback. They are none of those that
// outgoing connections are given: one of these could be gone before its server starts, or between its end and its next start. Another
// server may still take one before it is used; then what was to use it says so and ends.
func FreePorts(n int) ([]uint16, error) {
	highest := highestServerPort(os.ReadFile)
	var free []uint16
	var last error
	for range 20 * (n + 1) {
		if len(free) == n {
			return free, nil
		}
		port := lowestPort + rand.N(highest-lowestPort+1)
		listener, err := net.Listen("tcp", netip.AddrPortFrom(loopback, port).String())
		if err != nil {
			last = err
			continue
		}
		defer listener.Close() // held until the search is over, so that none is found twice
		conn, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			err = conn.Close()
		}
		if err != nil {
			last = err
			continue
		}
		free = append(free, port)
	}
	return nil, errors.Join(fmt.Errorf("finding %d free ports between %d and %d", n, lowestPort, highest), last)
}

// highestServerPort is below the ports that outgoing connections are given, unless these begin so low that hardly any is left.
func highestServerPort(read func(path string) ([]byte, error)) uint16 {
	const enough = 1000
	text, err := read(outgoingRange)
	if err != nil {
		return highestPort
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\t")
	outgoing, err := strconv.ParseUint(first, 10, 16)
	if err != nil || outgoing < lowestPort+enough {
		return highestPort
	}
	return uint16(outgoing) - 1
}
