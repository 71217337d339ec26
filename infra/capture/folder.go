package capture

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Folder keeps the latest capture files and removes the oldest: a bind that flaps all
// night must not fill the disk. What is not named as its own files are it leaves alone.
// It belongs to one goroutine.
type Folder struct {
	Path   string
	Files  int   // most of them
	Octets int64 // most of all of them together
}

// suffix is what the folder's own files end with; one that is being written has
// part behind it.
const (
	suffix = ".pcapng"
	part   = ".part"
)

// Name is a file's name: of the bind, of the time, and of what the bind has become.
// Names of one bind sort by time.
func Name(bind string, at time.Time, state string) string {
	return fmt.Sprintf("%s-%s-%s%s", bind, at.UTC().Format("20060102T150405.000Z"), state, suffix)
}

// Write has write fill a file, which is in the folder whole or not at all: on a full
// disk nothing is left of it. Then it removes the oldest files above the limits.
func (f *Folder) Write(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return err
	}
	path := filepath.Join(f.Path, name)
	err := fill(path+part, write)
	if err == nil {
		err = os.Rename(path+part, path)
	}
	if err != nil {
		_ = os.Remove(path + part) // it may not be there
	}
	return errors.Join(err, f.prune())
}

func fill(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// prune removes the oldest files until what is left is within the limits, and what a
// process that was killed has left half.
func (f *Folder) prune() error {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	var octets int64
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case strings.HasSuffix(entry.Name(), suffix+part):
			_ = os.Remove(filepath.Join(f.Path, entry.Name()))
		case strings.HasSuffix(entry.Name(), suffix):
			files = append(files, info)
			octets += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	var errs []error
	for len(files) > f.Files || octets > f.Octets && len(files) > 0 {
		errs = append(errs, os.Remove(filepath.Join(f.Path, files[0].Name())))
		octets -= files[0].Size()
		files = files[1:]
	}
	return errors.Join(errs...)
}
