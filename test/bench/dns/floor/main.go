package main

import (
	"slices"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/core/plugin" // the stock plugins
	"github.com/coredns/coredns/coremain"
	"github.com/coredns/coredns/plugin"

	_ "github.com/multicluster-dns/multicluster-dns/plugin/multicluster"
)

func init() {
	at := slices.Index(dnsserver.Directives, "kubernetes") // where cmd/coredns has multicluster
	dnsserver.Directives = slices.Insert(slices.Clone(dnsserver.Directives), at, "floor", "multicluster")
	plugin.Register("floor", setup)
}

func setup(c *caddy.Controller) error {
	var file string
	c.Next() // "floor"
	if !c.Args(&file) || c.NextArg() {
		return plugin.Error("floor", c.ArgErr())
	}
	f, err := load(file)
	if err != nil {
		return plugin.Error("floor", err)
	}
	dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler {
		f.next = next
		return f
	})
	return nil
}

func main() { coremain.Run() }
