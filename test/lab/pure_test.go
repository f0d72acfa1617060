package lab

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// layouts are the same cluster with a network of its own and without.
func layouts(t *testing.T) (layout, layout) {
	t.Helper()
	clusters, err := plan.Clusters([]string{"east"}, plan.DualStack)
	if err != nil {
		t.Fatal(err)
	}
	apart := layout{cluster: clusters[0], dir: "/lab/east", ports: usualPorts, listen: clusters[0].Nodes[0]}
	squatting := layout{cluster: clusters[0], dir: "/lab/east", ports: ports{etcd: 1001, etcdPeer: 1002, apiserver: 1003, dns: 1004}, listen: loopback}
	return apart, squatting
}

// value is what an argument is set to, "" for a bare one, and false when it is not there.
func value(arguments []string, name string) (string, bool) {
	for _, argument := range arguments {
		if key, v, _ := strings.Cut(argument, "="); key == "--"+name {
			return v, true
		}
	}
	return "", false
}

func TestArgumentsOfTheAPIServer(t *testing.T) {
	apart, squatting := layouts(t)
	for _, tc := range []struct {
		name   string
		layout layout
		want   map[string]string // argument -> value; "absent" for one that must not be there
	}{
		{"in a network of its own", apart, map[string]string{
			"bind-address": "10.95.0.2", "advertise-address": "10.95.0.2", "secure-port": "6443", "endpoint-reconciler-type": "absent",
			"etcd-servers": "https://127.0.0.1:2379", "authorization-mode": "RBAC", "service-cluster-ip-range": "10.96.0.0/16,fd10:96::/112",
		}},
		{"on the machine's loopback, which must not be an endpoint", squatting, map[string]string{
			"bind-address": "127.0.0.1", "advertise-address": "10.95.0.2", "secure-port": "1003", "endpoint-reconciler-type": "none",
			"etcd-servers": "https://127.0.0.1:1001",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := map[string]string{}
			for name := range tc.want {
				v, there := value(tc.layout.apiserverArguments(), name)
				if got[name] = v; !there {
					got[name] = "absent"
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryFileAComponentIsGivenIsInItsClustersDirectory(t *testing.T) {
	apart, _ := layouts(t)
	for name, component := range components {
		for _, argument := range component.arguments(apart) {
			key, path, _ := strings.Cut(argument, "=")
			named := strings.HasSuffix(key, "file") || strings.HasSuffix(key, "dir") || strings.HasSuffix(key, "kubeconfig") || key == "--config"
			if named && !strings.HasPrefix(path, "/lab/east/") {
				t.Errorf("%s: %s", name, argument)
			}
		}
	}
}

func TestAKubeconfigMakesTheClientItDescribes(t *testing.T) {
	apart, _ := layouts(t)
	keys, err := issue(apart.cluster)
	if err != nil {
		t.Fatal(err)
	}
	s := server{cluster: "east", address: netip.MustParseAddrPort("127.0.0.1:4321"), ca: keys.ca}
	for _, tc := range []struct {
		name               string
		user               user
		wantToken, wantKey string
	}{
		{"with a certificate", user{name: adminUser, pair: keys.admin}, "", string(keys.admin.Key)},
		{"with a token", user{name: "shop/reader", token: "secret"}, "secret", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "kubeconfig")
			if err := writeKubeconfig(kubeconfig(s, tc.user), file); err != nil {
				t.Fatal(err)
			}
			config, err := clientcmd.BuildConfigFromFlags("", file)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"https://127.0.0.1:4321", string(keys.ca), tc.wantToken, tc.wantKey}
			got := []string{config.Host, string(config.CAData), config.BearerToken, string(config.KeyData)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("server, CA, token, key (-want +got):\n%s", diff)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("its mode is %v (%v), want -rw-------", info.Mode(), err)
			}
		})
	}
}

func TestCRDFilesAreReadStrictly(t *testing.T) {
	for _, tc := range []struct {
		name      string
		files     []string
		wantNames []string
		wantError string
	}{
		{"two documents and an empty one", []string{widgetCRD + "---\n# nothing\n---\n" + strings.ReplaceAll(widgetCRD, "widget", "gadget")}, []string{"widgets.lab.example.org", "gadgets.lab.example.org"}, ""},
		{"two files", []string{widgetCRD, strings.ReplaceAll(widgetCRD, "widget", "gadget")}, []string{"widgets.lab.example.org", "gadgets.lab.example.org"}, ""},
		{"a field that does not exist", []string{widgetCRD + "  scoop: Namespaced\n"}, nil, `unknown field "scoop"`},
		{"another kind of object", []string{"kind: ConfigMap\nmetadata: {name: a}\n"}, nil, `reading CRD file 0: "a" is a "ConfigMap", not a CustomResourceDefinition`},
		{"not YAML", []string{"\t"}, nil, "reading CRD file 0: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var files [][]byte
			for _, file := range tc.files {
				files = append(files, []byte(file))
			}
			crds, err := decodeCRDs(files)
			if tc.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantError) {
					t.Errorf("error %v, want %s", err, tc.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, crd := range crds {
				names = append(names, crd.Name)
			}
			if diff := cmp.Diff(tc.wantNames, names); diff != "" {
				t.Errorf("CRDs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheTailOfALogIsItsLastWholeLines(t *testing.T) {
	long := strings.Repeat("a line that is repeated\n", 10000) + "the last\n"
	for _, tc := range []struct {
		name, content string
		n             int
		want          []string
	}{
		{"fewer lines than asked for", "one\ntwo\n", 5, []string{"one", "two"}},
		{"more lines than asked for", "one\ntwo\nthree\n", 2, []string{"two", "three"}},
		{"a line that is still being written", "one\ntw", 2, []string{"one", "tw"}},
		{"a log longer than is read", long, 2, []string{"a line that is repeated", "the last"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, tail(file, tc.n)); diff != "" {
				t.Errorf("tail (-want +got):\n%s", diff)
			}
		})
	}
	if got := tail("/nonexistent", 5); got != nil {
		t.Errorf("the tail of no file is %q", got)
	}
}

func TestAHomeRemovesWhatItsLabLeftAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"theirs", "east/etcd/old"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h, err := moveIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	path, err := h.path("east")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed lab left is still there: %v", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := moveIn(dir); err == nil {
		t.Error("two labs in one directory")
	}
	if err := h.moveOut(false); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "theirs" {
		t.Errorf("%v is left (%v), want only what is not the lab's", entries, err)
	}
}

func TestTheVersionIsThatOfTheModule(t *testing.T) {
	version, err := kubernetesVersion("k8s/go.mod")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("runs away from the source tree")
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version, "v1.") {
		t.Errorf("version %q, want v1.something", version)
	}
	flags := versionFlags("v1.36.3")
	for _, want := range []string{"gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36"} {
		if !strings.Contains(flags+" ", "version."+want+" ") {
			t.Errorf("flags %q do not set %s", flags, want)
		}
	}
	if binary := DefaultBinary(); os.Getenv(binaryVariable) == "" && !strings.HasSuffix(binary, "/bin/k8s") {
		t.Errorf("the binary is looked for at %s", binary)
	}
}

func TestTheSourceTreeIsFoundFromWithin(t *testing.T) {
	tree := t.TempDir()
	within := filepath.Join(tree, "test", "lab", "k8s")
	if err := os.MkdirAll(within, 0o700); err != nil {
		t.Fatal(err)
	}
	for dir, module := range map[string]string{tree: modulePath, within: strings.TrimSuffix(modulePath, "\n") + "/test/lab/k8s\n"} {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outside := t.TempDir()
	for _, tc := range []struct{ name, here, want string }{
		{"in its root", tree, tree},
		{"in a package", filepath.Join(tree, "test", "lab"), tree},
		{"in the components, which have a module of their own", within, tree},
		{"in no source tree", outside, outside},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := moduleAround(tc.here); got != tc.want {
				t.Errorf("the source tree of %s is %s, want %s", tc.here, got, tc.want)
			}
		})
	}
}

func TestTheSourceTreeIsTheOneOfThisProgram(t *testing.T) {
	root, err := SourceTree()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "test", "lab", "pure_test.go")); err != nil {
		t.Error(err)
	}
}

func TestAProgramIsFoundAsAShellWould(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tool"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, program string
		env           []string
		want          string
		wantError     error
	}{
		{"in PATH", "tool", []string{"PATH=/nonexistent:" + dir}, filepath.Join(dir, "tool"), nil},
		{"in the PATH that comes last", "tool", []string{"PATH=/nonexistent", "PATH=" + dir}, filepath.Join(dir, "tool"), nil},
		{"not in an earlier PATH", "tool", []string{"PATH=" + dir, "PATH=/nonexistent"}, "", exec.ErrNotFound},
		{"a file that is no program", "notes", []string{"PATH=" + dir}, "", exec.ErrNotFound},
		{"by a relative path", "./tool", nil, "/work/tool", nil},
		{"by an absolute path", "/bin/tool", nil, "/bin/tool", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := findProgram(tc.program, "/work", tc.env)
			if got != tc.want || !errors.Is(err, tc.wantError) {
				t.Errorf("found %q (%v), want %q (%v)", got, err, tc.want, tc.wantError)
			}
		})
	}
}
