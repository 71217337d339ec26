package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/config"
)

var update = flag.Bool("update", false, "write the README's table of settings again")

// The README's table of settings is the configuration's own table.
func TestREADMEListsEverySetting(t *testing.T) {
	const readme, begin, end = "../../README.md", "-update` -->\n", "<!-- end of settings -->"
	octets, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(octets), begin)
	have, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the README has lost the marks around the table of settings")
	}
	var b strings.Builder
	b.WriteString("| setting | environment | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, row := range config.Reference() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", row.Name, code(row.Env), code(row.Default), strings.ReplaceAll(row.Meaning, "|", "\\|"))
	}
	if *update {
		if err := os.WriteFile(readme, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != b.String() {
		t.Error("the README's table of settings is not the program's: go test ./cmd/smpp-connector -run README -update")
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
