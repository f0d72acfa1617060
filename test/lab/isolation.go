package lab

import (
	"net"
	"os"
	"sync"
)

// Mode is how far a lab is kept apart from the machine it runs on.
type Mode string

const (
	// UserNamespaces is the full lab as an ordinary user: own user, network, mount and process namespaces.
	UserNamespaces Mode = "user namespaces"
	// RootNamespaces is the full lab where only root may make namespaces.
	RootNamespaces Mode = "root namespaces"
	// DNSOnly is what is left without namespaces: control planes on ports of 127.0.0.1. Pods are objects with addresses
	// that nobody listens on, so names resolve and nothing connects.
	DNSOnly Mode = "DNS only"
)

// Isolation says which mode [Enter] reached and why. The zero value means that Enter was not called.
type Isolation struct {
	Mode Mode
	// Why is one sentence for people: why this mode, and what to allow for a better one.
	Why string
	// IPv6 is whether clusters can be dual-stack with working IPv6. It is false in the DNSOnly mode.
	IPv6 bool

	doors doors
}

// Namespaces is whether clusters have networks of their own, so that pods listen and traffic flows.
func (i Isolation) Namespaces() bool { return i.Mode == UserNamespaces || i.Mode == RootNamespaces }

// doors gets sockets on the machine's own 127.0.0.1 from the process outside.
type doors interface {
	TCP() (net.Listener, error)
	Pair() (net.Listener, net.PacketConn, error)
}

// entered is where this process is. Namespaces are a property of a process, so this one variable is too.
var entered struct {
	sync.Mutex
	Isolation
}

func remember(i Isolation) Isolation {
	entered.Lock()
	defer entered.Unlock()
	entered.Isolation = i
	return i
}

func whereWeAre() Isolation {
	entered.Lock()
	defer entered.Unlock()
	return entered.Isolation
}

const (
	// insideVariable marks the process inside and tells it which namespaces it was started in.
	insideVariable = "LAB_INSIDE"
	// wishVariable limits what Enter tries to one mode: "user", "root" or "dns".
	wishVariable = "LAB_ISOLATION"
)

// Inside is whether this process is the one inside the namespaces, before and after it calls [Enter]. It is false outside
// and where there are no namespaces.
func Inside() bool {
	return os.Getenv(insideVariable) != "" || whereWeAre().Namespaces()
}
