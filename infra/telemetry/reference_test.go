package telemetry_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/ghasi/smpp-connector/infra/telemetry"
)

var update = flag.Bool("update", false, "write deploy/METRICS.md instead of comparing it")

func TestReferenceIsMadeFromTheTable(t *testing.T) {
	const path = "../../deploy/METRICS.md"
	var want bytes.Buffer
	if err := telemetry.WriteReference(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the table says; run go test ./infra/telemetry -run Reference -update", path)
	}
}
