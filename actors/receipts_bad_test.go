package actors_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// inUCS2 writes an ASCII text in UCS2, big or little endian.
func inUCS2(s string, little bool) []byte {
	var b bytes.Buffer
	for _, c := range []byte(s) {
		if little {
			b.Write([]byte{c, 0})
		} else {
			b.Write([]byte{0, c})
		}
	}
	return b.Bytes()
}

// Issue 6, bad input: an event for each receipt, however an MNO writes it, and each is
// answered ESME_ROK. US-SC-011.
func TestUSSC011BadReceiptsDoNotVanish(t *testing.T) {
	const typical = "id:1 sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:DELIVRD err:000 text:Hello"
	inbound, orphan := contract.SubjectDLRInbound, contract.SubjectDLROrphan
	for _, c := range []struct {
		name    string
		pdu     codec.DeliverSM
		subject string
		status  contract.DlrStatus_Value
		final   bool
	}{
		{"typical", codec.DeliverSM{ShortMessage: []byte(typical)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"without an id", codec.DeliverSM{ShortMessage: []byte(strings.TrimPrefix(typical, "id:1 "))}, orphan, contract.DlrStatus_DELIVERED, true},
		{"without a state", codec.DeliverSM{ShortMessage: []byte(strings.Replace(typical, "stat:DELIVRD ", "", 1))}, inbound, contract.DlrStatus_UNKNOWN, false},
		{"a state that nobody knows", codec.DeliverSM{ShortMessage: []byte(strings.Replace(typical, "DELIVRD", "GONE", 1))}, inbound, contract.DlrStatus_UNKNOWN, false},
		{"UCS2 said, ASCII sent", codec.DeliverSM{DataCoding: 8, ShortMessage: []byte(typical)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"in UCS2", codec.DeliverSM{DataCoding: 8, ShortMessage: inUCS2(typical, false)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"in UCS2, and not said", codec.DeliverSM{ShortMessage: inUCS2(typical, false)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"in UCS2, little endian", codec.DeliverSM{DataCoding: 8, ShortMessage: inUCS2(typical, true)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"behind a header", codec.DeliverSM{ESMClass: codec.ESMUDHI, ShortMessage: append([]byte{5, 0x70, 3, 1, 2, 3}, typical...)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"behind a header that lies", codec.DeliverSM{ESMClass: codec.ESMUDHI, ShortMessage: append([]byte{5, 0x70, 9, 1, 2, 3}, typical...)}, inbound, contract.DlrStatus_DELIVERED, true},
		{"an id that is too long for any message", codec.DeliverSM{TLVs: codec.TLVs{{Tag: codec.TagMessagePayload, Value: []byte("id:" + strings.Repeat("1", 60_000) + " stat:DELIVRD")}}}, orphan, contract.DlrStatus_DELIVERED, true},
		{"such an id in the TLV, and one in the text", codec.DeliverSM{ShortMessage: []byte(typical), TLVs: codec.TLVs{{Tag: codec.TagReceiptedMessageID, Value: bytes.Repeat([]byte("1"), 60_000)}}}, inbound, contract.DlrStatus_DELIVERED, true},
		{"nothing at all", codec.DeliverSM{}, orphan, contract.DlrStatus_UNKNOWN, false},
		{"a text that is none", codec.DeliverSM{ShortMessage: []byte{0xFF, 0xFE, 0x00, 0x80}}, orphan, contract.DlrStatus_UNKNOWN, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				r.sendText("m1", "Hello")
				r.after(time.Second)
				c.pdu.ESMClass |= codec.ESMTypeReceipt
				c.pdu.Sequence, c.pdu.SourceAddr, c.pdu.DestinationAddr = 9000, "93700000001", "Ghasi"
				r.mno.Do(smsc.SendPDU(&c.pdu))
				r.after(time.Second)
				list := r.receiptsOn(c.subject)
				if len(list) != 1 || list[0].GetStatus() != c.status || list[0].GetFinal() != c.final || c.subject == inbound && list[0].GetMessageId() != "m1" {
					t.Errorf("%v", list)
				}
				if strings.Contains(fmt.Sprint(list), "Hello") {
					t.Error("an event holds the message's text")
				}
				if got := r.answersTo(9000); got != "ESME_ROK" {
					t.Errorf("answered %q", got)
				}
			}, smsc.SendReceipts(smsc.Never()), smsc.Transcript(1000))
		})
	}
}

// answersTo is the status with which a deliver_sm was answered.
func (r *rig) answersTo(sequence int) string {
	for _, line := range r.mno.Transcript() {
		if _, status, ok := strings.Cut(line, fmt.Sprintf("< deliver_sm_resp seq=%d ", sequence)); ok {
			status, _, _ = strings.Cut(status, " ")
			return status
		}
	}
	return ""
}

// Issue 6, bad input: dates of 15 kinds are told as they came, and hinder nothing.
func TestUSSC011DatesOfAllKindsAreToldAsTheyCame(t *testing.T) {
	dates := []string{"2611251201", "261125120100", "202611251201", "20261125120100", "261125120100018+", "261125120100020-", "2026-11-25 12:01:00",
		"2026-11-25T12:01:00Z", "2026/11/25 12:01", "0000000000", "2613451201", "yesterday", "25.11.2026", "1764072060", "26112512010"}
	inBubble(t, func(r *rig) {
		r.start()
		r.send(len(dates)) // ids 1 to 15
		r.after(time.Second)
		for i, date := range dates {
			r.mno.Do(smsc.SendPDU(&codec.DeliverSM{SourceAddr: "93700000001", DestinationAddr: "Ghasi", ESMClass: codec.ESMTypeReceipt,
				ShortMessage: fmt.Appendf(nil, "id:%d sub:001 dlvrd:001 submit date:%s done date:%s stat:DELIVRD err:000", i+1, date, date)}))
		}
		r.after(time.Second)
		told := map[string]string{}
		for _, e := range r.receiptsOn(contract.SubjectDLRInbound) {
			if e.GetSubmitDate() != e.GetDoneDate() || e.GetStatus() != contract.DlrStatus_DELIVERED {
				t.Errorf("%v", e)
			}
			told[e.GetOperatorMessageId()] = e.GetDoneDate()
		}
		for i, date := range dates {
			if got := told[fmt.Sprint(i+1)]; got != date {
				t.Errorf("%q is told as %q", date, got)
			}
		}
	}, smsc.SendReceipts(smsc.Never()))
}
