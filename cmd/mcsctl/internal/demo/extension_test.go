package demo

import (
	"testing"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// What the demo writes into its kubeconfig is what commands look for.
func TestTheExtensionIsTheOneThatIsRead(t *testing.T) {
	if clusterset.DNSExtension != kube.DNSExtension {
		t.Errorf("the demo writes %q, commands read %q", clusterset.DNSExtension, kube.DNSExtension)
	}
}

func TestEveryScenarioHasACauseOfTheCatalogueAndAWayBack(t *testing.T) {
	causes := map[string]bool{}
	for _, cause := range explain.Catalogue {
		causes[cause.ID] = true
	}
	seen := map[string]bool{}
	for _, b := range breakages {
		if seen[b.name] || b.name == "" || b.what == "" || b.do == nil {
			t.Errorf("scenario %q is there twice, or incomplete", b.name)
		}
		seen[b.name] = true
		if b.cause != "" && (!causes[b.cause] || b.mend == nil) {
			t.Errorf("scenario %q: cause %q is in no catalogue, or there is no way back", b.name, b.cause)
		}
	}
}
