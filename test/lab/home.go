package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// home is the directory of a lab while the lab lives in it.
type home struct {
	dir  string
	made bool // the directory was not there before
	lock *os.File
	ours []string // what the lab puts in there, to be removed when it goes
}

// lockName marks a directory as a lab's.
const lockName = ".lab"

// moveIn takes a directory into use, a temporary one if dir is empty. What a lab that was killed left there is removed;
// a lab that still lives there is an error.
func moveIn(dir string) (*home, error) {
	h := &home{dir: dir, made: true}
	var err error
	switch dir {
	case "":
		h.dir, err = os.MkdirTemp("", "lab-")
	default:
		if h.dir, err = filepath.Abs(dir); err == nil {
			_, err = os.Stat(h.dir)
			h.made = errors.Is(err, os.ErrNotExist)
			err = os.MkdirAll(h.dir, 0o700)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("making the lab's directory: %w", err)
	}
	path := filepath.Join(h.dir, lockName)
	h.lock, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking %q: %w", h.dir, err)
	}
	if err := lock(h.lock); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %q, in which another lab seems to run: %w", h.dir, err), h.lock.Close())
	}
	return h, nil
}

// path is the path of a file or directory of the lab's own, which goes with it. One left by an earlier lab is removed.
func (h *home) path(name string) (string, error) {
	path := filepath.Join(h.dir, name)
	if err := os.RemoveAll(path); err != nil {
		return "", fmt.Errorf("clearing %q: %w", path, err)
	}
	h.ours = append(h.ours, path)
	return path, nil
}

// moveOut removes what the lab put into the directory, and the directory if the lab made it and nobody else uses it.
func (h *home) moveOut(keep bool) error {
	var errs []error
	if !keep {
		for _, path := range append(h.ours, filepath.Join(h.dir, lockName)) {
			errs = append(errs, os.RemoveAll(path))
		}
		if h.made {
			_ = os.Remove(h.dir) // not empty: it holds something of somebody else
		}
	}
	if err := errors.Join(append(errs, h.lock.Close())...); err != nil {
		return fmt.Errorf("clearing the lab's directory: %w", err)
	}
	return nil
}
