package telemetry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// A fact that neither a metric nor a line hears is lost without a word, so every
// type of actors/event must be a case in record.go or in lines.go.
func TestEveryFactIsHeard(t *testing.T) {
	heard := map[string]bool{}
	for _, file := range []string{"record.go", "lines.go"} {
		inspect(t, file, func(n ast.Node) {
			if clause, ok := n.(*ast.CaseClause); ok {
				for _, expr := range clause.List {
					if s, ok := expr.(*ast.SelectorExpr); ok {
						heard[s.Sel.Name] = true
					}
				}
			}
		})
	}
	files, err := filepath.Glob("../../actors/event/*.go")
	if err != nil {
		t.Fatal(err)
	}
	facts := 0
	for _, file := range files {
		inspect(t, file, func(n ast.Node) {
			f, ok := n.(*ast.FuncDecl)
			if !ok || f.Name.Name != "fact" || f.Recv == nil {
				return
			}
			facts++
			if name := f.Recv.List[0].Type.(*ast.Ident).Name; !heard[name] {
				t.Errorf("event.%s is a case neither in record.go nor in lines.go", name)
			}
		})
	}
	if facts < 16 {
		t.Errorf("%d facts found: this test looks in the wrong place", facts)
	}
}

func inspect(t *testing.T, path string, visit func(ast.Node)) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		visit(n)
		return true
	})
}
