package multicluster

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var savedTime = time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)

func everything(savedObject) bool { return true }

// Spec: local: a snapshot file gives back the zone that was saved, for every
// state the cases of the specification describe.
func TestSnapshotFileGivesTheSameZone(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got no files (%v)", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range archive.Files {
			if section.Name != "objects.yaml" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				m := newTestHandler(t, "multicluster clusterset.local")
				publish(t, m, section.Data)
				path := filepath.Join(t.TempDir(), "snapshot")
				if err := saveFile(path, m.current.Load(), "https://a", savedTime); err != nil {
					t.Fatal(err)
				}
				again := newTestHandler(t, "multicluster clusterset.local")
				k := &keeper{file: path, server: "https://a", maxAge: time.Hour, keep: everything}
				if !k.warm(again, savedTime.Add(time.Minute)) {
					t.Fatal("the file gives no state")
				}
				if diff := cmp.Diff(zoneOf(t, m), zoneOf(t, again)); diff != "" {
					t.Errorf("zone (-saved +read):\n%s", diff)
				}
			})
		}
	}
}

// zoneOf returns a transfer of the zone without the serial.
func zoneOf(t *testing.T, m *Multicluster) []string {
	t.Helper()
	return texts(transferAll(t, m, "clusterset.local."))
}

// Spec: local: a file that is damaged, too old or of another server is not used.
func TestSnapshotFilesThatAreNotUsed(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	var whole bytes.Buffer
	if err := writeSnapshot(&whole, m.current.Load(), "https://a", savedTime); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(whole.String(), "\n"), "\n")
	for _, tc := range []struct {
		name string
		data string
		now  time.Time
		want string // in the error; empty: the file is used
	}{
		{"a file as it was written is used", whole.String(), savedTime, ""},
		{"a file just young enough is used", whole.String(), savedTime.Add(time.Hour), ""},
		{"a file from a clock that was ahead is used", whole.String(), savedTime.Add(-time.Hour), ""},
		{"a file too old", whole.String(), savedTime.Add(time.Hour + time.Second), "it was current 1h0m1s ago, more than 1h0m0s"},
		{"an empty file", "", savedTime, "it is not a snapshot"},
		{"another file", "root:x:0:0:root:/root:/bin/sh\n", savedTime, "it is not a snapshot"},
		{"a file of a later version", strings.Replace(whole.String(), `"version":1`, `"version":2`, 1), savedTime, "it has version 2, not 1"},
		{"a file of another server", strings.Replace(whole.String(), "https://a", "https://b", 1), savedTime, "its checksum is wrong"},
		{"a file cut short", strings.Join(lines[:len(lines)-1], ""), savedTime, "its end is missing"},
		{"a file cut in its end", whole.String()[:whole.Len()-20], savedTime, "its end is missing"},
		{"a file with an octet changed", strings.Replace(whole.String(), "10.0.0.1", "10.0.0.9", 1), savedTime, "its checksum is wrong"},
		{"a file with a line lost", strings.Join(append(lines[:1:1], lines[2:]...), ""), savedTime, "its checksum is wrong"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "snapshot")
			if err := os.WriteFile(path, []byte(tc.data), 0o600); err != nil {
				t.Fatal(err)
			}
			st, _, err := loadFile(path, "https://a", time.Hour, tc.now, everything)
			switch {
			case tc.want == "" && (err != nil || st == nil):
				t.Errorf("got state %v and error %v", st, err)
			case tc.want != "" && (err == nil || st != nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got error %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestSnapshotFileOfAnotherServer(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, nil)
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := saveFile(path, m.current.Load(), "https://b", savedTime); err != nil {
		t.Fatal(err)
	}
	_, _, err := loadFile(path, "https://a", time.Hour, savedTime, everything)
	if want := `it was taken from API server "https://b", not from "https://a"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q in it", err, want)
	}
}

// Spec: local: what the options leave out does not come back from a file.
func TestSnapshotFileIsReadUnderTheOptions(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := saveFile(path, m.current.Load(), "", savedTime); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		options options
		imports int
		slices  int
	}{
		{"everything", options{}, 1, 1},
		{"its namespace", options{namespaces: []string{"test"}}, 1, 1},
		{"another namespace", options{namespaces: []string{"other"}}, 0, 0},
		{"no endpoints", options{noEndpoints: true}, 1, 0},
	} {
		st, _, err := loadFile(path, "", time.Hour, savedTime, tc.options.keeps)
		if err != nil {
			t.Fatal(err)
		}
		imports, slices := 0, 0
		for svc := range st.services.all() {
			if svc.imp != nil {
				imports++
			}
			slices += len(svc.slices)
		}
		if imports != tc.imports || slices != tc.slices {
			t.Errorf("%s: %d imports and %d slices, want %d and %d", tc.name, imports, slices, tc.imports, tc.slices)
		}
	}
}

// Spec: local: a file that is missing is no error, and one that cannot be written
// leaves what was there.
func TestSnapshotFilesThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	if st, _, err := loadFile(filepath.Join(dir, "none"), "", time.Hour, savedTime, everything); st != nil || err != nil {
		t.Errorf("got state %v and error %v for a file that is not there", st, err)
	}
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, nil)
	if err := saveFile(filepath.Join(dir, "none", "file"), m.current.Load(), "", savedTime); err == nil || !strings.Contains(err.Error(), "writing snapshot") {
		t.Errorf("got error %v for a directory that is not there", err)
	}
	target := filepath.Join(dir, "directory")
	if err := os.Mkdir(target, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := saveFile(target, m.current.Load(), "", savedTime); err == nil {
		t.Error("got no error for a directory in the place of the file")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// Spec: local: the file follows the state, and a state that is only confirmed is
// written now and then, as long as the API server is in reach.
func TestKeeperWrites(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	f := publish(t, m, nil)
	k := &keeper{file: filepath.Join(t.TempDir(), "snapshot"), maxAge: time.Hour, keep: everything}
	now := savedTime
	for _, s := range []struct {
		name      string
		after     time.Duration
		change    bool
		reachable bool
		written   bool
	}{
		{"the first state", 0, false, true, true},
		{"the same state", 10 * time.Second, false, true, false},
		{"a change", 10 * time.Second, true, true, true},
		{"the same state much later", refreshEvery, false, true, true},
		{"the same state much later, with the API server away", refreshEvery, false, false, false},
		{"a change of which the API server told before it went", 10 * time.Second, true, false, true},
	} {
		now = now.Add(s.after)
		if s.change {
			if err := f.importStore("").Add(headlessImport("test", "web-"+now.Format("150405"))); err != nil {
				t.Fatal(err)
			}
		}
		k.save(m.current.Load(), now, s.reachable)
		if written := k.savedAt.Load() == now.UnixNano(); written != s.written {
			t.Errorf("%s: written %v, want %v", s.name, written, s.written)
		}
	}
	k.save(nil, now, true)
	k.save(&snapshot{savedAt: savedTime}, now.Add(time.Hour), true)
	if k.savedAt.Load() != now.UnixNano() {
		t.Error("a state from a file was written to a file")
	}
}

// FuzzSnapshotFile reads any file. Nothing panics, and what is read can be served.
func FuzzSnapshotFile(f *testing.F) {
	m := newTestHandler(f, "multicluster clusterset.local")
	publish(f, m, readTestdata(f, "bystander.yaml"))
	var whole bytes.Buffer
	if err := writeSnapshot(&whole, m.current.Load(), "", savedTime); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	for line := range bytes.Lines(whole.Bytes()) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := readSnapshot(data, everything); err != nil && strings.Contains(err.Error(), "reading an object") {
			t.Errorf("a file with the right checksum: %v", err)
		}
		st, err := restore(data, everything) // as if the checksum were right
		if err != nil {
			return
		}
		m := newTestHandler(t, "multicluster clusterset.local")
		s := &snapshot{services: st.services, namespaces: st.namespaces}
		s.setSerial(1, m.zones)
		m.current.Store(s)
		checkZone(t, m)
	})
}
