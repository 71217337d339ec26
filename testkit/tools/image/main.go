// Command image builds the container image of smpp-connector as an OCI archive: a
// tar file with an OCI image layout in it. It needs the Go toolchain and no daemon,
// no Dockerfile and no base image; go-containerregistry, the library under ko and
// crane, writes the manifests.
//
// In the image are the program (static, with version and commit), certificate
// authorities, time zones, a user and an empty data folder. No shell, no libc, no
// package manager: nothing that a break-in could use, and nothing to patch but us.
//
// The same source gives the same octets: no time of the build, no name of the
// machine, and nothing of what is installed on it gets in.
//
//	cd testkit/tools && go run ./image -version v1.2.3 -commit $(git rev-parse HEAD) -out ../../dist/image.tar
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// options say what is built.
type options struct {
	root      string   // of the module github.com/ghasi/smpp-connector
	version   string   // shown by `smpp-connector version`, /health and the label
	commit    string   // of the source
	created   int64    // Unix seconds of the source, not of the build
	platforms []string // as in linux/amd64
	out       string   // the archive
}

func main() {
	var o options
	flag.StringVar(&o.root, "root", "../..", "the root of the module github.com/ghasi/smpp-connector, seen from here")
	flag.StringVar(&o.version, "version", "unknown", "version of the source")
	flag.StringVar(&o.commit, "commit", "unknown", "commit of the source")
	flag.Int64Var(&o.created, "created", 0, "time of the commit, in Unix seconds (SOURCE_DATE_EPOCH)")
	platforms := flag.String("platforms", "linux/"+runtime.GOARCH, "platforms, with commas between them")
	flag.StringVar(&o.out, "out", "smpp-connector.tar", "the archive to write")
	flag.Parse()
	o.platforms = strings.Split(*platforms, ",")
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	index, err := build(ctx, o)
	if err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if err := writeArchive(o.out, index); err != nil {
		return fmt.Errorf("write %s: %w", o.out, err)
	}
	fmt.Printf("%s  %s  %s  %s\n", o.out, o.version, strings.Join(o.platforms, ","), digest)
	return nil
}

// at is the time that everything in the image is of.
func (o options) at() time.Time { return time.Unix(o.created, 0).UTC() }
