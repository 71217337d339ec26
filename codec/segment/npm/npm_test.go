// Package npm_test holds the npm package in this folder to the Go package that it
// is made from. It is built, packed and installed as its users would have it, and
// Node has to say what Go says.
package npm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// apt is how Debian gets what these tests need.
const apt = "apt-get update && apt-get install -y nodejs npm"

// need skips a test that needs Node where there is none, but not in CI.
func need(t *testing.T) {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing, and CI must not pass without it; as root: %s", name, apt)
		}
		// t.Skip is silent without -v; a proof that was not made must not be.
		fmt.Fprintf(os.Stderr, "\n*** %s SKIPPED: %s is missing. As root: %s ***\n\n", t.Name(), name, apt)
		t.Skipf("%s is missing; as root: %s", name, apt)
	}
}

// scratch is the folder of everything that the tests build.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "segment-npm-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(scratch)
	os.Exit(status)
}

// consumer returns the folder of a project that has installed the package from
// its tarball and nothing else, and in which the scripts of testdata lie.
func consumer(t *testing.T) string {
	t.Helper()
	need(t)
	folder, err := install()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

var install = sync.OnceValues(func() (string, error) {
	if err := readSources(); err != nil {
		return "", err
	}
	folder := filepath.Join(scratch, "consumer")
	if err := os.CopyFS(folder, os.DirFS("testdata")); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "package.json"), []byte("{}"), 0o600); err != nil {
		return "", err
	}
	if _, err := run(".", "./pack", scratch); err != nil {
		return "", err
	}
	tarballs, _ := filepath.Glob(filepath.Join(scratch, "*.tgz"))
	if len(tarballs) != 1 {
		return "", fmt.Errorf("pack made %q, want one tarball", tarballs)
	}
	_, err := run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", tarballs[0])
	return folder, err
})

// readSources opens every file of the package, so that go test's cache, which
// does not see what other processes read, knows them.
func readSources() error {
	return filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = os.ReadFile(path)
		return err
	})
}

// run runs a program to its end and returns what it printed. Warnings are errors:
// a package that makes Node complain is not finished.
func run(folder, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(),
		"npm_config_cache="+filepath.Join(scratch, "cache"),
		"npm_config_userconfig="+filepath.Join(scratch, "npmrc"),
		"npm_config_offline=true",
		"npm_config_update_notifier=false",
		"NODE_OPTIONS=",
	)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || name == "node" && complaints.Len() > 0 {
		return nil, fmt.Errorf("%s %.200q: %w\n%s", name, args, err, complaints.Bytes())
	}
	return out.Bytes(), nil
}

// US-SC-036: both services use the same version, so there is one for both.
func TestUSSC036OneVersion(t *testing.T) {
	octets, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Name, Version string }
	if err := json.Unmarshal(octets, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Name != "@ghasi/sms-segment-counter" || manifest.Version != segment.Version {
		t.Errorf("package.json is %s %s, segment.Version %s", manifest.Name, manifest.Version, segment.Version)
	}
	octets, err = os.ReadFile("lib/counter.mjs")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^const version = '(.*)';$`).FindSubmatch(octets)
	if found == nil || string(found[1]) != segment.Version {
		t.Errorf("lib/counter.mjs is %q, segment.Version %s", found, segment.Version)
	}
}

// US-SC-036: billing counts as often as it likes.
func TestUSSC036MemoryDoesNotGrow(t *testing.T) {
	folder := consumer(t)
	t.Parallel()
	out, err := run(folder, "node", "memory.cjs")
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Octets  []int // after every 10,000 calls
		Refused int
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Octets) != 10 || said.Refused == 0 {
		t.Fatalf("measured %+v", said)
	}
	first, last := said.Octets[0], said.Octets[9]
	if last != first || last > 32<<20 {
		t.Errorf("memory in octets after each 10,000 calls: %v", said.Octets)
	}
}

// US-SC-036: a text that is too long for the memory is an error, and not the last
// thing that the counter did.
func TestUSSC036CountsAgainAfterAStop(t *testing.T) {
	folder := consumer(t)
	t.Parallel()
	if _, err := run(folder, "node", "--wasm-max-mem-pages=512", "stop.cjs"); err != nil {
		t.Fatal(err)
	}
}
