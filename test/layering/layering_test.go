package layering

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/multicluster-dns/multicluster-dns/"

// listed is what `go list -deps -json` says of one package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T) map[string]listed {
	t.Helper()
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Deps", module+"...")
	command.Dir = "../.."
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("listing packages: %v\n%s", err, stderr.String())
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	return packages
}

// within says whether path is the package named or one below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

func TestRoomsAreHeldApart(t *testing.T) {
	packages := list(t)
	tests := []struct {
		name string
		room string   // packages that the rule is about
		bars []string // what none of them may depend on, directly or not
	}{
		{
			name: "the plugin knows the controller only by the API objects between them",
			room: module + "plugin",
			bars: []string{module + "controller", module + "cmd", module + "test", module + "manifests", "sigs.k8s.io/controller-runtime"},
		},
		{
			name: "the controller knows the plugin only by the API objects between them",
			room: module + "controller",
			bars: []string{module + "plugin", module + "cmd", module + "test", "github.com/coredns/coredns", "github.com/miekg/dns"},
		},
		{
			name: "the pure core has no client, context, clock or logger",
			room: module + "controller/mcs",
			bars: []string{
				module + "controller/annotate", module + "controller/export", module + "controller/hub", module + "controller/importer",
				module + "controller/membership", "k8s.io/client-go", "sigs.k8s.io/controller-runtime",
			},
		},
		{
			name: "the front door knows no transport and no import",
			room: module + "controller/annotate",
			bars: []string{module + "controller/export", module + "controller/hub", module + "controller/importer", module + "controller/membership"},
		},
		{
			name: "the exporter knows a transport only by the interface it needs",
			room: module + "controller/export",
			bars: []string{module + "controller/annotate", module + "controller/hub", module + "controller/importer"},
		},
		{
			name: "the importer knows a transport only by the interface it needs",
			room: module + "controller/importer",
			bars: []string{module + "controller/annotate", module + "controller/hub"},
		},
		{
			name: "the hub knows no Service, export or import of a cluster",
			room: module + "controller/hub",
			bars: []string{module + "controller/annotate", module + "controller/export", module + "controller/importer"},
		},
		{
			name: "what runs in production needs nothing of the tests",
			room: module + "cmd/mcs-controller",
			bars: []string{module + "test"},
		},
		{
			name: "the DNS server needs nothing of the tests",
			room: module + "cmd/coredns",
			bars: []string{module + "test"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			seen := 0
			for path, p := range packages {
				if !within(path, tc.room) {
					continue
				}
				seen++
				for _, dep := range p.Deps {
					for _, bar := range tc.bars {
						if within(dep, bar) {
							t.Errorf("%s depends on %s", path, dep)
						}
					}
				}
			}
			if seen == 0 {
				t.Errorf("no package below %q: the rule proves nothing", tc.room)
			}
		})
	}
}

func TestPureCoreImportsNothingThatActs(t *testing.T) {
	// The API types it imports bring much of the standard library with them; what it imports itself is what it uses.
	for path, p := range list(t) {
		if !within(path, module+"controller/mcs") {
			continue
		}
		for _, imported := range p.Imports {
			for _, bar := range []string{"context", "log", "net/http", "os", "math/rand", "sync", "github.com/go-logr/logr", "k8s.io/klog", "k8s.io/utils/clock"} {
				if within(imported, bar) {
					t.Errorf("%s imports %s", path, imported)
				}
			}
		}
	}
}

func TestPureCoreReadsNoClock(t *testing.T) {
	// Importing time is fine (an export carries times); asking it for the present is not.
	out, err := exec.Command("grep", "-rnE", `time\.(Now|Since|Until|After|Tick|NewTimer|NewTicker|Sleep)\(|context\.`, "--include=*.go", "--exclude=*_test.go", "../../controller/mcs").Output()
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Fatalf("searching the pure core: %v", err)
		}
	}
	if len(out) > 0 {
		t.Errorf("the pure core asks for the present or takes a context:\n%s", out)
	}
}

func TestImportedObjectsHaveOneWriter(t *testing.T) {
	// Reads gather, one place applies: whoever looks for what writes to an API server finds all of it here.
	writers := map[string]bool{
		"controller/annotate/apply.go": true, // ServiceExports made for annotations
		"controller/export/apply.go":   true, // the status of ServiceExports
		"controller/importer/apply.go": true, // imported objects
		"controller/hub/publish.go":    true, // records on the hub
		"controller/hub/renew.go":      true, // this member's Lease on the hub
	}
	out, err := exec.Command("grep", "-rnE", `\.(Create|Update|Patch|Delete|DeleteAllOf|Apply)\(ctx`, "--include=*.go", "--exclude=*_test.go", "../../controller").Output()
	if err != nil {
		t.Fatalf("searching for writes: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		file := strings.TrimPrefix(line[:strings.Index(line, ":")], "../../")
		if !writers[file] {
			t.Errorf("a write outside the room's one writer: %s", strings.TrimSpace(line))
		}
	}
}
