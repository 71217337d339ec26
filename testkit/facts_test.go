package testkit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// US-SC-014: a fact that nobody raises is a metric that can never move and an alert that
// can never fire; one that nobody listens to is a story that nobody can see.
func TestEveryFactIsRaisedAndHeard(t *testing.T) {
	facts := factTypes(t)
	raised, heard := map[string]string{}, map[string]string{}
	for path, file := range parsedPrograms(t) {
		for name := range composed(file) {
			raised[name] = path
		}
		if strings.HasPrefix(path, "infra/telemetry/") {
			for name := range cased(file) {
				heard[name] = path
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if raised[name] == "" {
			t.Errorf("event.%s is raised by no program: what is counted from it stays 0", name)
		}
		if heard[name] == "" {
			t.Errorf("event.%s has no case in infra/telemetry: nobody sees it", name)
		}
	}
	if len(facts) < 30 {
		t.Errorf("%d facts found: this test looks in the wrong place", len(facts))
	}
}

// factTypes are the types of actors/event that have the method fact.
func factTypes(t *testing.T) map[string]bool {
	facts := map[string]bool{}
	for path, file := range parsedPrograms(t) {
		if filepath.Dir(path) != "actors/event" {
			continue
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "fact" && f.Recv != nil {
				facts[f.Recv.List[0].Type.(*ast.Ident).Name] = true
			}
		}
	}
	return facts
}

// parsedPrograms are the module's Go files that are no tests and no test's help, by
// their path from its root.
func parsedPrograms(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != ".." && (isOutside(path, d.Name()) || d.Name() == "testkit") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		rel, _ := filepath.Rel("..", path)
		files[filepath.ToSlash(rel)] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// composed are the facts of which a file makes values.
func composed(file *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok {
			note(names, file, lit.Type)
		}
		return true
	})
	return names
}

// cased are the facts that a file's type switches have a case for.
func cased(file *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if c, ok := n.(*ast.CaseClause); ok {
			for _, expr := range c.List {
				note(names, file, expr)
			}
		}
		return true
	})
	return names
}

// note takes in a type of actors/event: event.X, or X within the package itself.
func note(names map[string]bool, file *ast.File, expr ast.Expr) {
	switch e := expr.(type) {
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok && pkg.Name == "event" {
			names[e.Sel.Name] = true
		}
	case *ast.Ident:
		if file.Name.Name == "event" {
			names[e.Name] = true
		}
	}
}
