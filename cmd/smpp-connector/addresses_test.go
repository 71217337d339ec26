package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 7: an MNO of national numbers and registered senders, from its profile to the
// tools. A sender that it registers later is a reload and a replay.
func TestAnMNOsOwnAddresses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "connector.yaml")
	profile := func(senders string) {
		t.Helper()
		yaml := `profiles: {national: {senders: [` + senders + `], addresses: {bare: national, rewrite: {to: [+93=0, 93=0]}, rewriteInbound: {from: [00=+, 0=+93, 93=+93]}}}}`
		if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	profile("Ghasi")
	s := &stage{mno: smsc.Start(t, smsc.SendReceipts(smsc.After(0)))}
	host, port := s.mno.HostPort()
	cfg, err := config.Load(file, []string{"OPERATOR_IDS=demo", "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port), "SMPP_SYSTEM_ID=demo", "SMPP_PASSWORD=secret", "SMPP_SOURCE_ADDRESS=Ghasi",
		"SMPP_PROFILE=national", "HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.app = startAppWith(t, cfg, appOptions{log: io.Discard})
	awaitBound(t, s.mno, s.app, 1)
	s.connect(t)
	dlr, mo, dead := s.listen(t, contract.SubjectDLRInbound), s.listen(t, contract.SubjectMOInbound), s.listen(t, contract.SubjectDLQ)

	s.command1(t, `{"messageId":"m1","to":"+93700000077","text":"x"}`)
	if e := dlr("m1"); e.body["to"] != "+93700000077" || e.body["from"] != "Ghasi" {
		t.Errorf("receipt: %v", e.body)
	}
	if list := s.mno.SMS(); len(list) != 1 || list[0].Destination != (smsc.Address{TON: 2, NPI: 1, Addr: "0700000077"}) {
		t.Errorf("submitted: %+v", list)
	}
	s.mno.Do(smsc.SendMO("0093700000077", "1234", "STOP"))
	if e := mo(""); e.body["from"] != "+93700000077" || e.body["text"] != "STOP" {
		t.Errorf("MO: %v", e.body)
	}

	s.command1(t, `{"messageId":"m2","to":"+93700000077","from":"Shop","text":"x"}`)
	if e := dead("m2"); e.body["reason"] != "sender_not_allowed" || e.body["field"] != "from" {
		t.Errorf("dead letter: %v", e.body)
	}
	if status, out, _ := s.dlq(t, "list", "--reason", "sender_not_allowed"); status != 0 || !strings.Contains(out, "m2  sender_not_allowed  from") {
		t.Errorf("dlq list: %d %q", status, out)
	}
	profile("Ghasi, Shop")
	s.app.reload()
	eventually(t, "the replay to be sent under the new list", func() bool {
		if status, _, complaints := s.dlq(t, "replay", "--yes", "--again", "m2"); status != 0 {
			t.Fatalf("replay: %d %s", status, complaints)
		}
		return len(s.mno.SMS()) > 1
	})
	if e := dlr("m2"); e.body["from"] != "Shop" || e.body["to"] != "+93700000077" {
		t.Errorf("receipt of the replay: %v", e.body)
	}

	s.settled(t)
	if status, out, complaints := call(t, "forget", "+93700000077", "--yes", "--nats", s.app.embedded.URL()); status != 0 || !strings.Contains(out, "2 correlations") {
		t.Errorf("forget: %d %s%s", status, out, complaints)
	}
}
