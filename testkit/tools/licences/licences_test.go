package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/licenseclassifier/v2/assets"
)

// Issue 8, point 8: the licences of all that is linked are known and allowed.
func TestEveryLinkedModuleHasAnAllowedLicence(t *testing.T) {
	found, err := run(t.Context(), "../../..")
	if err != nil {
		t.Error(err)
	}
	if len(found) < 20 {
		t.Errorf("%d modules: this test looks in the wrong place", len(found))
	}
	for _, f := range found {
		t.Logf("%s %s: %s", f.Path, f.Version, strings.Join(f.licences, ", "))
	}
}

func TestWhatIsUnknownOrNotAllowedIsNamed(t *testing.T) {
	reader, err := assets.DefaultClassifier()
	if err != nil {
		t.Fatal(err)
	}
	apache, err := os.ReadFile("../../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	judged := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names, err := licencesOf(reader, folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := judge(finding{module{Path: "example.org/m", Version: "v1"}, names}); err != nil {
			return err.Error()
		}
		return ""
	}
	if got := judged("README", "no licence"); !strings.Contains(got, "example.org/m v1: no licence that is known") {
		t.Errorf("without a text: %q", got)
	}
	if got := judged("LICENSE.txt", "All rights are mine."); !strings.Contains(got, "no licence that is known") {
		t.Errorf("with a text of somebody's own: %q", got)
	}
	if got := judged("LICENSE.txt", string(apache)); got != "" {
		t.Errorf("Apache-2.0: %q", got)
	}
	if err := judge(finding{licences: []string{"MIT", "AGPL-3.0"}}); err == nil || !strings.Contains(err.Error(), "AGPL-3.0 is not allowed") {
		t.Errorf("AGPL-3.0: %v", err)
	}
}
