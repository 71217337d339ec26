package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// file is one entry of a layer. A path that ends in a slash is a folder.
type file struct {
	path    string
	mode    int64
	owner   int // user and group
	content []byte
}

// groundFiles are what a static program needs around it. The authorities are
// Mozilla's as the module golang.org/x/crypto/x509roots carries them, and the time
// zones those of the Go toolchain: both are pinned, neither is of this machine.
func groundFiles(ctx context.Context) ([]file, error) {
	files := []file{
		{path: "etc/passwd", mode: 0o644, content: []byte("root:x:0:0:root:/:/none\nnonroot:x:65532:65532:nonroot:/data:/none\n")},
		{path: "etc/group", mode: 0o644, content: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{path: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: authorities()},
		{path: "data/", mode: 0o700, owner: 65532},
	}
	zones, err := timeZones(ctx)
	return append(files, zones...), err
}

func authorities() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
	}
	return b.Bytes()
}

func timeZones(ctx context.Context) ([]file, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	zones, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return nil, fmt.Errorf("the toolchain's time zones: %w", err)
	}
	defer zones.Close()
	var files []file
	for _, zone := range zones.File {
		if strings.HasSuffix(zone.Name, "/") {
			continue
		}
		r, err := zone.Open()
		if err != nil {
			return nil, err
		}
		octets, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		files = append(files, file{path: "usr/share/zoneinfo/" + zone.Name, mode: 0o644, content: octets})
	}
	return files, nil
}

// pack makes a layer: sorted, with the folders that its files stand in, all of one
// time.
func pack(files []file, at time.Time) ([]byte, error) {
	byPath := map[string]file{}
	for _, f := range files {
		for folder := path.Dir(strings.TrimSuffix(f.path, "/")); folder != "."; folder = path.Dir(folder) {
			if _, there := byPath[folder+"/"]; !there {
				byPath[folder+"/"] = file{path: folder + "/", mode: 0o755}
			}
		}
		byPath[f.path] = f
	}
	paths := make([]string, 0, len(byPath))
	for p := range byPath {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, p := range paths {
		f := byPath[p]
		header := &tar.Header{Name: p, Mode: f.mode, Uid: f.owner, Gid: f.owner, ModTime: at, Format: tar.FormatPAX, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		if strings.HasSuffix(p, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
