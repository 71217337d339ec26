package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Earlier is an older build of a program of this repository.
type Earlier struct {
	Program string // its path
	Name    string // the tag or commit that it was built from; what else it is where there is none
	Same    bool   // it is the present source after all: see Previous
}

// PreviousBinary, where it is set, is the path of the earlier program: for a checkout
// without history, and to try any two versions.
const PreviousBinary = "PREVIOUS_BINARY"

// errNoHistory: the source is an export, such as a release's archive, without git.
var errNoHistory = errors.New("this source has no .git folder")

// Previous returns the program as the last release had it: PREVIOUS_BINARY, else a build
// of the last tag before HEAD, else of the commit first, from which on there are two
// versions to speak of. The build takes from the build cache what has not changed.
//
// Without the history, in an export or a clone that is cut short, there is no earlier
// version. The fallback is the present source under another version's name: processes
// roll and hand over as between two versions, but that they understand each other is not
// shown, which Previous says aloud on stderr, for a passing test's log is not printed.
func Previous(t testing.TB, pkg, first string) Earlier {
	t.Helper()
	if program := os.Getenv(PreviousBinary); program != "" {
		if _, err := os.Stat(program); err != nil {
			t.Fatalf("stack: %s is the path of no file: %v; want an executable smpp-connector, or leave it out", PreviousBinary, err)
		}
		return Earlier{Program: program, Name: PreviousBinary}
	}
	top, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	commit, err := previousCommit(top, first)
	if err == nil {
		program, err := buildAt(top, commit, pkg)
		if err != nil {
			t.Fatal(err)
		}
		return Earlier{Program: program, Name: commit}
	}
	fmt.Fprintf(os.Stderr, "\n*** %s runs this version BESIDE ITSELF, not beside the last release: %v. Remedy: git fetch --unshallow --tags, or %s=path of the last release's program ***\n\n",
		t.Name(), err, PreviousBinary)
	return Earlier{Program: Build(t, pkg), Name: "this version again", Same: true}
}

// previousCommit is the last tag of a version before HEAD, or first where there is none.
func previousCommit(top, first string) (string, error) {
	if _, err := os.Stat(filepath.Join(top, ".git")); errors.Is(err, fs.ErrNotExist) {
		return "", errNoHistory
	}
	if tag, err := git(top, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"); err == nil {
		return tag, nil
	}
	if _, err := git(top, "cat-file", "-e", first+"^{commit}"); err != nil {
		return "", fmt.Errorf("neither a tag v… nor commit %.12s is in the history: %w", first, err)
	}
	return first, nil
}

// repository is the folder of the main module.
func repository() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("stack: find the module's folder: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func git(dir string, args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// buildAt builds a main package of a commit, once for the test process. With -trimpath
// the build cache does not ask in which folder the source lies.
func buildAt(top, commit, pkg string) (string, error) {
	built.mu.Lock()
	defer built.mu.Unlock()
	key := commit + " " + pkg
	if program := built.paths[key]; program != "" {
		return program, nil
	}
	dir, err := workFolder("previous")
	if err != nil {
		return "", err
	}
	source, program := filepath.Join(dir, "source"), filepath.Join(dir, "program")
	if _, err := git(top, "archive", "--format=tar", "--prefix=source/", "-o", source+".tar", commit); err != nil {
		return "", fmt.Errorf("stack: the source of %s: %w", commit, err)
	}
	for _, command := range [][]string{
		{"tar", "-C", dir, "-xf", source + ".tar"},
		{"go", "build", "-C", source, "-trimpath", "-buildvcs=false", "-ldflags", "-X main.buildVersion=" + commit, "-o", program, pkg},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("stack: build %s of %s: %s: %w: %s", pkg, commit, command[0], err, out)
		}
	}
	if built.paths == nil {
		built.paths = map[string]string{}
	}
	built.paths[key] = program
	return program, nil
}
