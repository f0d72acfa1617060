package main

import (
	"fmt"
	"slices"

	"github.com/coredns/coredns/core/dnsserver"
)

// follower is the plugin that multicluster comes directly before. The order of
// plugins is fixed when CoreDNS is built, not by the Corefile: behind kubernetes,
// a kubernetes block that claims the same zone would answer first.
const follower = "kubernetes"

func init() {
	with, err := insert(dnsserver.Directives, "multicluster", follower)
	if err != nil {
		panic(err) // a build of CoreDNS without kubernetes: a test sees it first
	}
	dnsserver.Directives = with
}

// insert returns directives with name directly before next.
func insert(directives []string, name, next string) ([]string, error) {
	i := slices.Index(directives, next)
	if i < 0 {
		return nil, fmt.Errorf("inserting plugin %q: there is no plugin %q", name, next)
	}
	return slices.Insert(slices.Clone(directives), i, name), nil
}
