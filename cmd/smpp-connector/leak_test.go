package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/otlp"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 8, logs: every error path is flooded with secrets in every field, and
// everything that leaves the process beside its messages is searched for them: log,
// metrics, traces, debug pages; with each kind of MSISDN_MASK.
func TestNoSecretTextOrNumberLeavesTheProcess(t *testing.T) {
	for _, c := range []struct {
		mask            string // MSISDN_MASK; empty: none is set
		line, recording string // the number in a line of the log, and in the flight recorder
	}{
		{"", "***456", "xxxxxxxx456"},
		{"5+2", "93799***56", "93799xxxx56"},
		{"hidden", "***", "xxxxxxxxxxx"},
	} {
		t.Run("mask "+c.mask, func(t *testing.T) {
			all := everythingThatLeaves(t, c.mask)
			for _, want := range []string{" source_addr=" + c.line + " destination_addr=" + c.line + " validity_period=10 octets data_coding", "source_addr=" + c.recording + " ",
				c.recording + " waits: xxxxxxxxxx, xxxxxxxxxxxxxxxxxxxx"} {
				if !strings.Contains(all, want) {
					at := strings.Index(all, "unexpected_pdu")
					t.Errorf("nowhere is %q: %s", want, all[max(0, at-200):min(len(all), at+300)])
				}
			}
		})
	}
}

// everythingThatLeaves floods a connector and searches what leaves it, and returns that.
func everythingThatLeaves(t *testing.T, mask string) string {
	t.Helper()
	const password, text, number = "Hunt3rPw", "Tr3ffpunkt", "93799123456"
	collector := otlp.Start(t)
	var out strings.Builder
	log := &lockedBuffer{}
	t.Run("flood", func(t *testing.T) {
		mno := smsc.Start(t, smsc.Account("leaky", password), smsc.SendReceipts(smsc.InTextOnly()), smsc.ThrottleEvery(7), smsc.ExplainRefusals(number+" waits: "+strings.ToUpper(text)+", "+hex.EncodeToString([]byte(text))), smsc.LoseAnswers(2, 1))
		host, port := mno.HostPort()
		cfg := testConfig(t, "SMPP_HOST="+host, fmt.Sprintf("SMPP_PORT=%d", port), "SMPP_SYSTEM_ID=leaky", "SMPP_PASSWORD="+password,
			"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "TRACE_SAMPLE_RATIO=1", "LOG_LEVEL=debug", "MSISDN_MASK="+mask)
		a, err := newApp(t.Context(), cfg, appOptions{log: log})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ran := make(chan error, 1)
		go func() { ran <- a.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-ran })
		awaitBound(t, mno, a, 1)
		s := &stage{app: a, mno: mno}
		s.connect(t)
		s.floodWithSecrets(t, text, number)
		eventually(t, "the flight recorder has a refusal with its words", func() bool {
			return strings.Contains(pageOf(t, "http://"+a.http.DebugAddr()+"/debug/binds/demo.trx.1/pdus", password), "waits")
		})
		for _, path := range []string{"/debug/actors", "/debug/config", "/debug/binds/demo.trx.1", "/debug/binds/demo.trx.1/history", "/debug/binds/demo.trx.1/pdus"} {
			out.WriteString(pageOf(t, "http://"+a.http.DebugAddr()+path, password))
		}
		capture := pageOf(t, "http://"+a.http.DebugAddr()+"/debug/binds/demo.trx.1/pdus?format=pcapng", password)
		out.WriteString(capture)
		out.WriteString(pageOf(t, "http://"+a.http.HTTPAddr()+"/metrics", ""))
		out.WriteString(pageOf(t, "http://"+a.http.HTTPAddr()+"/ready", ""))
	})
	out.WriteString(log.String())
	out.WriteString(collector.Everything())
	all := out.String()
	if !strings.Contains(all, "command went to the dead letters") || !strings.Contains(all, "peer broke the protocol") || len(collector.Spans("consume")) < 40 || !strings.Contains(all, "smpp_connector_dlq_total") {
		t.Error("the flood has not reached what it should")
	}
	for what, secret := range map[string]string{"password": password, "text": text, "number": number} {
		wide := []byte{}
		for _, r := range secret {
			wide = append(wide, 0, byte(r))
		}
		for _, form := range []string{secret, strings.ToLower(secret), strings.ToUpper(secret), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
			base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString(wide), string(wide)} {
			if at := strings.Index(all, form); at >= 0 {
				t.Errorf("a %s has left the process: …%s…", what, all[max(0, at-200):min(len(all), at+100)])
			}
		}
	}
	return all
}

// floodWithSecrets puts text and number wherever a command, a receipt, an MO or an
// illegal PDU has room for it.
func (s *stage) floodWithSecrets(t *testing.T, text, number string) {
	t.Helper()
	dlq := s.listen(t, contract.SubjectDLQ)
	submitted := s.listen(t, contract.SubjectSubmitted)
	quote := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	good := map[string]any{"to": number, "text": text}
	bad := []string{
		`{"messageId":"b0","to":"` + number + `","text":"` + text, // cut off
		`{"messageId":"b1","to":"` + text + `","text":"` + text + `"}`,
		`{"messageId":"b2","to":"` + number + text + number + `","text":"x"}`,
		`{"messageId":"b3","to":{"` + text + `":"` + number + `"},"text":"` + text + `"}`,
		`{"messageId":"b4","to":"` + number + `","text":["` + text + `"]}`,
		`{"messageId":"b5","to":"` + number + `","text":"` + text + `","encoding":"` + text + `"}`,
		`{"messageId":"b6","to":"` + number + `","text":"` + text + `","longMessageStrategy":"` + text + `"}`,
		`{"messageId":"b7","to":"` + number + `","text":"` + text + `","from":"` + text + text + text + `"}`,
		`{"messageId":"b8","to":"` + number + `","text":"` + text + `","expiresAt":"` + text + `"}`,
		`{"messageId":"b9","to":"` + number + `","text":"` + text + `","expiresAt":"2001-01-01T00:00:00Z"}`,
		`{"messageId":"b10","to":"` + number + `","text":"` + strings.Repeat(text, 5000) + `"}`,
		`{"messageId":"b11","to":"` + number + `","text":"` + text + `","tlvs":{"` + text + `":"` + number + `"}}`,
		`{"messageId":"b12","to":"` + number + `","text":"` + text + `","validityPeriod":"` + text + `"}`,
		`{"messageId":"b13","to":"` + number + `","text":"` + text + `","segmentFingerprint":"` + text + `","priority":"` + text + `"}`,
		text, `"` + text + `"`, `[` + quote(good) + `]`,
	}
	for _, payload := range bad {
		if _, err := s.js.Publish(t.Context(), contract.OperatorSubject("demo"), []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		good["messageId"] = fmt.Sprint("g", i)
		if _, err := s.js.Publish(t.Context(), contract.OperatorSubject("demo"), []byte(quote(good))); err != nil {
			t.Fatal(err)
		}
	}
	tlvs := codec.TLVs{{Tag: 0x1403, Value: []byte(text)}, {Tag: 0x1502, Value: []byte(number)}, {Tag: codec.TagCallbackNumAtag, Value: []byte(text)}, {Tag: codec.TagMessagePayload, Value: []byte(text)},
		{Tag: codec.TagAdditionalStatusInfoText, Value: []byte("about " + text)}}
	for _, step := range []smsc.Step{
		smsc.SendMO(number, "1234", text), smsc.SendMO(number, text, text, smsc.Wide()), smsc.SendMO(number, "1234", strings.Repeat(text+" ", 40), smsc.WithoutPart(2)),
		smsc.SendPDU(&codec.DeliverSM{ESMClass: 4, SourceAddr: number, DestinationAddr: number, ShortMessage: []byte("id:" + text + " stat:DELIVRD text:" + text), TLVs: tlvs}),
		smsc.SendPDU(&codec.DeliverSM{SourceAddr: number, DestinationAddr: number, ShortMessage: []byte(text), TLVs: tlvs}),
		smsc.SendPDU(&codec.DeliverSM{ESMClass: 4, SourceAddr: number, DestinationAddr: number, ShortMessage: []byte(text)}),
		smsc.SendPDU(&codec.DeliverSM{ESMClass: 0x40, SourceAddr: number, DestinationAddr: number, ShortMessage: append([]byte{200}, text...)}),
		smsc.SendPDU(&codec.SubmitSM{SourceAddr: number, DestinationAddr: number, ShortMessage: []byte(text), ValidityPeriod: text, TLVs: tlvs}),
		smsc.SendPDU(&codec.SubmitSMResp{Header: codec.Header{Sequence: 99, Status: codec.StatusSysErr}, MessageID: text, TLVs: tlvs}),
		smsc.SendPDU(&codec.DataSMResp{Header: codec.Header{Sequence: 98, Status: codec.StatusSysErr}, MessageID: text, TLVs: tlvs}),
		smsc.SendPDU(&codec.BindTransceiver{Bind: codec.Bind{SystemID: "peer", Password: text}}),
		smsc.SendRaw(append([]byte{0, 0, 0, 26, 0, 0, 0x0f, 0x99, 0, 0, 0, 0, 0, 0, 0, 77}, text...)), // an unknown command
		smsc.SendRaw(append([]byte{0, 0, 0, 26, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 78}, text...)),       // deliver_sm that is none
	} {
		s.mno.Do(step)
	}
	dlq("b13")
	submitted("")
	// Of what the peer's losses leave, all: a command that is not settled has no span yet.
	eventually(t, "most of it is settled", func() bool {
		return s.stored(t, contract.SubjectDLQ) == uint64(len(bad)) && s.stored(t, contract.SubjectSubmitted) >= 25
	})
	s.mno.Do(smsc.SendRaw(append([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 78}, text...))) // a length that ends the line
	eventually(t, "the garbage has ended the line", func() bool { return s.mno.Counts().Binds >= 2 })
}

func pageOf(t *testing.T, url, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK && !strings.HasSuffix(url, "/ready") {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
	return string(body)
}
