package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/descriptor"
)

// Run asks over conn for a program to be run with the given standard files, and waits for it. It passes on every signal
// it gets from signals, and returns the program's exit status: 128 and more for one that a signal ended.
func Run(conn *net.UnixConn, r Request, stdio [standardFiles]*os.File, signals <-chan os.Signal) (int, error) {
	if err := descriptor.Send(conn, []byte{greeting}, stdio[:]...); err != nil {
		return 0, fmt.Errorf("asking for %q: %w", r.Argv, err)
	}
	out := json.NewEncoder(conn)
	if err := out.Encode(r); err != nil {
		return 0, fmt.Errorf("asking for %q: %w", r.Argv, err)
	}
	answered := make(chan struct{})
	passedOn := make(chan struct{})
	go func() {
		defer close(passedOn)
		for {
			select {
			case s := <-signals:
				if number, ok := s.(syscall.Signal); ok {
					_ = out.Encode(signal{Number: int(number)}) // a lost connection shows below
				}
			case <-answered:
				return
			}
		}
	}()
	var answer result
	err := json.NewDecoder(conn).Decode(&answer)
	close(answered)
	<-passedOn
	if err != nil {
		return 0, fmt.Errorf("waiting for %q: the lab has gone: %w", r.Argv, err)
	}
	if answer.Error != "" {
		return 0, errors.New(answer.Error)
	}
	return answer.Status, nil
}
