package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// writeArchive writes an OCI image layout as one tar file: what skopeo, podman,
// crane, nerdctl and containerd load.
func writeArchive(out string, index v1.ImageIndex) error {
	folder, err := os.MkdirTemp("", "smpp-connector-layout-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if _, err := layout.Write(folder, index); err != nil {
		return err
	}
	var files []file
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		octets, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files = append(files, file{path: filepath.ToSlash(strings.TrimPrefix(name, folder+string(filepath.Separator))), mode: 0o644, content: octets})
		return nil
	})
	if err != nil {
		return err
	}
	packed, err := pack(files, time.Unix(0, 0).UTC())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, packed, 0o644)
}
