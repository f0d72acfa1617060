package gather

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// unpacked are the files of an archive.
func unpacked(t *testing.T, content []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(text)
	}
}

func TestTheArchiveIsRedactedBoundedAndSaysWhatItLacks(t *testing.T) {
	var out bytes.Buffer
	a := newArchive(&out, "mcs", time.Unix(0, 0), 40)
	for path, content := range map[string]string{"small.yaml": "token: abcdefghij"} {
		if err := a.put(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.put("large.yaml", bytes.Repeat([]byte("x"), 100)); err != nil {
		t.Fatal(err)
	}
	a.missing("secret.yaml", errors.New("forbidden"))
	wantList := []entry{
		{path: "small.yaml", size: len("token: REDACTED")},
		{path: "large.yaml", size: 100, why: errFull.Error()},
		{path: "secret.yaml", why: "forbidden"},
	}
	if diff := cmp.Diff(wantList, a.listed, cmp.AllowUnexported(entry{})); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	if err := a.close([]byte("the list")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"mcs/small.yaml": "token: REDACTED", "mcs/MANIFEST.txt": "the list"}
	if diff := cmp.Diff(want, unpacked(t, out.Bytes())); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
