package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/memory"
)

// The kinds of TLV that a profile may declare are those that dispatch can write.
func TestTLVKindsAreTheSameOnBothSides(t *testing.T) {
	var declared []string
	for kind := optional.Text; kind <= optional.Hex; kind++ {
		declared = append(declared, fmt.Sprintf("T%d=0x%04X:%v", kind, 0x1400+int(kind), kind))
	}
	cfg := operatorOf(t, "tlvs: [\""+strings.Join(declared, `", "`)+"\"]")
	rules := tlvRules(cfg.Operators[0].TLVs)
	if len(rules) != len(declared) {
		t.Fatalf("%d rules of %d declarations", len(rules), len(declared))
	}
	for i, rule := range rules {
		if rule.Kind != optional.Kind(i) {
			t.Errorf("%s becomes %v", declared[i], rule.Kind)
		}
	}
}

// Issue 4.3: what an MNO sends is read by `inboundCodings`, and where that is silent by the
// data_coding of what it is sent; a coding that is said twice is a complaint.
func TestInboundCodingsOfAnAccount(t *testing.T) {
	for _, c := range []struct {
		profile string
		want    map[uint8]text.Alphabet
	}{
		{"", map[uint8]text.Alphabet{8: text.UCS2}},
		{"dataCoding: {gsm7: 4}", map[uint8]text.Alphabet{8: text.UCS2, 4: text.GSM7}},
		{"dataCoding: {gsm7: 3, ucs2: 0x18}, defaultAlphabet: latin9", map[uint8]text.Alphabet{0x18: text.UCS2, 3: text.Latin9}},
		{"dataCoding: {gsm7: 1}, inboundCodings: [1=ascii, 0x04=GSM7]", map[uint8]text.Alphabet{8: text.UCS2, 1: text.ASCII, 4: text.GSM7}},
		{"profile: infobip", map[uint8]text.Alphabet{8: text.UCS2, 1: text.GSM7}},
	} {
		cfg := operatorOf(t, c.profile)
		account, err := (&accounts{cfg: func() *config.Config { return cfg }}).Fetch(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(account.Text.Override, c.want) || !maps.Equal(account.Receipts.Text.Override, c.want) {
			t.Errorf("%q: %v, of receipts %v, want %v", c.profile, account.Text.Override, account.Receipts.Text.Override, c.want)
		}
	}
	_, err := loadOperator(t, "inboundCodings: [4=gsm7, 0x04=ascii]")
	if err == nil || !strings.Contains(err.Error(), "operators[a].inboundCodings is a list that has data_coding 4 twice: want each data_coding once") {
		t.Errorf("a coding that is said twice: %v", err)
	}
}

// loadOperator reads a file with one operator, a, whose entry ends as told.
func loadOperator(t *testing.T, settings string) (*config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	yaml := "operators: [{id: a, host: 127.0.0.1, port: 2775, systemId: s, password: p, " + settings + "}]"
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(file, []string{})
}

// operatorOf is loadOperator for a file without a mistake.
func operatorOf(t *testing.T, settings string) *config.Config {
	t.Helper()
	cfg, err := loadOperator(t, settings)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// US-SC-013: in a pod of one MNO and direction the backup keeps its own MNO, direction
// and binds, whether or not rows say them.
func TestUSSC013ABackupKeepsItsOwnBinds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	yaml := `operators:
  - {id: awcc, host: h, port: 1, systemId: s, password: p, binds: 2, backupOperatorId: roshan}
  - {id: roshan, host: h, port: 2, systemId: s, password: p, binds: 2, bindMode: tx_rx}
  - {id: etisalat-bulk, mno: etisalat, host: h, port: 3, systemId: s, password: p}`
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, []string{"OPERATOR_IDS=awcc", "MNO_ID=kabul", "BIND_DIRECTION=trx"})
	if err != nil {
		t.Fatal(err)
	}
	mem := memory.New()
	finder := &accounts{cfg: func() *config.Config { return cfg }, settings: mem.Binds}
	defer finder.close()
	names := func(operator string) (list []string) {
		account, err := finder.Fetch(t.Context(), operator)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range account.Binds {
			list = append(list, b.Bind.String())
		}
		return list
	}
	for operator, want := range map[string]string{"awcc": "kabul.trx.1 kabul.trx.2", "roshan": "roshan.tx.1 roshan.rx.1 roshan.tx.2 roshan.rx.2", "etisalat-bulk": "etisalat.trx.1"} {
		if got := strings.Join(names(operator), " "); got != want {
			t.Errorf("binds of %s: %s, want %s", operator, got, want)
		}
	}
	row := func(number int, enabled bool) port.BindSetting {
		return port.BindSetting{Bind: port.BindID{MNO: "rsh", Direction: port.TX, Number: number}, OperatorID: "roshan", Window: 5, Enabled: enabled}
	}
	mem.Binds.Put(row(3, true), row(4, false))
	if got := strings.Join(names("roshan"), " "); got != "rsh.tx.3" {
		t.Errorf("by its rows: %s", got)
	}
}

// Issue 5, bad input: settings rows that contradict the pod are an error with its
// remedy, and binds that are switched off are not replaced by those of the configuration.
func TestUSSC023RowsThatContradictThePodAreAnError(t *testing.T) {
	row := func(mno string, d port.Direction, number int, enabled bool) port.BindSetting {
		return port.BindSetting{Bind: port.BindID{MNO: mno, Direction: d, Number: number}, OperatorID: "awcc", Window: 5, Enabled: enabled}
	}
	base := []string{"OPERATOR_IDS=awcc", "SMPP_HOST=h", "SMPP_PORT=1", "SMPP_SYSTEM_ID=s", "SMPP_PASSWORD=p", "SMPP_BINDS=4"}
	ofPod := append(base, "MNO_ID=awcc", "BIND_DIRECTION=tx")
	for name, c := range map[string]struct {
		env   []string
		rows  []port.BindSetting
		binds int
		wrong string
	}{
		"no rows":                  {base, nil, 4, ""},
		"all of the operator":      {base, []port.BindSetting{row("awcc", port.TRX, 1, true), row("awcc", port.TRX, 2, false), row("other", port.TX, 1, true)}, 2, ""},
		"of the pod":               {ofPod, []port.BindSetting{row("awcc", port.TRX, 1, true), row("awcc", port.TX, 7, true)}, 1, ""},
		"all are switched off":     {base, []port.BindSetting{row("awcc", port.TRX, 1, false)}, 0, ""},
		"none of its direction":    {ofPod, []port.BindSetting{row("awcc", port.TRX, 1, true)}, 0, `none of mno "awcc" in direction "tx": add such a row`},
		"none of its mno":          {ofPod, []port.BindSetting{row("roshan", port.TX, 1, true)}, 0, "or correct MNO_ID"},
		"off, and none of its mno": {ofPod, []port.BindSetting{row("roshan", port.TX, 1, false)}, 0, "has 1 binds"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load("", c.env)
			if err != nil {
				t.Fatal(err)
			}
			mem := memory.New()
			mem.Binds.Put(c.rows...)
			finder := &accounts{cfg: func() *config.Config { return cfg }, settings: mem.Binds}
			defer finder.close()
			account, err := finder.Fetch(t.Context(), "awcc")
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("%v; want %q in it", err, c.wrong)
				}
				return
			}
			if err != nil || len(account.Binds) != c.binds {
				t.Errorf("%v, %v; want %d binds", account, err, c.binds)
			}
		})
	}
}

// US-SC-016: two operators of one MNO without rows have binds of their own, or both are
// refused with the remedy; which binds an operator has does not depend on what other
// operators a pod serves.
func TestUSSC016TwoOperatorsOfOneMNOShareNoBind(t *testing.T) {
	row := func(operator string, number int) port.BindSetting {
		return port.BindSetting{Bind: port.BindID{MNO: "roshan", Direction: port.TRX, Number: number}, OperatorID: operator, Window: 5, Enabled: true}
	}
	for name, c := range map[string]struct {
		operators string // OPERATOR_IDS
		settings  string // of roshan-bulk
		rows      []port.BindSetting
		binds     map[string]string
		wrong     string // of those that have none
	}{
		"both from 1":              {"roshan,roshan-bulk", "binds: 2", nil, map[string]string{"roshan": "", "roshan-bulk": ""}, "is free for"},
		"numbers of their own":     {"roshan,roshan-bulk", "binds: 2, firstBind: 4", nil, map[string]string{"roshan": "1 2 3", "roshan-bulk": "4 5"}, ""},
		"in another order":         {"roshan-bulk,roshan", "binds: 2, firstBind: 4", nil, map[string]string{"roshan": "1 2 3", "roshan-bulk": "4 5"}, ""},
		"one of them alone":        {"roshan-bulk", "binds: 2, firstBind: 4", nil, map[string]string{"roshan-bulk": "4 5"}, ""},
		"they overlap in one":      {"roshan,roshan-bulk", "binds: 2, firstBind: 3", nil, map[string]string{"roshan": "", "roshan-bulk": ""}, `bind roshan.trx.3 is operator "`},
		"rows of both":             {"roshan,roshan-bulk", "binds: 2", []port.BindSetting{row("roshan", 1), row("roshan-bulk", 2)}, map[string]string{"roshan": "1", "roshan-bulk": "2"}, ""},
		"rows of one, in the way":  {"roshan,roshan-bulk", "binds: 2", []port.BindSetting{row("roshan", 2)}, map[string]string{"roshan": "2", "roshan-bulk": ""}, `(3 is free for "roshan-bulk")`},
		"rows of one, beside them": {"roshan,roshan-bulk", "binds: 2", []port.BindSetting{row("roshan", 7)}, map[string]string{"roshan": "7", "roshan-bulk": "1 2"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "smpp.yaml")
			yaml := "operators:\n  - {id: roshan, host: h, port: 1, systemId: s, password: p, binds: 3}\n  - {id: roshan-bulk, host: h, port: 1, systemId: s, password: p, " + c.settings + "}\n"
			if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(file, []string{"OPERATOR_IDS=" + c.operators, "MNO_ID=roshan", "BIND_DIRECTION=trx", "POSTGRES_URL=postgres://localhost/sms"})
			if err != nil {
				t.Fatal(err)
			}
			mem := memory.New()
			mem.Binds.Put(c.rows...)
			finder := &accounts{cfg: func() *config.Config { return cfg }, settings: mem.Binds}
			defer finder.close()
			for operator, want := range c.binds {
				account, err := finder.Fetch(t.Context(), operator)
				if want == "" {
					if err == nil || !strings.Contains(err.Error(), c.wrong) || !strings.Contains(err.Error(), "firstBind") {
						t.Errorf("%s: %v, %v; want %q in the error", operator, account, err, c.wrong)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				var numbers []string
				for _, b := range account.Binds {
					numbers = append(numbers, strconv.Itoa(b.Bind.Number))
				}
				if got := strings.Join(numbers, " "); got != want {
					t.Errorf("%s has binds %s, want %s", operator, got, want)
				}
			}
		})
	}
}

// US-SC-002: the backoff of an operator's settings is that of requests for its account too.
func TestUSSC002AccountsAreAskedForByTheOperatorsBackoff(t *testing.T) {
	cfg, err := config.Load("", []string{"OPERATOR_IDS=awcc", "SMPP_HOST=h", "SMPP_PORT=1", "SMPP_SYSTEM_ID=s", "SMPP_PASSWORD=p", "BACKOFF=1s,2s", "BACKOFF_JITTER=0.25"})
	if err != nil {
		t.Fatal(err)
	}
	finder := &accounts{cfg: func() *config.Config { return cfg }}
	if schedule, jitter := finder.backoff("awcc"); !slices.Equal(schedule, []time.Duration{time.Second, 2 * time.Second}) || jitter != 0.25 {
		t.Errorf("%v, and %v by lot", schedule, jitter)
	}
	if schedule, _ := finder.backoff("nobody"); len(schedule) != 0 {
		t.Errorf("of an operator that is not known: %v", schedule)
	}
}

// accountOf is the account that an operator's entry, as YAML, becomes.
func accountOf(t *testing.T, entry string) *actors.Account {
	t.Helper()
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	if err := os.WriteFile(file, []byte("operators: [{id: a, host: h, port: 1, systemId: s, password: p, "+entry+"}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, []string{})
	if err != nil {
		t.Fatal(err)
	}
	finder := &accounts{cfg: func() *config.Config { return cfg }, settings: memory.New().Binds}
	t.Cleanup(finder.close)
	account, err := finder.Fetch(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// What a profile says of submits reaches the rules of the account, and without a word
// of it there are none.
func TestKnobsOfSubmitsReachTheAccount(t *testing.T) {
	r := accountOf(t, `addresses: {shortDigits: 5, plus: keep, rewrite: {to: [+93=0, 93=0], from: [Ghasi=GHASI]}, rewriteInbound: {from: ["0=+93"], to: [GHASI=Ghasi]}}`).Rules
	want := dispatch.Rewriting{ShortDigits: 5, To: []dispatch.Prefix{{Old: "+93", New: "0"}, {Old: "93", New: "0"}}, From: []dispatch.Prefix{{Old: "Ghasi", New: "GHASI"}}}
	if !reflect.DeepEqual(r.Outbound, want) || !r.Source.KeepPlus || !r.Destination.KeepPlus {
		t.Errorf("outbound %+v, plus kept %v, %v", r.Outbound, r.Source.KeepPlus, r.Destination.KeepPlus)
	}
	want = dispatch.Rewriting{ShortDigits: 5, From: []dispatch.Prefix{{Old: "0", New: "+93"}}, To: []dispatch.Prefix{{Old: "GHASI", New: "Ghasi"}}}
	if !reflect.DeepEqual(r.Inbound, want) {
		t.Errorf("inbound %+v", r.Inbound)
	}
	r = accountOf(t, "sourceAddress: GHASI, senders: [GHASI, 93788*]").Rules
	for from, allowed := range map[string]bool{"": true, "93788000111": true, "Ghasi": false} {
		if _, refusal := dispatch.Make(&contract.SmsDispatchCommand{To: "93700000001", From: from}, r, time.Now()); (refusal == nil) != allowed {
			t.Errorf("%q: %v", from, refusal)
		}
	}
	late := accountOf(t, "validityPeriod: 2h, validityForm: absolute, protocolId: 32, receipts: {expiry: 100h}")
	if r = late.Rules; r.Validity != 2*time.Hour || r.ValidityForm != dispatch.AbsoluteValidity || r.ProtocolID != 32 || late.Expiry != 100*time.Hour {
		t.Errorf("validity %v in form %d, protocol_id %d, expiry %v", r.Validity, r.ValidityForm, r.ProtocolID, late.Expiry)
	}
	if perBind := accountOf(t, "tpsLimit: 10, tpsScope: bind"); perBind.TPS != 10 || !perBind.TPSPerBind {
		t.Errorf("limit %d, of each bind: %v", perBind.TPS, perBind.TPSPerBind)
	}
	plain := accountOf(t, "window: 10")
	if r = plain.Rules; plain.TPSPerBind || plain.Expiry != 72*time.Hour || r.ValidityForm != dispatch.RelativeValidity || r.ProtocolID != 0 || r.Senders != nil || len(r.Outbound.From)+len(r.Outbound.To)+len(r.Inbound.From)+len(r.Inbound.To) > 0 || r.Source.KeepPlus {
		t.Errorf("without rules: %+v", r)
	}
}
