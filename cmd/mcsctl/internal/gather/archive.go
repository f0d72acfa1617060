package gather

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// errFull is returned for a file that would make the archive too large.
var errFull = errors.New("left out: the archive would be larger than --max-size")

// archive is a compressed tar file that grows to a bound and not beyond. Whatever is put into it is redacted first. It may be used
// concurrently.
type archive struct {
	mu     sync.Mutex
	gzip   *gzip.Writer
	tar    *tar.Writer
	dir    string // everything is below it
	at     time.Time
	room   int64 // bytes, before compression
	listed []entry
}

// entry is a line of the manifest: a file that is in the archive, or why it is not.
type entry struct {
	path string
	size int
	why  string
}

func newArchive(w io.Writer, dir string, at time.Time, room int64) *archive {
	z := gzip.NewWriter(w)
	return &archive{gzip: z, tar: tar.NewWriter(z), dir: dir, at: at, room: room}
}

// put adds a file, or notes why it cannot be.
func (a *archive) put(path string, content []byte) error {
	content = redact(content)
	a.mu.Lock()
	defer a.mu.Unlock()
	if int64(len(content)) > a.room {
		a.listed = append(a.listed, entry{path, len(content), errFull.Error()})
		return nil
	}
	a.room -= int64(len(content))
	a.listed = append(a.listed, entry{path: path, size: len(content)})
	return a.write(path, content)
}

// missing notes a file that could not be read.
func (a *archive) missing(path string, why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listed = append(a.listed, entry{path: path, why: string(redact([]byte(why.Error())))})
}

// close adds the manifest, which is never left out, and ends the archive.
func (a *archive) close(manifest []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.write("MANIFEST.txt", redact(manifest)); err != nil {
		return err
	}
	if err := a.tar.Close(); err != nil {
		return fmt.Errorf("ending the archive: %w", err)
	}
	return a.gzip.Close()
}

func (a *archive) write(path string, content []byte) error {
	header := &tar.Header{Name: a.dir + "/" + path, Mode: 0o600, Size: int64(len(content)), ModTime: a.at, Typeflag: tar.TypeReg}
	if err := a.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("writing %q to the archive: %w", path, err)
	}
	if _, err := a.tar.Write(content); err != nil {
		return fmt.Errorf("writing %q to the archive: %w", path, err)
	}
	return nil
}
