package rules

import (
	"strings"

	"github.com/coredns/caddy/caddyfile"
)

// ServesInTree says whether a Corefile has a kubernetes block with the option multicluster, by which CoreDNS' own plugin answers for a
// clusterset's zone. What is imported from elsewhere is not seen.
func ServesInTree(corefile string) bool {
	tokens := caddyfile.NewDispenser("Corefile", strings.NewReader(corefile))
	depth, within, line := 0, -1, 0 // within: the depth of the kubernetes block that is open
	for tokens.Next() {
		first := tokens.Line() != line
		line = tokens.Line()
		switch word := tokens.Val(); {
		case word == "{":
			depth++
		case word == "}":
			depth--
			if depth <= within {
				within = -1
			}
		case first && word == "kubernetes" && within < 0:
			within = depth
		case first && word == "multicluster" && within >= 0 && depth > within:
			return true
		case first && within == depth:
			within = -1 // the kubernetes line had no block
		}
	}
	return false
}
