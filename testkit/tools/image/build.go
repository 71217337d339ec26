package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user is who runs in the image: nonroot, by the number that distroless images use,
// so that Kubernetes can see that it is not root.
const user = "65532:65532"

// build makes the image of every platform and the index that names them.
func build(ctx context.Context, o options) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, name := range o.platforms {
		platform, err := v1.ParsePlatform(name)
		if err != nil || platform.OS != "linux" || platform.Architecture == "" {
			return nil, fmt.Errorf("platform %q: want linux and an architecture, as in linux/amd64", name)
		}
		image, err := buildImage(ctx, o, *platform)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
			Platform: platform, Annotations: map[string]string{"org.opencontainers.image.ref.name": o.version},
		}})
	}
	return index, nil
}

// buildImage stacks two layers: what seldom changes, and the program.
func buildImage(ctx context.Context, o options, platform v1.Platform) (v1.Image, error) {
	program, err := compile(ctx, o, platform)
	if err != nil {
		return nil, err
	}
	ground, err := groundFiles(ctx)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, files := range [][]file{ground, {{path: "smpp-connector", mode: 0o755, content: program}}} {
		packed, err := pack(files, o.at())
		if err != nil {
			return nil, err
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil }, tarball.WithMediaType(types.OCILayer))
		if err != nil {
			return nil, err
		}
		if image, err = mutate.AppendLayers(image, layer); err != nil {
			return nil, err
		}
	}
	configured, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	configured = configured.DeepCopy()
	configured.Architecture, configured.OS, configured.Variant = platform.Architecture, platform.OS, platform.Variant
	configured.Created = v1.Time{Time: o.at()}
	configured.History = nil
	configured.Config = v1.Config{
		User: user, WorkingDir: "/", StopSignal: "SIGTERM",
		Entrypoint: []string{"/smpp-connector"}, Cmd: []string{"serve"},
		Env:          []string{"PATH=/", "DATA_DIR=/data", "TMPDIR=/data"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Volumes:      map[string]struct{}{"/data": {}},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "smpp-connector",
			"org.opencontainers.image.source":   "https://github.com/ghasi/smpp-connector",
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.version":  o.version,
			"org.opencontainers.image.revision": o.commit,
		},
	}
	return mutate.ConfigFile(image, configured)
}

// compile builds the program for a platform: static, and the same octets from the
// same source wherever it is built.
func compile(ctx context.Context, o options, platform v1.Platform) ([]byte, error) {
	folder, err := os.MkdirTemp("", "smpp-connector-image-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	out := filepath.Join(folder, "smpp-connector")
	flags := fmt.Sprintf("-s -w -X main.buildVersion=%s -X main.buildCommit=%s", o.version, o.commit)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", out, "./cmd/smpp-connector")
	cmd.Dir = o.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOFLAGS=")
	if complaints, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, strings.TrimSpace(string(complaints)))
	}
	return os.ReadFile(out)
}
