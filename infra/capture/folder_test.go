package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func octets(n int) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(make([]byte, n)); return err }
}

func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// Issue 4, point 9: the dumps of a bind that flaps stay within their limits, the
// latest are kept, and whatever else is in the folder stays.
func TestAFolderKeepsTheLatestFiles(t *testing.T) {
	for limit, f := range map[string]*Folder{"files": {Files: 3, Octets: 1 << 20}, "octets": {Files: 1000, Octets: 350}} {
		t.Run(limit, func(t *testing.T) {
			f.Path = filepath.Join(t.TempDir(), "dumps")
			if err := os.MkdirAll(f.Path, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, foreign := range []string{"connector.log", Name("awcc.trx.9", noon, "HALF") + part} {
				if err := os.WriteFile(filepath.Join(f.Path, foreign), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var want []string
			began := time.Now().Add(-time.Hour)
			for i := range 10 {
				// Of the past hour: a file is written now, and is the latest.
				at := began.Add(time.Duration(i) * time.Second)
				name := Name(fmt.Sprintf("awcc.trx.%d", 9-i), at, "DISCONNECTED")
				if err := f.Write(name, octets(100)); err != nil {
					t.Fatal(err)
				}
				// Files of one moment are told apart by their names; these are not of one.
				if err := os.Chtimes(filepath.Join(f.Path, name), at, at); err != nil {
					t.Fatal(err)
				}
				want = append(want, name)
			}
			want = append(want[len(want)-3:], "connector.log")
			slices.Sort(want)
			if got := names(t, f.Path); !slices.Equal(got, want) {
				t.Errorf("%q\nwant %q", got, want)
			}
		})
	}
}

// A full disk costs the file that did not fit, nothing else.
func TestAFullDiskLeavesNothingHalf(t *testing.T) {
	f := &Folder{Path: t.TempDir(), Files: 10, Octets: 1 << 20}
	if err := f.Write("a"+suffix, octets(10)); err != nil {
		t.Fatal(err)
	}
	full := func(w io.Writer) error {
		if err := octets(5)(w); err != nil {
			return err
		}
		return syscall.ENOSPC
	}
	if err := f.Write("b"+suffix, full); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
	if got := names(t, f.Path); !slices.Equal(got, []string{"a" + suffix}) {
		t.Errorf("%q", got)
	}
	if err := f.Write("c"+suffix, octets(10)); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
}

// A folder that cannot be made is an error of each write.
func TestAFolderThatIsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&Folder{Path: path, Files: 1, Octets: 1}).Write("a"+suffix, octets(1)); err == nil {
		t.Error("no error")
	}
}
