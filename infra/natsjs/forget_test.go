package natsjs_test

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 8: a number is purged on request; what held it goes on working, and nothing
// of another subscriber is touched.
func TestANumberIsForgottenOnRequest(t *testing.T) {
	conn, _ := connected(t)
	const number, other = "93700123456", "93700123457"
	now := time.Now().Truncate(time.Millisecond)
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	rowOf := func(id, to string) port.Correlation {
		return port.Correlation{OperatorID: "awcc", OperatorMessageID: id, MessageID: "m" + id, PartIndex: 1, PartsTotal: 1, Bind: bind,
			From: "Ghasi", To: to, SubmittedAt: now, ExpiresAt: now.Add(time.Hour)}
	}
	if err := conn.Correlations().Save(within(t), []port.Correlation{rowOf("1", number), rowOf("2", other), rowOf("3", "+"+number)}); err != nil {
		t.Fatal(err)
	}
	receipt := codec.Append(nil, &codec.DeliverSM{ESMClass: 4, SourceAddr: number, DestinationAddr: "Ghasi", ShortMessage: []byte("id:9 stat:DELIVRD to:" + number)})
	parked := port.ParkedReceipt{Key: port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: "9"}, State: 2, Bind: bind, HeardAt: now, Source: number, Dest: "Ghasi", Octets: receipt}
	inTLVs := &codec.DeliverSM{ESMClass: 4, SourceAddr: other, DestinationAddr: "Ghasi"}
	inTLVs.TLVs.Add(codec.TagMessagePayload, []byte("id:10 stat:DELIVRD to:"+number))
	inTLVs.TLVs.Add(0x1403, []byte("+"+number))
	parked2 := parked
	parked2.Key.OperatorMessageID, parked2.Source, parked2.Octets = "10", other, codec.Append(nil, inTLVs)
	if err := conn.Receipts().Park(within(t), []port.ParkedReceipt{parked, parked2}); err != nil {
		t.Fatal(err)
	}
	bury(t, conn, "awcc", "m7", "expired") // its payload names the number, in base64
	bury(t, conn, "awcc", "m8", "expired", func(r *contract.DispatchRejected) { r.Payload = []byte(`{"to":"` + other + `"}`) })

	want := natsjs.Forgotten{Correlations: 2, Receipts: 2, Events: 1}
	for _, dry := range []bool{true, false} {
		if got, err := conn.Forget(within(t), number, true, dry); err != nil || got != want {
			t.Fatalf("dry %v: %+v, %v; want %+v", dry, got, err, want)
		}
	}
	if got, err := conn.Forget(within(t), number, true, true); err != nil || got != (natsjs.Forgotten{}) {
		t.Errorf("it still stands in %+v, %v", got, err)
	}
	rows, err := conn.Correlations().Find(within(t), []port.CorrelationKey{{OperatorID: "awcc", OperatorMessageID: "1"}, {OperatorID: "awcc", OperatorMessageID: "2"}})
	if err != nil || rows[0] == nil || rows[0].To != "" || rows[0].From != "Ghasi" || rows[0].MessageID != "m1" || rows[1].To != other {
		t.Errorf("%+v, %v", rows, err)
	}
	if left := find(t, conn.DeadLetters(), natsjs.DeadLetterFilter{}); len(left) != 1 || left[0].Rejected.GetMessageId() != "m8" {
		t.Errorf("%d dead letters are left", len(left))
	}
}
