package dispatch

import (
	"strings"
	"testing"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Senders are compared as they are submitted, whole or by their beginning.
func TestSendersThatAreAllowed(t *testing.T) {
	r := rules()
	r.SourceAddress = ""
	r.Outbound.From = []Prefix{{"Old", "GHASI"}}
	r.Senders = NewSenders([]string{"GHASI", "+9370012*", "1234", "My Shop"})
	for from, allowed := range map[string]bool{
		"GHASI": true, "Old": true, "ghasi": false, "GHASI2": false, "9370012": true, "93700123456": true, "+93700123456": true,
		"93700": false, "1234": true, "12345": false, "My Shop": true, "": true,
	} {
		_, refusal := Make(&contract.SmsDispatchCommand{MessageId: "m1", To: "+93700000001", From: from}, r, now)
		if (refusal == nil) != allowed {
			t.Errorf("%q: %v", from, refusal)
		}
		if refusal != nil && (refusal.Reason != ReasonSender || refusal.Field != "from" || strings.Contains(refusal.Detail, from+" ") || !refusal.Later()) {
			t.Errorf("%q: %v", from, refusal)
		}
		if p := Begun(&contract.SmsDispatchCommand{MessageId: "m1", To: "+93700000001", From: from}, r); p == nil || p.PDUs() != 1 {
			t.Errorf("%q has no plan of what was begun", from)
		}
	}
	if NewSenders(nil) != nil {
		t.Error("an empty list allows nobody")
	}
}
