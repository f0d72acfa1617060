package lab

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/door"
	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

// lineDescriptor is the socket to the process outside: the first of exec.Cmd.ExtraFiles.
const lineDescriptor = 3

// hello is the first message from inside: how the new home is, or why there is none.
type hello struct {
	Refused string            `json:"refused,omitempty"`
	Found   netspace.Prepared `json:"found"`
}

// Enter moves the process into namespaces of its own. Call it first in main or TestMain, before flags are read and
// goroutines started: outside, it starts the same program with the same arguments again inside, waits for it and exits
// with its status; inside, and where namespaces are refused, it returns. The error is for a process that cannot tell
// where it is; a refusal is none, it is a [Mode].
func Enter() (Isolation, error) {
	if mode := os.Getenv(insideVariable); mode != "" {
		return arrive(Mode(mode))
	}
	var refusals []string
	for _, attempt := range attempts(os.Getenv(wishVariable), os.Geteuid()) {
		refusal := reexecute(attempt)
		refusals = append(refusals, fmt.Sprintf("%s: %v", attempt.mode, refusal))
	}
	return remember(Isolation{Mode: DNSOnly, Why: explain(refusals, os.ReadFile)}), nil
}

// arrive makes the process at home inside and says so to the one outside. If that goes wrong the process outside tries
// something else, so this one just ends.
func arrive(mode Mode) (Isolation, error) {
	// Our children are neither us nor outside: a lab started by one of them enters by itself.
	if err := os.Unsetenv(insideVariable); err != nil {
		return Isolation{}, fmt.Errorf("clearing %s: %w", insideVariable, err)
	}
	line, err := inherit(lineDescriptor)
	if err != nil {
		return Isolation{}, fmt.Errorf("finding the process outside: %w", err)
	}
	var greeting hello
	found, err := netspace.Prepare()
	if err != nil {
		greeting.Refused = err.Error()
	}
	greeting.Found = found
	message, err := json.Marshal(greeting)
	if err != nil {
		return Isolation{}, fmt.Errorf("writing to the process outside: %w", err)
	}
	if _, err := line.Write(message); err != nil {
		return Isolation{}, fmt.Errorf("writing to the process outside: %w", err)
	}
	if greeting.Refused != "" {
		os.Exit(0)
	}
	return remember(Isolation{
		Mode:  mode,
		Why:   praise(mode, found),
		IPv6:  found.IPv6 && found.OwnProc,
		doors: door.NewAsker(line),
	}), nil
}

// inherit turns a descriptor we were started with into a connection, and keeps it from our own children.
func inherit(descriptor uintptr) (*net.UnixConn, error) {
	file := os.NewFile(descriptor, "outside")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	line, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, fmt.Errorf("descriptor %d is a %T, not a unix socket", descriptor, conn)
	}
	return line, nil
}

func praise(mode Mode, found netspace.Prepared) string {
	why := "every cluster has a network of its own, made as an ordinary user"
	if mode == RootNamespaces {
		why = "every cluster has a network of its own, made as root because user namespaces are refused"
	}
	switch {
	case !found.IPv6:
		why += "; without IPv6, which this kernel has switched off"
	case !found.OwnProc:
		why += "; without IPv6, because this container hides parts of /proc and kube-proxy then leaves IPv6 out"
	}
	return why
}

// explain is the one sentence for the DNSOnly mode. It names the setting of this machine that most likely stands in the
// way, the first of those that are there and say no.
func explain(refusals []string, read func(string) ([]byte, error)) string {
	if len(refusals) == 0 {
		return fmt.Sprintf("%s=dns asks for it", wishVariable)
	}
	advice := "allow unprivileged user namespaces (in a container: its seccomp profile refuses them)"
	for _, setting := range []struct{ path, refusing, allow string }{
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=10000"},
		{"/proc/sys/user/max_net_namespaces", "0", "sudo sysctl -w user.max_net_namespaces=10000"},
	} {
		value, err := read(setting.path)
		if err == nil && strings.TrimSpace(string(value)) == setting.refusing {
			advice = "allow them with: " + setting.allow
			break
		}
	}
	return "namespaces are refused (" + strings.Join(refusals, "; ") + "); " + advice
}
