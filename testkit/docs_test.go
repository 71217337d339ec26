package testkit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest  = regexp.MustCompile(`\bTest[A-Z]\w*(…|\*)?`)
	markdown   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeBlocks = regexp.MustCompile("(?s)```.*?```")
)

// TestDocumentsTellTheTruth holds what the documents claim: a test that README's
// table of stories (or any other document) names exists, and a link leads somewhere.
// A name that ends in … or * stands for all tests that begin so.
func TestDocumentsTellTheTruth(t *testing.T) {
	tests := allTests(t)
	documents := 0
	walk(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		documents++
		octets, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, complaint := range falseClaims(string(octets), filepath.Dir(path), tests) {
			t.Errorf("%s: %s", strings.TrimPrefix(filepath.ToSlash(path), "../"), complaint)
		}
	})
	if documents == 0 {
		t.Error("no document found: this test looks in the wrong place")
	}
}

// falseClaims lists what a document in folder says that is not so.
func falseClaims(text, folder string, tests map[string]bool) (complaints []string) {
	for _, name := range namedTest.FindAllString(text, -1) {
		if !exists(name, tests) {
			complaints = append(complaints, "names "+name+", and there is no such test")
		}
	}
	for _, link := range markdown.FindAllStringSubmatch(codeBlocks.ReplaceAllString(text, ""), -1) {
		target, _, _ := strings.Cut(link[1], "#")
		if target == "" || strings.Contains(target, ":") { // within the page, or out into the world
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(target))); err != nil {
			complaints = append(complaints, "links to "+target+", which is not there")
		}
	}
	return complaints
}

func exists(name string, tests map[string]bool) bool {
	beginning, isPrefix := strings.CutSuffix(name, "…")
	if !isPrefix {
		beginning, isPrefix = strings.CutSuffix(name, "*")
	}
	if !isPrefix {
		return tests[name]
	}
	for test := range tests {
		if strings.HasPrefix(test, beginning) {
			return true
		}
	}
	return false
}

// allTests are the names of the test functions of every package, the nested
// module's too.
func allTests(t *testing.T) map[string]bool {
	tests := make(map[string]bool)
	walk(t, func(path string) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = true
			}
		}
	})
	return tests
}

// walk visits the repository's files, without what is hidden or installed.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	const root = ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		visit(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFalseClaimsAreFound(t *testing.T) {
	tests := map[string]bool{"TestUSSC001Here": true}
	for text, want := range map[string]int{
		"| US-SC-001 | `TestUSSC001Here` |":                     0,
		"| US-SC-001 | `TestUSSC001…` |":                        0,
		"| US-SC-001 | `TestUSSC001*` |":                        0,
		"| US-SC-001 | `TestUSSC001` |":                         1,
		"| US-SC-002 | `TestUSSC002…`, `TestUSSC001Gone` |":     2,
		"[here](docs_test.go#L1), [there](https://example.org)": 0,
		"[gone](gone.md), [up](#up)":                            1,
		"```\n[code](is-not-a-link)\n```":                       0,
	} {
		if got := falseClaims(text, ".", tests); len(got) != want {
			t.Errorf("%q: got %q, want %d complaints", text, got, want)
		}
	}
}
