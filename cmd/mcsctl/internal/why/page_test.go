package why

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

var update = flag.Bool("update", false, "write docs/why.md anew")

const page = "../../../../docs/why.md"

const intro = `# Why a name does not resolve

` + "`mcsctl why NAME --from CONTEXT`" + ` walks from the question to the pods and ends in one cause of this catalogue, with a fix to paste. Ids never
change their meaning. This page is generated from the code; ` + "`make test-why`" + ` really breaks each of these things in a clusterset of real
control planes, and checks that the cause is named and that its fix fixes it.

` + "```console" + `
$ mcsctl why checkout.shop.svc.clusterset.local --from west
A checkout.shop.svc.clusterset.local.  asked in west via 10.97.0.10, clusterset of hub hub  ->  NXDOMAIN  1.2ms
 1 ok    name        service form: service checkout, namespace shop, zone clusterset.local
 2 ok    resolver    Kubernetes' defaults: 3 search domains tried first (ndots:5), none has it, asked here: 10.97.0.10
 3 ok    corefile    multicluster answers for clusterset.local in block .:53 of configmap coredns
 4 ok    synced      v1beta1 served, kube-system/coredns-multicluster may list and watch, 2/2 DNS pods ready
 5 FAIL  import      ServiceImport shop/checkout not found in west
 6 FAIL  namespace   west has no namespace "shop"  <- cause  MCS-003
 7 ok    export      east: ServiceExport Valid Ready with 3/3 endpoints ready
 8 ok    hub         hub, 2 members; west heard 4s ago
 9 ok    answer      NXDOMAIN, as the API says
fix: kubectl --context west create namespace shop
why: a service is imported only where its namespace exists (KEP-1645, namespace sameness)
` + "```" + `

It exits with 0 when the name resolves as the objects of the API ask and nothing was found to be wrong, with 1 when a cause was found,
with 2 when neither can be told because something could not be looked at (it says what), and with 64 when the command line is wrong.
` + "`-o json`" + ` gives the same steps to programs.

In a fix, words in capitals stand for what the command fills in: HERE is the context in which the name was asked, MEMBER that of the
member concerned, HUB that of the hub. Where several causes are found the most pressing one is *the* cause and the others are listed
after it.
`

func TestThePageOfCausesIsCurrent(t *testing.T) {
	var text strings.Builder
	text.WriteString(intro)
	for _, cause := range explain.Catalogue {
		fmt.Fprintf(&text, "\n## %s %s\n\n%s.\n\n", cause.ID, cause.Name, strings.ToUpper(cause.Why[:1])+cause.Why[1:])
		if strings.HasPrefix(cause.Fix, "kubectl ") || strings.HasPrefix(cause.Fix, "mcsctl ") {
			fmt.Fprintf(&text, "Fix: `%s`\n", cause.Fix)
		} else {
			fmt.Fprintf(&text, "Fix: %s.\n", cause.Fix)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text.String(), string(there)); diff != "" {
		t.Errorf("docs/why.md is not what the code says; run go test ./cmd/mcsctl/internal/why -update (-want +got):\n%s", diff)
	}
}
