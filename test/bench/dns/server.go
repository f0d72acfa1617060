package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// software is one of the things compared.
type software struct {
	id, title string
	program   string // in the directory of programs
	// block is its part of the Corefile, for a kubeconfig and a directory of files.
	block string
}

var (
	ours = software{
		id: "ours", title: "multicluster", program: "coredns",
		block: "    multicluster clusterset.local {\n        kubeconfig KUBECONFIG\n    }\n",
	}
	oursWithSnapshot = software{
		id: ours.id, title: ours.title, program: ours.program,
		block: "    multicluster clusterset.local {\n        kubeconfig KUBECONFIG\n        snapshot DIR/snapshot\n    }\n",
	}
	inTree = software{
		id: "in-tree", title: "kubernetes { multicluster }", program: "coredns",
		block: "    kubernetes clusterset.local {\n        kubeconfig KUBECONFIG\n        multicluster clusterset.local\n    }\n",
	}
	theFloor = software{id: "floor", title: "floor", program: "floor", block: "    floor DIR/zone\n"}
)

// everySoftware is in the order of the tables' columns; compared has those that read the API server.
var (
	everySoftware = []software{ours, inTree, theFloor}
	compared      = everySoftware[:2]
)

// server is one running process.
type server struct {
	software
	process  *lab.Process
	corefile string         // its path, which is also an argument of the process
	at       netip.AddrPort // UDP and TCP
	pprof    netip.AddrPort
	begun    time.Time
}

// serve starts software with a kubeconfig. It returns at once; the caller stops it.
func (b *bench) serve(ctx context.Context, software software, kubeconfig string) (*server, error) {
	s := &server{software: software, corefile: filepath.Join(b.dir, software.id+".corefile")}
	for _, port := range []*netip.AddrPort{&s.at, &s.pprof} {
		var err error
		if *port, err = b.freePort(); err != nil {
			return nil, err
		}
	}
	if software.id == theFloor.id {
		if err := b.writeZone(); err != nil {
			return nil, err
		}
	}
	block := strings.NewReplacer("KUBECONFIG", kubeconfig, "DIR", b.dir).Replace(software.block)
	corefile := fmt.Sprintf(".:%d {\n    bind %s\n    pprof %s\n    errors\n%s}\n", s.at.Port(), s.at.Addr(), s.pprof, block)
	if err := os.WriteFile(s.corefile, []byte(corefile), 0o600); err != nil {
		return nil, err
	}
	s.begun = time.Now()
	var err error
	s.process, err = b.cluster.Run(ctx, software.id, []string{filepath.Join(b.programs, software.program), "-conf", s.corefile})
	return s, err
}

// stop ends the process, in time for it to write what it writes at its end.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	_ = s.process.Stop(ctx) // killed, if it does not end when asked: nothing measured follows
}

func (b *bench) writeZone() error {
	file, err := os.Create(filepath.Join(b.dir, "zone"))
	if err != nil {
		return err
	}
	return errors.Join(dataset.WriteZone(file, b.services), file.Close())
}

// freePort is an address on the node with a port that is free for TCP and UDP. Nobody else starts servers there.
func (b *bench) freePort() (free netip.AddrPort, err error) {
	const tries = 20
	for range tries {
		err = b.cluster.Do(func() error {
			listener, err := net.Listen("tcp", netip.AddrPortFrom(b.cluster.Node(), 0).String())
			if err != nil {
				return err
			}
			defer listener.Close()
			free, err = netip.ParseAddrPort(listener.Addr().String())
			if err != nil {
				return err
			}
			conn, err := net.ListenPacket("udp", free.String())
			if err != nil {
				return err
			}
			return conn.Close()
		})
		if err == nil {
			return free, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("finding a free port: %w", err)
}
