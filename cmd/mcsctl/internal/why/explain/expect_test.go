package explain

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"golang.org/x/tools/txtar"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// What the API asks for is what the plugin answers: the plugin's own cases of the DNS specification hold here too, those apart that
// are about an option of the plugin or about other names than a service's.
func TestExpectIsWhatThePluginAnswers(t *testing.T) {
	files, err := filepath.Glob("../../../../../plugin/multicluster/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sections := map[string][]byte{}
		for _, f := range archive.Files {
			sections[f.Name] = f.Data
		}
		if sections["corefile"] != nil || sections["objects.yaml"] == nil {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			imports, imported := decode(t, sections["objects.yaml"])
			for _, c := range cases(string(sections["queries"])) {
				q, err := Ask(c.name, c.qtype)
				if err != nil || !q.named() || q.Type == dns.TypeAXFR || q.Type == dns.TypeIXFR {
					continue // a name that nobody can type, none of a service, or a transfer
				}
				asked++
				si, own := find(q, imports, imported)
				got := Expect(q, si, own)
				if diff := cmp.Diff(c.want, said(got)); diff != "" {
					t.Errorf("%s %s (-want +got):\n%s", c.name, c.qtype, diff)
				}
			}
		})
	}
	if asked < 100 {
		t.Errorf("%d questions were compared, want many more: the search for cases is broken", asked)
	}
}

// said is an answer as the plugin's cases spell it.
func said(a Answer) []string {
	switch {
	case a.Rcode != "NOERROR":
		return []string{a.Rcode}
	case len(a.Records) == 0:
		return []string{"NODATA"}
	}
	return a.Records
}

func find(q Question, imports []mcsv1beta1.ServiceImport, imported []discoveryv1.EndpointSlice) (*mcsv1beta1.ServiceImport, []discoveryv1.EndpointSlice) {
	var own []discoveryv1.EndpointSlice
	for _, slice := range imported {
		if slice.Namespace == q.Namespace {
			own = append(own, slice)
		}
	}
	for i := range imports {
		if imports[i].Namespace == q.Namespace && imports[i].Name == q.Service {
			return &imports[i], own
		}
	}
	return nil, own
}

func decode(t *testing.T, objects []byte) (imports []mcsv1beta1.ServiceImport, slices []discoveryv1.EndpointSlice) {
	t.Helper()
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(objects)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return imports, slices
		}
		var si mcsv1beta1.ServiceImport
		var slice discoveryv1.EndpointSlice
		if bytes.Contains(document, []byte("kind: ServiceImport")) {
			err = yaml.Unmarshal(document, &si)
			imports = append(imports, si)
		} else {
			err = yaml.Unmarshal(document, &slice)
			slices = append(slices, slice)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

type queried struct {
	name, qtype string
	want        []string
}

func cases(script string) []queried {
	var all []queried
	from := 0
	for line := range strings.Lines(script) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "+"):
		case words[0] == "?":
			from = len(all)
			for _, qtype := range words[2:] {
				if dns.StringToType[qtype] != 0 {
					all = append(all, queried{name: words[1], qtype: qtype})
				}
			}
		case len(words) == 1 && words[0] != "ANSWER":
			for i := range all[from:] {
				all[from+i].want = words
			}
		case len(words) > 1:
			rr, err := dns.NewRR(line)
			if err != nil {
				continue
			}
			for i := range all[from:] {
				all[from+i].want = append(all[from+i].want, recordText(rr))
				slices.Sort(all[from+i].want)
			}
		}
	}
	return all
}
