package main

import (
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 8: a subscriber's number is taken out on request, also of a message whose
// receipt is still to come; the receipt finds its message all the same.
func TestForgetTakesANumberOut(t *testing.T) {
	s := setStage(t, nil, smsc.SendReceipts(smsc.Never()))
	submitted, dlr := s.listen(t, contract.SubjectSubmitted), s.listen(t, contract.SubjectDLRInbound)
	if _, err := s.js.Publish(t.Context(), contract.OperatorSubject("demo"), []byte(`{"messageId":"m1","to":"93700000077","text":"x"}`)); err != nil {
		t.Fatal(err)
	}
	id := submitted("m1").body["operatorMessageIds"].([]any)[0].(string)
	at := []string{"--nats", s.app.embedded.URL()}
	if status, _, complaints := call(t, append([]string{"forget", "93700000077"}, at...)...); status != 2 || !strings.Contains(complaints, "1 correlation, 0 parked receipts and 0 events") {
		t.Errorf("without an answer: exit status %d, %s", status, complaints)
	}
	if status, out, complaints := call(t, append([]string{"forget", "93700000077", "--yes"}, at...)...); status != 0 || !strings.Contains(out, "1 correlation") {
		t.Errorf("exit status %d: %s%s", status, out, complaints)
	}
	if status, _, complaints := call(t, append([]string{"forget", "93700000077", "--yes"}, at...)...); status != 1 || !strings.Contains(complaints, "nowhere") {
		t.Errorf("a second time: exit status %d, %s", status, complaints)
	}
	s.mno.Do(smsc.SendPDU(&codec.DeliverSM{ESMClass: 4, SourceAddr: "93700000077", DestinationAddr: "Ghasi", ShortMessage: []byte("id:" + id + " stat:DELIVRD err:000 text:")}))
	if e := dlr("m1"); e.body["status"] != "DELIVERED" {
		t.Errorf("%v", e.body)
	}
	for _, args := range [][]string{{"forget"}, {"forget", "1", "2"}, {"forget", "abc"}, {"forget", "93700000077", "--postgres", "mysql://secret@x"}} {
		if status, _, complaints := call(t, append(args, at...)...); status == 0 || strings.Contains(complaints, "secret") {
			t.Errorf("%v: exit status %d, %s", args, status, complaints)
		}
	}
}
