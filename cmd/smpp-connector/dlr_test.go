package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// decisions.md 011: `dlr orphans` says which receipts found no message, and why;
// `dlr replay` has them matched under the profile that was corrected.
func TestDLRReplayMatchesUnderTheCorrectedProfile(t *testing.T) {
	s := &stage{mno: smsc.Start(t, smsc.FirstID(0xDEADBEEF), smsc.AnswerIDs(smsc.Hex), smsc.SendReceipts(smsc.After(0), smsc.IDAs(smsc.Decimal)))}
	host, port := s.mno.HostPort()
	file := filepath.Join(t.TempDir(), "config.yaml")
	profile := func(rule string) {
		t.Helper()
		text := fmt.Sprintf("dlr: {orphanAfter: 1s}\noperators:\n  - {id: demo, host: %s, port: %d, systemId: demo, password: secret, messageIdRule: %s}\n", host, port, rule)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	profile("as-is")
	cfg, err := config.Load(file, []string{"HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.app = startApp(t, cfg)
	<-s.app.started // the streams are there
	s.connect(t)
	s.platform(t, "m1", "Hello")
	eventually(t, "the orphan is published", func() bool { return s.stored(t, contract.SubjectDLROrphan) == 1 })

	data := s.app.cfg.Load().DataDir
	status, out, complaints := call(t, "dlr", "orphans", "--data", data, "--json")
	var orphan orphanJSON
	if err := json.Unmarshal([]byte(out), &orphan); status != 0 || err != nil || orphan.ID != "3735928559" || orphan.Diagnosis != dlr.WouldMatch("hex-to-dec") {
		t.Fatalf("status %d, %s%s", status, out, complaints)
	}
	if status, out, _ := call(t, "dlr", "orphans", "--data", data); status != 0 || !strings.Contains(out, "3735928559") || strings.Contains(out, "Hello") {
		t.Errorf("status %d, %s", status, out)
	}
	if status, _, complaints := call(t, "dlr", "replay", "--data", data); status != 2 || !strings.Contains(complaints, "--all") {
		t.Errorf("without a selection: status %d, %s", status, complaints)
	}

	profile("hex-to-dec")
	s.app.reload()
	eventually(t, "the orphan is matched", func() bool {
		if s.stored(t, contract.SubjectDLROrphan) == 1 { // the connector may not have read the profile yet
			call(t, "dlr", "replay", "--data", data, "--all", "--yes")
		}
		return s.stored(t, contract.SubjectDLRInbound) == 1
	})
	eventually(t, "it is an orphan no more", func() bool { return s.stored(t, contract.SubjectDLROrphan) == 0 })
	if status, _, complaints := call(t, "dlr", "orphans", "--data", data); status != 1 || !strings.Contains(complaints, "no orphans") {
		t.Errorf("status %d, %s", status, complaints)
	}
}
