// Command copycrds writes the CRDs of the Multi-Cluster Services API to manifests/crds/member as the Go module has them, for
// people who apply files. It is run by go generate in manifests.
package main

import (
	"log"
	"os"

	"sigs.k8s.io/mcs-api/config/crd"
)

func main() {
	for name, content := range map[string][]byte{
		"crds/member/multicluster.x-k8s.io_serviceexports.yaml": crd.ServiceExportCRD,
		"crds/member/multicluster.x-k8s.io_serviceimports.yaml": crd.ServiceImportCRD,
	} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			log.Fatalf("writing %q: %v", name, err)
		}
	}
}
