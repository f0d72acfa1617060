package multicluster

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/fall"
)

const (
	defaultTTL            = 5 // seconds
	maxTTL                = 3600
	defaultStartupTimeout = 5 * time.Second
	defaultMaxAge         = 24 * time.Hour
)

// options is what a Corefile says about the plugin.
type options struct {
	zones          []string // in lower case; the longest first
	access         access
	namespaces     []string // sorted; none: all
	ttl            uint32   // seconds
	noEndpoints    bool
	fall           fall.F
	startupTimeout time.Duration
	snapshotFile   string // empty: none
	snapshotMaxAge time.Duration
	maxEndpoints   int // 0: no limit
}

// keeps reports whether an object of a snapshot file is one that would be read
// from the API server: the file may have been written under other options.
func (o *options) keeps(saved savedObject) bool {
	namespace := ""
	switch {
	case saved.Import != nil:
		namespace = saved.Import.Namespace
	case saved.Slice != nil && !o.noEndpoints:
		namespace = saved.Slice.Namespace
	default:
		return false
	}
	return len(o.namespaces) == 0 || slices.Contains(o.namespaces, namespace)
}

// parse reads the plugin's block of a Corefile. Its errors name file and line.
func parse(c *caddy.Controller) (*options, error) {
	o := &options{ttl: defaultTTL, startupTimeout: defaultStartupTimeout, snapshotMaxAge: defaultMaxAge}
	for i := 0; c.Next(); i++ {
		if i > 0 {
			return nil, plugin.ErrOnce
		}
		if err := o.parseZones(c); err != nil {
			return nil, err
		}
		seen := make(map[string]bool)
		for c.NextBlock() {
			name := c.Val()
			parseOption, known := optionParsers[name]
			switch {
			case !known:
				return nil, c.Errf("unknown option %q", name)
			case seen[name]:
				return nil, c.Errf("option %q given twice", name)
			}
			seen[name] = true
			if err := parseOption(o, c, c.RemainingArgs()); err != nil {
				return nil, err
			}
		}
		if err := o.check(c, seen); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *options) parseZones(c *caddy.Controller) error {
	args := c.RemainingArgs()
	for _, arg := range args {
		if len(plugin.Host(arg).NormalizeExact()) == 0 {
			return c.Errf("zone %q is no domain name", arg)
		}
	}
	o.zones = plugin.OriginsFromArgsOrServerBlock(args, c.ServerBlockKeys)
	slices.SortFunc(o.zones, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	for i := 1; i < len(o.zones); i++ {
		if o.zones[i] == o.zones[i-1] {
			return c.Errf("zone %q given twice", o.zones[i])
		}
	}
	return nil
}

// check refuses what makes no sense together.
func (o *options) check(c *caddy.Controller, seen map[string]bool) error {
	switch {
	case seen["kubeconfig"] && seen["endpoint"]:
		return c.Err("kubeconfig and endpoint cannot both be given")
	case seen["tls"] && !seen["endpoint"]:
		return c.Err("tls needs endpoint")
	case seen["max_endpoints"] && seen["noendpoints"]:
		return c.Err("max_endpoints and noendpoints cannot both be given")
	}
	return nil
}

// optionParsers has one line for each option.
var optionParsers = map[string]func(*options, *caddy.Controller, []string) error{
	"kubeconfig":      (*options).parseKubeconfig,
	"endpoint":        (*options).parseEndpoint,
	"tls":             (*options).parseTLS,
	"namespaces":      (*options).parseNamespaces,
	"ttl":             (*options).parseTTL,
	"noendpoints":     (*options).parseNoEndpoints,
	"fallthrough":     (*options).parseFallthrough,
	"startup_timeout": (*options).parseStartupTimeout,
	"snapshot":        (*options).parseSnapshot,
	"max_endpoints":   (*options).parseMaxEndpoints,
}

func (o *options) parseKubeconfig(c *caddy.Controller, args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return c.ArgErr()
	}
	o.access.kubeconfig = args[0]
	if len(args) == 2 {
		o.access.context = args[1]
	}
	return nil
}

func (o *options) parseEndpoint(c *caddy.Controller, args []string) error {
	if len(args) != 1 {
		return c.ArgErr()
	}
	o.access.endpoint = args[0]
	return nil
}

func (o *options) parseTLS(c *caddy.Controller, args []string) error {
	if len(args) != 3 {
		return c.ArgErr()
	}
	o.access.cert, o.access.key, o.access.ca = args[0], args[1], args[2]
	return nil
}

func (o *options) parseNamespaces(c *caddy.Controller, args []string) error {
	if len(args) == 0 {
		return c.ArgErr()
	}
	for _, name := range args {
		if !isObjectName(name) {
			return c.Errf("namespace %q is no DNS label in lower case", name)
		}
	}
	slices.Sort(args)
	o.namespaces = slices.Compact(args)
	return nil
}

func (o *options) parseTTL(c *caddy.Controller, args []string) error {
	if len(args) != 1 {
		return c.ArgErr()
	}
	ttl, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil || ttl > maxTTL {
		return c.Errf("ttl %q is no number of seconds in 0..%d", args[0], maxTTL)
	}
	o.ttl = uint32(ttl)
	return nil
}

func (o *options) parseNoEndpoints(c *caddy.Controller, args []string) error {
	if len(args) != 0 {
		return c.ArgErr()
	}
	o.noEndpoints = true
	return nil
}

func (o *options) parseFallthrough(_ *caddy.Controller, args []string) error {
	o.fall.SetZonesFromArgs(args)
	return nil
}

func (o *options) parseStartupTimeout(c *caddy.Controller, args []string) error {
	if len(args) != 1 {
		return c.ArgErr()
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d < 0 {
		return c.Errf("startup_timeout %q is no duration such as 5s", args[0])
	}
	o.startupTimeout = d
	return nil
}

func (o *options) parseSnapshot(c *caddy.Controller, args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return c.ArgErr()
	}
	o.snapshotFile = args[0]
	if len(args) == 2 {
		d, err := time.ParseDuration(args[1])
		if err != nil || d <= 0 {
			return c.Errf("snapshot age %q is no duration above zero such as 24h", args[1])
		}
		o.snapshotMaxAge = d
	}
	return nil
}

func (o *options) parseMaxEndpoints(c *caddy.Controller, args []string) error {
	if len(args) != 1 {
		return c.ArgErr()
	}
	n, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil || n == 0 {
		return c.Errf("max_endpoints %q is no number in 1..65535", args[0])
	}
	o.maxEndpoints = int(n)
	return nil
}
