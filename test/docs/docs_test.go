package docs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/core/plugin" // registers the stock plugins' directives

	_ "github.com/multicluster-dns/multicluster-dns/plugin/multicluster" // registers ours
)

const root = "../.."

// page is one Markdown file, by its path from the repository's root.
type page struct {
	path, text string
}

func pages(t *testing.T) []page {
	t.Helper()
	var found []page
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != root {
			return nil // what somebody else has taken away meanwhile is no page
		}
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == ".git" || name == "bin" || name == ".demo") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		found = append(found, page{relative, string(content)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 5 {
		t.Fatalf("found %d pages of documentation, want more: the search is broken", len(found))
	}
	return found
}

// fenced returns the blocks of a page fenced with the given word.
func (p page) fenced(word string) []string {
	var blocks []string
	for _, match := range regexp.MustCompile("(?ms)^```"+word+"\n(.*?)^```").FindAllStringSubmatch(p.text, -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

func TestCorefilesInDocsAreValid(t *testing.T) {
	corefiles := map[string]string{}
	for _, p := range pages(t) {
		for i, block := range p.fenced("corefile") {
			corefiles[p.path+"#"+string(rune('1'+i))] = block
		}
	}
	example, err := os.ReadFile(filepath.Join(root, "Corefile.example"))
	if err != nil {
		t.Fatal(err)
	}
	corefiles["Corefile.example"] = string(example)
	if len(corefiles) < 2 {
		t.Fatal("no Corefile is fenced as `corefile` in any page")
	}
	directives := append([]string{"multicluster"}, dnsserver.Directives...)
	for name, corefile := range corefiles {
		t.Run(name, func(t *testing.T) {
			blocks, err := caddyfile.Parse(name, strings.NewReader(corefile), directives)
			if err != nil {
				t.Fatal(err)
			}
			setup, err := caddy.DirectiveAction("dns", "multicluster")
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range blocks {
				tokens, found := block.Tokens["multicluster"]
				if !found {
					continue
				}
				controller := caddy.NewTestController("dns", "")
				controller.Dispenser = caddyfile.NewDispenserTokens(name, tokens)
				controller.ServerBlockKeys = block.Keys
				if err := setup(controller); err != nil && !strings.Contains(err.Error(), "kubeconfig") && !strings.Contains(err.Error(), "in-cluster") {
					t.Errorf("the multicluster block is refused: %v", err)
				}
			}
		})
	}
}

func TestMakeTargetsInDocsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		targets[match[1]] = true
	}
	for _, p := range pages(t) {
		// In running text only what stands in code quotes is a command; in a console block, what follows the prompt.
		commands := regexp.MustCompile("`make ([a-z0-9-]+)").FindAllStringSubmatch(p.text, -1)
		for _, block := range append(p.fenced("console"), p.fenced("sh")...) {
			commands = append(commands, regexp.MustCompile(`(?m)^\$ make ([a-z0-9-]+)`).FindAllStringSubmatch(block, -1)...)
		}
		for _, command := range commands {
			if !targets[command[1]] {
				t.Errorf("%s: there is no target `make %s`", p.path, command[1])
			}
		}
	}
}

func TestLinksInDocsLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	for _, p := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(p.text, -1) {
			target := match[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(p.path), target)); err != nil {
				t.Errorf("%s: the link to %q leads nowhere", p.path, target)
			}
		}
	}
}
