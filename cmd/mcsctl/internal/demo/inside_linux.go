package demo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// beforeRoutes is the priority of a rule that comes right after the one for local addresses.
const beforeRoutes = 1

// actInside does one thing to a cluster of the demo that this process runs in.
func actInside(verb, cluster string) error {
	if !demoNetwork(cluster) {
		return fmt.Errorf("this is not the network of cluster %q of a demo: use mcsctl demo break", cluster)
	}
	switch verb {
	case insideCut, insideJoin:
		if err := ownNetwork(); err != nil {
			return err
		}
	}
	switch verb {
	case insideCut:
		return eachFamily(func(rule *netlink.Rule) error { return netlink.RuleAdd(rule) }, unix.EEXIST)
	case insideJoin:
		return eachFamily(func(rule *netlink.Rule) error { return netlink.RuleDel(rule) }, unix.ENOENT)
	case insideStop:
		return signal(unix.SIGSTOP, "mcs-controller")
	case insideContinue:
		return signal(unix.SIGCONT, "mcs-controller")
	case insideKill:
		return errors.Join(signal(unix.SIGKILL, "mcs-controller"), signal(unix.SIGKILL, "coredns"))
	}
	return fmt.Errorf("there is no %q inside a demo", verb)
}

// demoNetwork says whether this process is in the network of a cluster of a demo: the demo's programs have its files covered with
// its own, and nobody else's resolver is the one there.
func demoNetwork(cluster string) bool {
	config := os.Getenv("KUBECONFIG")
	if filepath.Base(filepath.Dir(config)) != cluster || filepath.Base(config) != "admin.kubeconfig" {
		return false
	}
	_, err := os.Stat(filepath.Join(filepath.Dir(config), "resolv.conf"))
	return err == nil
}

// ownNetwork refuses to cut off the machine: a demo without networks of its own lives in the machine's, like its first process.
func ownNetwork() error {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return fmt.Errorf("finding the network of this process: %w", err)
	}
	first, err := os.Readlink("/proc/1/ns/net")
	if err != nil || first == here {
		return errors.New("the clusters of this demo have no networks of their own that could be cut")
	}
	return nil
}

// eachFamily does something with a rule that lets packets for anywhere but here vanish, for IPv4 and IPv6. That it is so already, as
// one error says, is well.
func eachFamily(do func(*netlink.Rule) error, already error) error {
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		rule := netlink.NewRule()
		rule.Family, rule.Priority, rule.Type = family, beforeRoutes, unix.FR_ACT_BLACKHOLE
		if err := do(rule); err != nil && !errors.Is(err, already) && !errors.Is(err, unix.EAFNOSUPPORT) {
			return fmt.Errorf("changing how packets are routed: %w", err)
		}
	}
	return nil
}

// signal sends a signal to the cluster's processes of a program: those that are given a file of the cluster's directory.
func signal(number unix.Signal, program string) error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return fmt.Errorf("looking for %s: %w", program, err)
	}
	dir := filepath.Dir(os.Getenv("KUBECONFIG"))
	sent := 0
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		content, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil {
			continue // it has ended
		}
		arguments := bytes.Split(content, []byte{0})
		if filepath.Base(string(arguments[0])) != program || !ofCluster(arguments, dir) {
			continue
		}
		if err := unix.Kill(pid, number); err != nil {
			return fmt.Errorf("sending %s to %s: %w", unix.SignalName(number), program, err)
		}
		sent++
	}
	if sent == 0 {
		return fmt.Errorf("no %s runs for %s", program, dir)
	}
	return nil
}

func ofCluster(arguments [][]byte, dir string) bool {
	return slices.ContainsFunc(arguments, func(argument []byte) bool {
		return bytes.Contains(argument, []byte(dir+string(filepath.Separator)))
	})
}
