package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/config"
)

// The kinds of TLV that a profile may declare are those that dispatch can write.
func TestTLVKindsAreTheSameOnBothSides(t *testing.T) {
	var declared []string
	for kind := dispatch.TLVText; kind <= dispatch.TLVHex; kind++ {
		declared = append(declared, fmt.Sprintf("T%d=0x%04X:%v", kind, 0x1400+int(kind), kind))
	}
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	yaml := "operators: [{id: a, host: h, port: 1, systemId: s, password: p, tlvs: [\"" + strings.Join(declared, `", "`) + "\"]}]"
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, []string{})
	if err != nil {
		t.Fatal(err)
	}
	rules := tlvRules(cfg.Operators[0].TLVs)
	if len(rules) != len(declared) {
		t.Fatalf("%d rules of %d declarations", len(rules), len(declared))
	}
	for i, rule := range rules {
		if rule.Kind != dispatch.TLVKind(i) {
			t.Errorf("%s becomes %v", declared[i], rule.Kind)
		}
	}
}
