package multicluster

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A snapshot file holds the state published last, so that CoreDNS can start and
// answer while the API server is away. It is lines of JSON: a savedHeader, a
// savedImport or savedSlice for each object, and a savedEnd with the checksum of
// all lines before it. What it says is checked like what the API server says.
const (
	savedFormat  = "multicluster snapshot"
	savedVersion = 1
	maxSavedSize = 1 << 30 // octets; larger files are not read
)

type savedHeader struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Server  string    `json:"server"` // the API server the state came from
	Saved   time.Time `json:"saved"`  // when the state was known to be current
}

// saveFile replaces the file at path by one that holds s. The file is complete or
// as it was, whatever happens meanwhile.
func saveFile(path string, s *snapshot, server string, now time.Time) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing snapshot %q: %w", path, err)
	}
	err = errors.Join(writeSnapshot(f, s, server, now), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing snapshot %q: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func writeSnapshot(to io.Writer, s *snapshot, server string, now time.Time) error {
	sum := sha256.New()
	w := bufio.NewWriter(to)
	lines := json.NewEncoder(io.MultiWriter(w, sum))
	err := lines.Encode(savedHeader{Format: savedFormat, Version: savedVersion, Server: server, Saved: now})
	for svc := range s.services.all() {
		if svc.imp != nil {
			err = errors.Join(err, lines.Encode(savedObject{Import: saveImport(svc.imp)}))
		}
		for _, p := range svc.slices {
			err = errors.Join(err, lines.Encode(savedObject{Slice: saveSlice(p)}))
		}
		if err != nil {
			return err
		}
	}
	end := savedObject{End: &savedEnd{SHA256: hex.EncodeToString(sum.Sum(nil))}}
	return errors.Join(err, json.NewEncoder(w).Encode(end), w.Flush())
}

// loadFile reads the state in the file at path, which must come from server and
// not be older than maxAge. A file that is not there is no error and no state.
func loadFile(path, server string, maxAge time.Duration, now time.Time, keep func(savedObject) bool) (*state, time.Time, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: %w", path, err)
	}
	if info.Size() > maxSavedSize {
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: it has %d octets, more than %d", path, info.Size(), maxSavedSize)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: %w", path, err)
	}
	st, saved, err := readSnapshot(data, keep)
	switch {
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: %w", path, err)
	case saved.Server != server:
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: it was taken from API server %q, not from %q", path, saved.Server, server)
	case now.Sub(saved.Saved) > maxAge:
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: it was current %v ago, more than %v", path, now.Sub(saved.Saved).Round(time.Second), maxAge)
	}
	return st, saved.Saved, nil
}

// readSnapshot reads the contents of a snapshot file and keeps the objects that
// are wanted.
func readSnapshot(data []byte, keep func(savedObject) bool) (*state, savedHeader, error) {
	var header savedHeader
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	if err := json.Unmarshal(first, &header); err != nil || header.Format != savedFormat {
		return nil, header, errors.New("it is not a snapshot")
	}
	if header.Version != savedVersion {
		return nil, header, fmt.Errorf("it has version %d, not %d", header.Version, savedVersion)
	}
	end := bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n') + 1
	var last savedObject
	if err := json.Unmarshal(data[end:], &last); err != nil || last.End == nil {
		return nil, header, errors.New("its end is missing")
	}
	if sum := sha256.Sum256(data[:end]); hex.EncodeToString(sum[:]) != last.End.SHA256 {
		return nil, header, errors.New("its checksum is wrong")
	}
	st, err := restore(rest[:max(0, len(rest)-(len(data)-end))], keep)
	return st, header, err
}

// restore makes a state of the objects in lines that are wanted.
func restore(lines []byte, keep func(savedObject) bool) (*state, error) {
	objects, err := decodeObjects(lines)
	if err != nil {
		return nil, err
	}
	c := state{}.change()
	compact := new(compactor)
	slicesOf := make(map[string][]*slice)
	for _, part := range objects {
		for _, o := range part {
			switch {
			case !keep(o):
			case o.Import != nil:
				c.setImport(o.Import.restore(compact))
			case o.Slice != nil:
				if p := o.Slice.restore(compact); p.service != "" {
					slicesOf[p.service] = append(slicesOf[p.service], p)
				}
			}
		}
	}
	for key, all := range slicesOf {
		old := c.service(key)
		c.put(old, old.withSlices(all))
	}
	st := c.state()
	return &st, nil
}
