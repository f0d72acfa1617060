package explain

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/coredns/caddy/caddyfile"
	"github.com/miekg/dns"
)

// serverBlock is one block of a Corefile: the zones it is for, and the arguments of each plugin in it, line by line.
type serverBlock struct {
	label   string
	zones   []string
	plugins map[string][][]string
}

// corefile is what a Corefile does with one zone.
type corefile struct {
	blocks []serverBlock
	// imports are files that it takes in and that are not in the text.
	imports []string
}

// fileImport is an import of a file, as those of managed clusters have it. What it brings in is on another machine.
var fileImport = regexp.MustCompile(`(?m)^[ \t]*import[ \t]+(\S*[/*]\S*)[ \t]*\r?$`)

// readCorefile parses the text of a Corefile. Only blocks for port 53 count where any is: others are not what pods ask.
func readCorefile(text string) (corefile, error) {
	var c corefile
	text = fileImport.ReplaceAllStringFunc(text, func(line string) string {
		c.imports = append(c.imports, strings.Fields(line)[1])
		return ""
	})
	parsed, err := caddyfile.Parse("Corefile", strings.NewReader(text), nil)
	if err != nil {
		return c, fmt.Errorf("reading the Corefile: %w", err)
	}
	var elsewhere []serverBlock
	for _, block := range parsed {
		read := serverBlock{label: strings.Join(block.Keys, " "), plugins: map[string][][]string{}}
		usual := false
		for _, key := range block.Keys {
			zone, port := zoneOf(key)
			read.zones, usual = append(read.zones, zone), usual || port == "" || port == "53"
		}
		for name, tokens := range block.Tokens {
			read.plugins[name] = lines(tokens)
		}
		if usual {
			c.blocks = append(c.blocks, read)
		} else {
			elsewhere = append(elsewhere, read)
		}
	}
	if len(c.blocks) == 0 {
		c.blocks = elsewhere
	}
	return c, nil
}

// zoneOf splits the key of a block, such as dns://clusterset.local:53, into its zone and port.
func zoneOf(key string) (zone, port string) {
	if _, after, found := strings.Cut(key, "://"); found {
		key = after
	}
	if i := strings.LastIndexByte(key, ':'); i >= 0 && strings.Trim(key[i+1:], "0123456789") == "" {
		key, port = key[:i], key[i+1:]
	}
	return dns.Fqdn(strings.ToLower(key)), port
}

// lines groups the tokens of a plugin by line, without braces.
func lines(tokens []caddyfile.Token) [][]string {
	var grouped [][]string
	last := -1
	for _, token := range tokens {
		if token.Text == "{" || token.Text == "}" {
			continue
		}
		if token.Line != last {
			grouped, last = append(grouped, nil), token.Line
		}
		grouped[len(grouped)-1] = append(grouped[len(grouped)-1], token.Text)
	}
	return grouped
}

// serving returns the block that answers for a name, nil if none does.
func (c corefile) serving(name string) *serverBlock {
	var best *serverBlock
	longest := -1
	for i := range c.blocks {
		for _, zone := range c.blocks[i].zones {
			if dns.IsSubDomain(zone, name) && dns.CountLabel(zone) > longest {
				best, longest = &c.blocks[i], dns.CountLabel(zone)
			}
		}
	}
	return best
}

// having returns the label of a block that has the plugin multicluster for a name, "" for none.
func (c corefile) having(name string) string {
	for _, block := range c.blocks {
		if block.claims("multicluster", name) {
			return block.label
		}
	}
	return ""
}

// claims says whether a plugin of the block is for a name: by the zones that it is given, or by the block's where it is given none.
func (b serverBlock) claims(plugin, name string) bool {
	for _, line := range b.plugins[plugin] {
		if line[0] != plugin {
			continue // an option within
		}
		zones := line[1:]
		if plugin == "template" {
			zones = line[min(3, len(line)):] // after class and type
		}
		if len(zones) == 0 {
			zones = b.zones
		}
		if slices.ContainsFunc(zones, func(zone string) bool { bare, _ := zoneOf(zone); return dns.IsSubDomain(bare, name) }) {
			return true
		}
	}
	return false
}

// option returns the arguments of an option of the plugin multicluster.
func (b serverBlock) option(name string) ([]string, bool) {
	for _, line := range b.plugins["multicluster"] {
		if line[0] == name {
			return line[1:], true
		}
	}
	return nil, false
}

// forwards returns where the block forwards to; none where it does not.
func (b serverBlock) forwards() []string {
	for _, line := range b.plugins["forward"] {
		if line[0] == "forward" && len(line) > 2 {
			return line[2:]
		}
	}
	return nil
}

// stub says whether all that the block does with its zones is to send them on.
func (b serverBlock) stub() bool {
	return len(b.forwards()) > 0 && len(b.plugins["multicluster"]) == 0 && !slices.Contains(b.zones, ".")
}

// host is the address of a server that a Corefile names, without scheme and port.
func host(server string) string {
	if _, after, found := strings.Cut(server, "://"); found {
		server = after
	}
	if name, _, err := net.SplitHostPort(server); err == nil {
		return name
	}
	return strings.Trim(server, "[]")
}

// Zones are the zones that Corefiles give the plugin multicluster, in lower case with their last dot; none where that cannot be told.
func Zones(texts ...string) []string {
	var zones []string
	for _, text := range texts {
		if c, err := readCorefile(text); err == nil {
			zones = c.zones(zones)
		}
	}
	return zones
}

// zones adds those that the plugin has and that are not among those known.
func (c corefile) zones(zones []string) []string {
	for _, block := range c.blocks {
		for _, line := range block.plugins["multicluster"] {
			if line[0] != "multicluster" {
				continue
			}
			given := line[1:]
			if len(given) == 0 {
				given = block.zones
			}
			for _, zone := range given {
				if bare, _ := zoneOf(zone); bare != "." && !slices.Contains(zones, bare) {
					zones = append(zones, bare)
				}
			}
		}
	}
	return zones
}
