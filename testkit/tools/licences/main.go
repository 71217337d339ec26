// Command licences lists the licence of every module that is linked into the
// programs, and fails where one is unknown or not among those that an Apache-2.0
// program may carry. Google's licenseclassifier, the one under go-licenses, reads the
// texts; nothing is asked over the network.
//
//	cd testkit/tools && go run ./licences
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// allowed are licences that ask for no more than to be named. MPL-2.0 asks that
// changes to its own files are published: we change none.
var allowed = []string{"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "MPL-2.0", "Unlicense", "CC0-1.0"}

// module is what `go list` says of one.
type module struct{ Path, Version, Dir string }

// finding is a module and the licences of the texts in it.
type finding struct {
	module
	licences []string
}

func main() {
	root := flag.String("root", "../..", "the root of the module github.com/ghasi/smpp-connector, seen from here")
	flag.Parse()
	found, err := run(context.Background(), *root)
	for _, f := range found {
		fmt.Printf("%-62s %-40s %s\n", f.Path, f.Version, strings.Join(f.licences, ", "))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
	fmt.Printf("%d modules, every licence allowed\n", len(found))
}

func run(ctx context.Context, root string) ([]finding, error) {
	modules, err := linked(ctx, root)
	if err != nil {
		return nil, err
	}
	reader, err := assets.DefaultClassifier()
	if err != nil {
		return nil, err
	}
	var found []finding
	var errs []error
	for _, m := range modules {
		f := finding{module: m}
		f.licences, err = licencesOf(reader, m.Dir)
		found = append(found, f)
		errs = append(errs, err, judge(f))
	}
	return found, errors.Join(errs...)
}

// linked are the modules whose packages the programs are built of, without ours.
func linked(ctx context.Context, root string) ([]module, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "./cmd/...")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	byPath := map[string]module{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Module *struct {
				module
				Main bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			byPath[p.Module.Path] = p.Module.module
		}
	}
	var modules []module
	for _, m := range byPath {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return modules, nil
}

// texts are the names of files that hold a licence.
var texts = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([.-].*)?$`)

// licencesOf reads the texts at a module's top.
func licencesOf(reader *classifier.Classifier, folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !texts.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		for _, m := range reader.Match(text).Matches {
			if m.MatchType == "License" && m.Confidence >= 0.9 && !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// judge is what is wrong with a module's licences, or nothing.
func judge(f finding) error {
	if len(f.licences) == 0 {
		return fmt.Errorf("%s %s: no licence that is known: read it, and do without the module or say here why not", f.Path, f.Version)
	}
	for _, name := range f.licences {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("%s %s: %s is not allowed: want one of %s", f.Path, f.Version, name, strings.Join(allowed, ", "))
		}
	}
	return nil
}
