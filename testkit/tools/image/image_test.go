package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// Issue 8, point 7: `make image` without a daemon, byte-identical twice, a static
// program that runs as non-root in a root of its own.
func TestImage(t *testing.T) {
	o := options{root: "../../..", version: "v9.8.7", commit: "0123456789abcdef", created: 1_700_000_000, platforms: []string{"linux/" + goArch(t)}}
	var archives [2][]byte
	for i := range archives {
		o.out = filepath.Join(t.TempDir(), "image.tar")
		if err := run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		archives[i] = read(t, o.out)
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("built twice, and the archives differ")
	}
	image := open(t, archives[0])
	t.Run("config", func(t *testing.T) { checkConfig(t, image) })
	root := filepath.Join(t.TempDir(), "root")
	files := unpackImage(t, image, root)
	t.Run("files", func(t *testing.T) { checkFiles(t, root, files) })
	t.Run("runs", func(t *testing.T) { checkRuns(t, root) })
}

// open reads the archive as any other tool would: as a layout, held to its digests.
func open(t *testing.T, archive []byte) v1.Image {
	t.Helper()
	folder := t.TempDir()
	unpack(t, bytes.NewReader(archive), folder)
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("%v: %+v", err, manifest)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func checkConfig(t *testing.T, image v1.Image) {
	c, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c.Config.User != "65532:65532" || !slices.Equal(c.Config.Entrypoint, []string{"/smpp-connector"}) || !slices.Equal(c.Config.Cmd, []string{"serve"}) {
		t.Errorf("user %q, entrypoint %q, command %q", c.Config.User, c.Config.Entrypoint, c.Config.Cmd)
	}
	for label, want := range map[string]string{"version": "v9.8.7", "revision": "0123456789abcdef", "licenses": "Apache-2.0"} {
		if got := c.Config.Labels["org.opencontainers.image."+label]; got != want {
			t.Errorf("label %s: %q, want %q", label, got, want)
		}
	}
	if !c.Created.Equal(time.Unix(1_700_000_000, 0)) {
		t.Errorf("created %v: want the source's time", c.Created)
	}
}

// checkFiles: nothing is there to be run but the program, and nothing to be written
// but the data folder.
func checkFiles(t *testing.T, root string, files []*tar.Header) {
	for _, f := range files {
		isProgram, isData := f.Name == "smpp-connector", f.Name == "data/"
		if (f.Mode&0o111 != 0 && f.Typeflag == tar.TypeReg) != isProgram {
			t.Errorf("%s: mode %o", f.Name, f.Mode)
		}
		if f.Mode&0o022 != 0 || (f.Uid == 65532) != isData || f.Mode&0o6000 != 0 || f.Typeflag == tar.TypeSymlink {
			t.Errorf("%s: mode %o, owner %d, type %c", f.Name, f.Mode, f.Uid, f.Typeflag)
		}
	}
	program, err := elf.Open(filepath.Join(root, "smpp-connector"))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has a segment %v", p.Type)
		}
	}
	if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(read(t, filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))) {
		t.Error("no certificate authorities")
	}
	if zone, err := time.LoadLocationFromTZData("Asia/Kabul", read(t, filepath.Join(root, "usr/share/zoneinfo/Asia/Kabul"))); err != nil || zone == nil {
		t.Errorf("time zone: %v", err)
	}
}

// checkRuns runs the program in the unpacked root, as its user: it says its version,
// sends messages through the demo, and leaves nothing behind; what a pod's
// configuration gets wrong it says.
func checkRuns(t *testing.T, root string) {
	if out := inside(t, root, nil, "version"); !strings.Contains(out, "v9.8.7") || !strings.Contains(out, "0123456789abcdef") {
		t.Errorf("version: %s", out)
	}
	before := tree(t, root)
	out := inside(t, root, []string{"TMPDIR=/data", "DATA_DIR=/data"}, "demo", "--messages", "20", "--json")
	var result struct{ Messages, Receipts, Lost, Duplicates int }
	if err := json.Unmarshal([]byte(out), &result); err != nil || result.Receipts != 20 || result.Lost != 0 || result.Duplicates != 0 {
		t.Errorf("demo: %v in %s", err, out)
	}
	if after := tree(t, root); !slices.Equal(before, after) {
		t.Errorf("the program left files behind: %v, before %v", after, before)
	}
}

// inside runs the program with root as its root, as user 65532. Whoever is not root
// gets a user namespace for it.
func inside(t *testing.T, root string, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/smpp-connector", args...)
	cmd.Dir, cmd.Env = "/", append([]string{"PATH=/"}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532, NoSetGroups: os.Getuid() != 0}}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 65532, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 65532, HostID: os.Getgid(), Size: 1}}
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if os.Getuid() != 0 && errors.Is(err, syscall.EPERM) {
		t.Skipf("SKIPPED: neither root nor user namespaces on this machine: %v", err)
	}
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, out, complaints.String())
	}
	return string(out)
}

// The Dockerfile makes the same image.
func TestDockerfileAgrees(t *testing.T) {
	text := string(read(t, "../../../deploy/Dockerfile"))
	for _, want := range []string{"FROM scratch", "USER " + user, `ENTRYPOINT ["/smpp-connector"]`, `CMD ["serve"]`, "STOPSIGNAL SIGTERM",
		"ENV PATH=/ DATA_DIR=/data TMPDIR=/data", "VOLUME /data", "main.buildVersion=$VERSION -X main.buildCommit=$COMMIT"} {
		if !strings.Contains(text, want) {
			t.Errorf("deploy/Dockerfile lacks %s", want)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(read(t, "../../../go.mod"))
	if !strings.Contains(text, "FROM golang:"+string(version[1])+" AS build") {
		t.Errorf("deploy/Dockerfile builds with another Go than go.mod's %s", version[1])
	}
}

func TestPlatformsAreChecked(t *testing.T) {
	for _, platform := range []string{"windows/amd64", "linux", "", "linux/amd64/v8/x"} {
		if _, err := build(t.Context(), options{platforms: []string{platform}}); err == nil || !strings.Contains(err.Error(), "linux/amd64") {
			t.Errorf("%q: %v", platform, err)
		}
	}
}

func goArch(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOARCH").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	octets, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// unpackImage lays the layers over each other, and returns all their entries.
func unpackImage(t *testing.T, image v1.Image, root string) (files []*tar.Header) {
	t.Helper()
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for at := root; at != "/" && at != "."; at = filepath.Dir(at) { // another user is to get there
		if info, err := os.Stat(at); err == nil && strings.HasPrefix(at, os.TempDir()+"/") {
			_ = os.Chmod(at, info.Mode()|0o111)
		}
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		compressed, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(compressed)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, unpack(t, r, root)...)
		compressed.Close()
	}
	return files
}

func unpack(t *testing.T, r io.Reader, folder string) (files []*tar.Header) {
	t.Helper()
	for entries := tar.NewReader(r); ; {
		h, err := entries.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, h)
		name := filepath.Join(folder, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(name, fs.FileMode(h.Mode))
		} else {
			var octets []byte
			if octets, err = io.ReadAll(entries); err == nil {
				err = os.WriteFile(name, octets, fs.FileMode(h.Mode))
			}
		}
		if err == nil && os.Getuid() == 0 {
			err = os.Chown(name, h.Uid, h.Gid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tree lists all that stands below root.
func tree(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
