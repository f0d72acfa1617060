package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// binaryVariable names the multi-call binary to use in place of the one in the source tree.
const binaryVariable = "LAB_K8S"

// sourceRoot is the root of this module's source, as far as the compiler knew it: empty in a binary built with -trimpath.
func sourceRoot() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// DefaultBinary is where the multi-call binary is expected: what LAB_K8S says, else bin/k8s in the source tree this
// program was built from or that the current directory is in, else bin/k8s in the current directory.
func DefaultBinary() string {
	if binary := os.Getenv(binaryVariable); binary != "" {
		return binary
	}
	return filepath.Join(moduleRoot(), "bin", "k8s")
}

// SourceTree is the root of the sources this program was built from, or that the current directory is in. It is an error if there
// are none.
func SourceTree() (string, error) {
	root := moduleRoot()
	if content, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil || !strings.HasPrefix(string(content), modulePath) {
		return "", fmt.Errorf("%q is not in the sources of multicluster-dns: git clone https://github.com/multicluster-dns/multicluster-dns, and go on from there", root)
	}
	return root, nil
}

func moduleRoot() string {
	root := sourceRoot()
	if _, err := os.Stat(filepath.Join(root, "go.mod")); root != "" && err == nil {
		return root
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return "."
	}
	return moduleAround(here)
}

// modulePath is what the go.mod of the source tree begins with; the components have a go.mod of their own within it.
const modulePath = "module github.com/multicluster-dns/multicluster-dns\n"

// moduleAround is the source tree that the directory is in, or the directory itself if it is in none.
func moduleAround(here string) string {
	for dir := here; ; dir = filepath.Dir(dir) {
		if content, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(content), modulePath) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return here
		}
	}
}

// Build makes sure that [DefaultBinary] is there and not older than its source, and returns its path. Building takes
// minutes the first time; progress, if not nil, is told each package as it is compiled. One that LAB_K8S names is never
// built.
func Build(ctx context.Context, progress func(line string)) (string, error) {
	binary := DefaultBinary()
	if os.Getenv(binaryVariable) != "" {
		return binary, usable(binary)
	}
	module := filepath.Join(moduleRoot(), "test", "lab", "k8s")
	sources, err := newest(module)
	if err != nil {
		if usable(binary) == nil {
			return binary, nil // a binary without its source is as new as it can be
		}
		return "", fmt.Errorf("building the lab's components: %w; in the source tree, run: make lab", err)
	}
	if info, err := os.Stat(binary); err == nil && usable(binary) == nil && info.ModTime().After(sources) {
		return binary, nil
	}
	if err := build(ctx, module, binary, progress); err != nil {
		return "", fmt.Errorf("building the lab's components, as does make lab: %w", err)
	}
	return binary, nil
}

// newest is when a module's source last changed.
func newest(module string) (time.Time, error) {
	var latest time.Time
	err := filepath.WalkDir(module, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && !entry.IsDir() && info.ModTime().After(latest) {
			latest = info.ModTime()
		}
		return err
	})
	return latest, err
}

// build runs the Go compiler. The binary appears under its name only when it is complete.
func build(ctx context.Context, module, binary string, progress func(string)) error {
	version, err := kubernetesVersion(filepath.Join(module, "go.mod"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	partial := fmt.Sprintf("%s.%d", binary, os.Getpid())
	defer os.Remove(partial) // there only if something went wrong
	command := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-o", partial, "-ldflags", versionFlags(version), ".")
	command.Dir = module
	command.Env = append(CompilerEnvironment(), "GOFLAGS=-mod=readonly")
	said, err := command.StderrPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	var last []string
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if progress != nil {
			progress(lines.Text())
		}
		last = append(last, lines.Text())
		last = last[max(0, len(last)-10):]
	}
	if err := command.Wait(); err != nil {
		return fmt.Errorf("%w\n\t%s", err, strings.Join(last, "\n\t"))
	}
	return os.Rename(partial, binary)
}

// CompilerEnvironment is the environment to run the Go compiler in. It lives for seconds: letting its heap grow to five times of
// what lives instead of twice saves a quarter of the processor time, and the limit bounds the memory of the few packages that are
// huge. Who has set either in their own environment has their way.
func CompilerEnvironment() []string {
	return append([]string{"GOGC=400", "GOMEMLIMIT=3GiB"}, append(os.Environ(), "GOWORK=off")...)
}

// versionFlags make the components say their version, as a release build does. kubectl and the compatibility checks of
// the API server read it.
func versionFlags(version string) string {
	major, minor, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ = strings.Cut(minor, ".")
	const versions = "-X k8s.io/component-base/version."
	return strings.Join([]string{
		"-s", "-w",
		versions + "gitVersion=" + version,
		versions + "gitMajor=" + major,
		versions + "gitMinor=" + minor,
		versions + "gitTreeState=clean",
	}, " ")
}

// kubernetesVersion reads from a go.mod which Kubernetes it builds.
func kubernetesVersion(goMod string) (string, error) {
	content, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == "k8s.io/kubernetes" {
			return fields[1], nil
		}
	}
	return "", errors.New(goMod + " does not require k8s.io/kubernetes")
}
