package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../../.."

// The committed file is what the definition makes: nobody edited either alone.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	if err := run(context.Background(), root, true); err != nil {
		t.Error(err)
	}
}

// The check sees a file that differs, and says what to do.
func TestCompareSeesADifference(t *testing.T) {
	file := filepath.Join(t.TempDir(), "made.pb.go")
	if err := compare(file, "package proto\n"); err == nil || !strings.Contains(err.Error(), "make generate") {
		t.Errorf("absent file: %v", err)
	}
	if err := os.WriteFile(file, []byte("package proto\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := compare(file, "package proto\n"); err != nil {
		t.Errorf("same file: %v", err)
	}
}

// A definition that is wrong is refused with its position.
func TestCompileNamesThePlace(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "proto"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, definition), []byte("syntax = \"proto3\";\nmessage M { strin a = 1; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), folder, true); err == nil || !strings.Contains(err.Error(), definition+":2:") {
		t.Errorf("error %v", err)
	}
}
