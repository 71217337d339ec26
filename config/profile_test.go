package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
)

// Every embedded profile is made of known knobs with valid values, and works for
// an operator once its own demands on the process are met.
func TestEmbeddedProfiles(t *testing.T) {
	set, err := embeddedProfiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(set) < 11 {
		t.Errorf("%d profiles: want the default and at least ten examples", len(set))
	}
	for _, name := range set.names() {
		for _, complaint := range set.check(name, name+".") {
			t.Errorf("profile %s: %v", name, complaint)
		}
		c, err := Load("", append(slices.Clone(minimal), "SMPP_PROFILE="+name, "DISPATCH_ACK_WAIT=15m"))
		if err != nil {
			t.Errorf("an operator with profile %s: %v", name, err)
		} else if c.Operators[0].ProfileName != name {
			t.Errorf("profile is %s, want %s", c.Operators[0].ProfileName, name)
		}
	}
}

// The default profile says something of every knob, so that no default hides in code.
func TestDefaultProfileIsComplete(t *testing.T) {
	set, err := embeddedProfiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range profileSettings {
		_, said := set[defaultProfile][row.path]
		if timer := strings.HasPrefix(row.path, "timers."); said == timer {
			t.Errorf("default.yaml has %s: %v (timers are the process's)", row.path, said)
		}
	}
}

// operator entry > profile > default profile, knob by knob.
func TestProfileLayers(t *testing.T) {
	const file = `
timers: {response: 20s, bind: 3s}
profiles:
  roshan:
    window: 25
    timers: {response: 15s}
    sourceTon: 7
    addresses: {alphanumeric: {ton: 0}}
    fallbackTriggers: [ESME_RINVCMDID, esme_rbindfail, 0x00000450]
operators:
  - {id: a, host: h, port: 1, systemId: s, password: p, profile: roshan}
  - {id: b, host: h, port: 1, systemId: s, password: p, profile: roshan, window: 30, sourceTon: null}
`
	c := load(t, file, []string{})
	a, b := c.Operators[0], c.Operators[1]
	if a.Window != 25 || b.Window != 30 || a.MaxParts != 255 {
		t.Errorf("windows %d and %d, parts %d", a.Window, b.Window, a.MaxParts)
	}
	if a.Timers.Response != 15*time.Second || a.Timers.Bind != 3*time.Second || a.Timers.Unbind != 5*time.Second {
		t.Errorf("timers: %+v", a.Timers)
	}
	if a.Addresses.Source.TON == nil || *a.Addresses.Source.TON != 7 || b.Addresses.Source.TON != nil {
		t.Error("sourceTon: a wants 7, b takes it back with null")
	}
	if a.Addresses.Alphanumeric != (Numbering{0, 0}) || a.Addresses.Short != (Numbering{3, 0}) {
		t.Errorf("addresses: %+v", a.Addresses)
	}
	if want := []codec.Status{0x03, 0x0D, 0x450}; !slices.Equal(a.FallbackTriggers, want) {
		t.Errorf("fallback triggers: %v", a.FallbackTriggers)
	}
}

// The credentials answer overrides the operator, and a profile that it names
// takes the place of the operator's own (US-SC-002).
func TestUSSC002MergeCredentials(t *testing.T) {
	const file = `
profiles:
  slow: {window: 3, timers: {response: 60s}}
  fast: {window: 500}
operators:
  - {id: a, host: old, port: 1, systemId: s, password: old, profile: fast, tpsLimit: 40}
`
	o := load(t, file, []string{}).Operators[0]
	five := uint8(5)
	merged, err := o.Merge(Credentials{
		OperatorID: "a", Host: "new", Port: 2776, Password: "new", Profile: "slow",
		LongStrategy: LongTLV, SourceTON: &five, TLS: &TLS{Enabled: true}, AddressRange: &AddressRange{TON: 1, NPI: 1, Range: "93*"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if merged.Host != "new" || merged.Port != 2776 || merged.Password.Reveal() != "new" || merged.SystemID != "s" {
		t.Errorf("account: %s:%d as %s", merged.Host, merged.Port, merged.SystemID)
	}
	if merged.Window != 3 || merged.Timers.Response != time.Minute || merged.TPSLimit != 40 || merged.LongStrategy != LongTLV {
		t.Errorf("window %d, response %v, tps %d, %s", merged.Window, merged.Timers.Response, merged.TPSLimit, merged.LongStrategy)
	}
	if *merged.Addresses.Source.TON != 5 || !merged.TLS.Enabled || merged.TLS.MinVersion != "1.2" || merged.AddressRange.Range != "93*" {
		t.Errorf("ton %v, tls %+v, range %+v", merged.Addresses.Source.TON, merged.TLS, merged.AddressRange)
	}
	if o.Host != "old" || o.Window != 500 {
		t.Error("Merge changed the operator it was called on")
	}

	again, err := merged.Merge(Credentials{})
	if err != nil || again.Host != "old" || again.Window != 500 {
		t.Errorf("an answer that says nothing leaves the operator: %v, %s, %d", err, again.Host, again.Window)
	}
	_, err = o.Merge(Credentials{OperatorID: "b", Port: 70000, Window: -1, Profile: "none", DefaultAlphabet: "ebcdic", Password: "hunter2"})
	for _, field := range []string{"operatorId", "port", "window", "profile", "defaultAlphabet"} {
		if err == nil || !strings.Contains(err.Error(), "credentials[a]."+field) {
			t.Errorf("no complaint of %s in: %v", field, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Errorf("quotes the password: %v", err)
	}
}

// Of an operator that only the service describes: the gaps of an answer that names
// a profile are that profile's, TLS first of all, before and after Merge.
func TestUSSC002ProfileOfTheAnswerFillsItsGaps(t *testing.T) {
	c := load(t, "", []string{"OPERATOR_IDS=a", "OPERATOR_MANAGEMENT_URL=http://operators.internal:3000"})
	filled, err := c.Operators[0].WithProfile("telia")
	if err != nil || !filled.TLS.Enabled || filled.Window != 10 || filled.ProfileName != "telia" {
		t.Fatalf("%v: tls %v, window %d, profile %s", err, filled.TLS.Enabled, filled.Window, filled.ProfileName)
	}
	merged, err := c.Operators[0].Merge(Credentials{
		Host: "h", Port: 3550, SystemID: "s", Password: "p", Profile: "telia", TLS: &filled.TLS, Window: filled.Window,
	})
	if err != nil || !merged.TLS.Enabled || merged.Window != 10 {
		t.Errorf("%v: tls %v, window %d", err, merged.TLS.Enabled, merged.Window)
	}
	if _, err := c.Operators[0].WithProfile("none"); err == nil {
		t.Error("an unknown profile is accepted")
	}
	if own, err := filled.WithProfile(""); err != nil || own.ProfileName != defaultProfile {
		t.Errorf("%v: its own is %s", err, own.ProfileName)
	}
}

// The static answer is whole: merging it changes nothing.
func TestStaticCredentials(t *testing.T) {
	c := load(t, "operators: [{id: a, host: h, port: 1, systemId: s, password: p, profile: telia, window: 4, sourceNpi: 9}]", []string{})
	answer, known := c.Credentials("a")
	if !known || answer.Host != "h" || answer.Password.Reveal() != "p" || answer.Window != 4 || !answer.TLS.Enabled || *answer.SourceNPI != 9 {
		t.Fatalf("known %v: %+v", known, answer)
	}
	merged, err := c.Operators[0].Merge(answer)
	if err != nil {
		t.Fatal(err)
	}
	was := c.Operators[0]
	for _, row := range operatorSettings {
		if a, b := row.field(&was).show(), row.field(&merged).show(); a != b {
			t.Errorf("%s: %s became %s", row.path, a, b)
		}
	}
	if _, known := c.Credentials("b"); known {
		t.Error("b is known")
	}
}

// SMPP 3.4 §5.2.5, §5.2.6: ton and npi by the shape of the address.
func TestNumberingByShape(t *testing.T) {
	a := load(t, "", minimal).Operators[0].Addresses
	for _, row := range []struct {
		address string
		want    Numbering
	}{
		{"+93700123456", Numbering{1, 1}}, {"93700123456", Numbering{1, 1}}, {"1234", Numbering{3, 0}},
		{"123456", Numbering{3, 0}}, {"1234567", Numbering{1, 1}}, {"GHASI", Numbering{5, 0}}, {"4ME", Numbering{5, 0}},
		{"", Numbering{5, 0}}, {"+", Numbering{5, 0}}, {"روشن", Numbering{5, 0}},
	} {
		if got := a.OfSource(row.address); got != row.want {
			t.Errorf("%q: %v, want %v", row.address, got, row.want)
		}
	}
	a.Bare = bareNational
	zero := uint8(0)
	a.Destination.NPI = &zero
	if got := a.OfDestination("0700123456"); got != (Numbering{2, 0}) {
		t.Errorf("national with a fixed npi: %v", got)
	}
}

// The values that only profiles have: read, shown as they would be written, and
// refused with what is wanted.
func TestProfileValues(t *testing.T) {
	const file = `
operators:
  - id: a
    host: h
    port: 1
    systemId: s
    password: p
    text: {lockingShift: Portuguese, singleShift: spanish, flash: class}
    receipts: {words: [BLOCKED=REJECTED, buffrd=enroute], errors: [001=unknown subscriber, 0a2=barred], acceptedIsFinal: true, textFirst: true}
    tlvs: ["PE_ID=0x1400:text:required", "N=5123:uint16"]
    statuses: ["esme_rsyserr=retry:30s", "0x0408=Reject", "1025=retry:1m30s:halve", "0x45=half-close", "ESME_RTHROTTLED=retry", "0x0402=accept:none"]
`
	op := load(t, file, []string{}).Operators[0]
	if op.LockingShift != segment.Portuguese || op.SingleShift != segment.Spanish || op.Flash != FlashClass || !op.AcceptedIsFinal || !op.ReceiptTextFirst {
		t.Errorf("%+v", op.Profile)
	}
	if want := []ReceiptWord{{"BLOCKED", codec.StateRejected}, {"BUFFRD", codec.StateEnroute}}; !slices.Equal(op.ReceiptWords, want) {
		t.Errorf("words %v", op.ReceiptWords)
	}
	if want := []ReceiptError{{"001", "unknown subscriber"}, {"0A2", "barred"}}; !slices.Equal(op.ReceiptErrors, want) {
		t.Errorf("errors %v", op.ReceiptErrors)
	}
	if want := []TLV{{"PE_ID", 0x1400, "text", true}, {"N", 0x1403, "uint16", false}}; !slices.Equal(op.TLVs, want) {
		t.Errorf("tlvs %v", op.TLVs)
	}
	if shown := tlvs(&op.TLVs).show(); shown != `["PE_ID=0x1400:text:required", "N=0x1403:uint16"]` {
		t.Errorf("shown as %s", shown)
	}
	if want := []StatusRule{
		{codec.StatusSysErr, "retry", "", 30 * time.Second}, {0x408, "reject", "", 0}, {0x401, "retry", "halve", 90 * time.Second},
		{codec.StatusSubmitFail, "", "half-close", 0}, {codec.StatusThrottled, "retry", "", 0}, {0x402, "accept", "none", 0},
	}; !slices.Equal(op.Statuses, want) {
		t.Errorf("statuses %v", op.Statuses)
	}
	if shown := statusRules(&op.Statuses).show(); shown != `["ESME_RSYSERR=retry:30s", "0x00000408=reject", "0x00000401=retry:1m30s:halve", "ESME_RSUBMITFAIL=half-close", "ESME_RTHROTTLED=retry", "0x00000402=accept:none"]` {
		t.Errorf("shown as %s", shown)
	}
	var p Profile
	for name, c := range map[string]struct {
		v    value
		raws []any
	}{
		"language": {language(&p.LockingShift, segment.Language.HasLocking), []any{"pashto", "spanish", 3}},
		"errors":   {receiptErrors(&p.ReceiptErrors), []any{"001", "=x", "001=", "1=" + strings.Repeat("x", 101)}},
		"codings":  {inboundCodings(&p.InboundCodings), []any{"1", "1=", "=gsm7", "256=gsm7", "-1=gsm7", "1=ebcdic", []any{1}}},
		"words":    {receiptWords(&p.ReceiptWords), []any{"BLOCKED", "BLOCKED=GONE", "=REJECTED", []any{1}}},
		"tlvs":     {tlvs(&p.TLVs), []any{"PE_ID", "PE_ID=0x1400", "PE_ID=0x14000:text", "PE_ID=0x1400:float", "PE_ID=0x1400:text:perhaps", "a b=1:text"}},
		"statuses": {statusRules(&p.Statuses), []any{"0x0408", "0x0408=", "0x0408=retry:", "0x0408=30s", "0x0408=reject:30s", "0x0408=halve:retry",
			"0x0408=retry:halve:30s", "0x0408=retry:0s", "0x0408=retry:25h", "0x0408=retry:1s:halve:none", "ESME_ROK=retry", "0=reject", "ESME_RNONSENSE=reject", 8}},
	} {
		for _, raw := range c.raws {
			if want := c.v.read(raw); want == "" {
				t.Errorf("%s: %v is taken", name, raw)
			}
		}
	}
}

// Prefix rules: their order, what is refused, and a rule that never has its turn.
func TestAddressRules(t *testing.T) {
	const file = `
operators:
  - id: a
    host: h
    port: 1
    systemId: s
    password: p
    addresses: {bare: national, plus: keep, rewrite: {to: [+93=0, 0093=0], from: ["Ghasi=GHASI"]}, rewriteInbound: {from: "00=+, 0=+93, 1234=5678, 1=2", to: ["GHASI="]}}
`
	a := load(t, file, []string{}).Operators[0].Addresses
	if want := []PrefixRule{{"+93", "0"}, {"0093", "0"}}; !slices.Equal(a.Rewrite.To, want) || !slices.Equal(a.Rewrite.From, []PrefixRule{{"Ghasi", "GHASI"}}) || !a.KeepsPlus() {
		t.Errorf("rewrite %+v, plus %s", a.Rewrite, a.Plus)
	}
	if want := []PrefixRule{{"00", "+"}, {"0", "+93"}, {"1234", "5678"}, {"1", "2"}}; !slices.Equal(a.RewriteInbound.From, want) || !slices.Equal(a.RewriteInbound.To, []PrefixRule{{"GHASI", ""}}) {
		t.Errorf("rewriteInbound %+v", a.RewriteInbound)
	}
	var rules []PrefixRule
	for _, raw := range []any{"", []any{"00"}, []any{"=+"}, []any{"0=1=2"}, []any{"00 =+"}, []any{"00= +"}, []any{strings.Repeat("0", 21) + "=1"}, []any{map[string]any{"00": "+"}}, []any{"0\x00=1"}} {
		if want := prefixRules(&rules).read(raw); (want == "") != (raw == "") || want != "" && !strings.Contains(want, "[+93=0, 0093=0]") {
			t.Errorf("%v: %q", raw, want)
		}
	}
	for list, want := range map[string]string{
		"0=+93, 00=+": "addresses.rewriteInbound.from is a list with 00=+ behind 0=+93: want the longer prefix first",
		"00=+, 00=0":  "addresses.rewriteInbound.from is a list with 00=0 behind 00=+",
		"7=+937, 70":  `addresses.rewriteInbound.from is "7=+937, 70": want rules as in`,
	} {
		_, err := Load(write(t, strings.Replace(file, "00=+, 0=+93, 1234=5678, 1=2", list, 1)), []string{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", list, err, want)
		}
	}
}

// Allowed senders: their form, and a default sender that is none of them.
func TestSenders(t *testing.T) {
	o := load(t, "", append(slices.Clone(minimal), "SMPP_SOURCE_ADDRESS=GHASI")).Operators[0]
	if len(o.Senders) != 0 {
		t.Errorf("by default: %v", o.Senders)
	}
	const file = `operators: [{id: a, host: h, port: 1, systemId: s, password: p, sourceAddress: GHASI, senders: [GHASI, My Shop, "+93788*", 1234]}]`
	o = load(t, file, []string{}).Operators[0]
	if want := []string{"GHASI", "My Shop", "+93788*", "1234"}; !slices.Equal(o.Senders, want) {
		t.Errorf("%q", o.Senders)
	}
	for from, want := range map[string]string{"sourceAddress: Ghasi": "sourceAddress", `sourceAddress: "93700123456"`: "sourceAddress", `sourceAddress: "+93788000111"`: "",
		`sourceAddress: ""`: "", "sourceAddress: Ghasi, addresses: {rewrite: {from: [Ghasi=GHASI]}}": ""} {
		_, err := Load(write(t, strings.Replace(file, "sourceAddress: GHASI", from, 1)), []string{})
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), "operators[a]."+want+" (SMPP_SOURCE_ADDRESS) is ") {
			t.Errorf("%s: %v", from, err)
		}
	}
	var list []string
	for _, raw := range []any{[]any{""}, []any{"*"}, []any{"+*"}, []any{"a*b"}, []any{strings.Repeat("a", 21)}, []any{"a=b"}, []any{"a,b"}, []any{[]any{}}} {
		if senders(&list).read(raw) == "" {
			t.Errorf("%v is taken", raw)
		}
	}
}

// How a validity is written, and how long ids are kept.
func TestValidityAndExpiry(t *testing.T) {
	const file = `operators: [{id: a, host: h, port: 1, systemId: s, password: p, KNOBS}, {id: b, host: h, port: 1, systemId: s, password: p, receipts: {expiry: 5m}}]`
	c := load(t, strings.Replace(file, "KNOBS", "validityForm: Absolute, validityPeriod: 24h, protocolId: 0x20, receipts: {expiry: 100h}", 1), []string{"OPERATOR_IDS=b"})
	if a, _ := c.Operator("a"); a.ValidityForm != ValidityAbsolute || a.ValidityPeriod != 24*time.Hour || a.ProtocolID != 32 {
		t.Errorf("%+v", a.Profile)
	}
	if c.LongestExpiry() != 100*time.Hour || load(t, "", minimal).LongestExpiry() != 72*time.Hour {
		t.Errorf("ids are kept for %v", c.LongestExpiry())
	}
	// An operator-management-service may name any profile.
	slow := `profiles: {slow: {receipts: {expiry: 168h}}}`
	for url, want := range map[string]time.Duration{"OPERATOR_MANAGEMENT_URL=http://operators.internal:3000": 168 * time.Hour, "SMPP_HOST=h": 72 * time.Hour} {
		if got := load(t, slow, []string{"OPERATOR_IDS=a", "SMPP_PORT=1", "SMPP_SYSTEM_ID=s", "SMPP_PASSWORD=p", url}).LongestExpiry(); got != want {
			t.Errorf("%s: ids are kept for %v, want %v", url, got, want)
		}
	}
	for knobs, want := range map[string]string{
		"validityForm: none":                      "",
		"validityForm: none, validityPeriod: 24h": "operators[a].validityPeriod is 24h: want 0s",
		"validityForm: iso":                       "operators[a].validityForm is",
		"protocolId: 256":                         "operators[a].protocolId is",
		"receipts: {expiry: 59s}":                 "operators[a].receipts.expiry is 59s: want 0s for correlation.expiry, or at least 1m",
		"receipts: {expiry: 721h}":                "operators[a].receipts.expiry is",
	} {
		_, err := Load(write(t, strings.Replace(file, "KNOBS", knobs, 1)), []string{})
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", knobs, err)
		}
	}
}

// The knobs of a line and of a failover: defaults, then a profile's, then an entry's.
func TestUSSC013FailbackAndLineKnobs(t *testing.T) {
	o := load(t, "", append(slices.Clone(minimal), "SMPP_SOURCE_IP=192.0.2.7", "TLS_TIMEOUT=3s")).Operators[0]
	if o.Failback != (Failback{30 * time.Second, time.Minute}) || o.Congestion != CongestionOff || o.HoldUnknown != time.Hour || o.ReferenceBits != 0 {
		t.Errorf("defaults: %+v, %s, %v, %d", o.Failback, o.Congestion, o.HoldUnknown, o.ReferenceBits)
	}
	if o.SourceIP != "192.0.2.7" || o.Outbind != (Outbind{}) {
		t.Errorf("from %s, outbind %+v", o.SourceIP, o.Outbind)
	}
	if got := o.Timers; got.TLS != 3*time.Second || got.RebindFloor != 0 || got.AuthFailed != 5*time.Minute || got.AlreadyBound != time.Minute {
		t.Errorf("timers: %+v", got)
	}
	const file = `
profiles:
  roshan: {congestion: latency, holdUnknown: 10m, failback: {holdMax: 0s}, outbind: {listen: ":2776", systemId: mno, password: pw}}
operators:
  - {id: a, host: h, port: 1, systemId: s, password: p, profile: roshan, failback: {linger: 0s}, congestion: off, timers: {rebindFloor: 30s}}
`
	c := load(t, file, []string{})
	o = c.Operators[0]
	if o.Failback != (Failback{}) || o.Congestion != CongestionOff || o.HoldUnknown != 10*time.Minute || o.Timers.RebindFloor != 30*time.Second {
		t.Errorf("%+v, %s, %v, %v", o.Failback, o.Congestion, o.HoldUnknown, o.Timers.RebindFloor)
	}
	if o.Outbind != (Outbind{":2776", "mno", "pw"}) {
		t.Errorf("outbind %s as %s", o.Outbind.Listen, o.Outbind.SystemID)
	}
	if c.Recorder != (Recorder{Octets: 65536, DumpFiles: 1000, DumpOctets: 256 << 20}) || c.Redis.Timeout != 50*time.Millisecond || c.Management.Refresh != time.Minute {
		t.Errorf("recorder %+v, redis %v, refresh %v", c.Recorder, c.Redis.Timeout, c.Management.Refresh)
	}
}

// A backup listens for its outbind too, an operator of another pod does not.
func TestOneAddressOneListener(t *testing.T) {
	const file = `
operators:
  - {id: a, host: h, port: 1, systemId: s, password: p, outbind: {listen: ":2776", systemId: mno}}
  - {id: b, host: h, port: 1, systemId: s, password: p, outbind: {listen: ":2776", systemId: mno}}
  - {id: c, host: h, port: 1, systemId: s, password: p, backupOperatorId: b}
`
	load(t, file, []string{"OPERATOR_IDS=a"})
	load(t, file, []string{"OPERATOR_IDS=c"})
	_, err := Load(write(t, file), []string{"OPERATOR_IDS=a,c"})
	if err == nil || !strings.Contains(err.Error(), "operators[b].outbind.listen") {
		t.Errorf("a beside b, the backup of c: %v", err)
	}
}

// A profile alone can be tried out: an embedded one, and one of a file whose operators
// are not there yet.
func TestProfiled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	write := func(yaml string) {
		if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("profiles: {roshan: {messageIdRule: hex-to-dec}}\noperators: [{id: a}]")
	if o, err := Profiled("", "vonage"); err != nil || o.MessageIDRule != "hex-to-dec" || o.DefaultAlphabet != AlphabetLatin1 {
		t.Errorf("vonage: %v, %s, %s", err, o.MessageIDRule, o.DefaultAlphabet)
	}
	if o, err := Profiled(file, "roshan"); err != nil || o.MessageIDRule != "hex-to-dec" || o.DefaultAlphabet != AlphabetGSM7 {
		t.Errorf("roshan: %v, %s, %s", err, o.MessageIDRule, o.DefaultAlphabet)
	}
	if _, err := Profiled(file, "none"); err == nil || !strings.Contains(err.Error(), "roshan") {
		t.Errorf("none: %v", err)
	}
	write("profiles: {roshan: {inboundCodings: [1=ebcdic], windw: 3}}")
	_, err := Profiled(file, "roshan")
	for _, want := range []string{"profiles.roshan.inboundCodings", "windw"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint of %s in: %v", want, err)
		}
	}
}
