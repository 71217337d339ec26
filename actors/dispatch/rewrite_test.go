package dispatch

import (
	"strings"
	"testing"

	contract "github.com/ghasi/smpp-connector/proto"
)

// afghan are the rules of an MNO that wants national numbers and writes them in three ways.
func afghan() Rules {
	r := rules()
	r.Outbound = Rewriting{ShortDigits: 6, To: []Prefix{{"+93", "0"}, {"0093", "0"}, {"93", "0"}, {"00", "+"}}, From: []Prefix{{"Ghasi", "GHASI"}, {"1234", "5678"}}}
	r.Inbound = Rewriting{ShortDigits: 6, From: []Prefix{{"00", "+"}, {"0", "+93"}, {"93", "+93"}, {"7", "+937"}}, To: []Prefix{{"GHASI", "Ghasi"}, {"5678", "1234"}}}
	r.Destination.BareNational = true
	return r
}

// The first rule that fits is applied, once; rules of digits leave names and short codes alone.
func TestTheFirstRuleThatFitsOnce(t *testing.T) {
	w := Rewriting{ShortDigits: 6, To: []Prefix{{"0093", "0"}, {"00", "+"}, {"+", "00"}, {"0", "00"}, {"93", ""}, {"Gha", "gha"}, {"1234", "1"}, {"4", "5"}}}
	for address, want := range map[string]string{
		"0093700123456": "0700123456", "00447700900123": "+447700900123", "+93700123456": "0093700123456",
		"0700123456": "00700123456", "93700123456": "700123456", "Ghasi": "ghasi", "ghasi": "ghasi",
		"1234": "1", "12345": "12345", "1234567": "1567", "4ME": "4ME", "444": "444", "4445556": "5445556",
		"00": "+", "93": "", "0": "00", "": "", "200": "200", "+447700900123": "00447700900123",
	} {
		if got := w.Recipient(address); got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
		}
		if got := w.Sender(address); got != address {
			t.Errorf("a sender without rules: %q becomes %q", address, got)
		}
	}
	var none Rewriting
	source, destination := "0093700123456", "Ghasi"
	if none.Heard(&source, &destination); source != "0093700123456" || destination != "Ghasi" {
		t.Errorf("without rules: %q, %q", source, destination)
	}
	long, other := strings.Repeat("0", 20), "0"
	if w.To = []Prefix{{"0", "+93"}}; true {
		w.Heard(&other, &long)
	}
	if long != strings.Repeat("0", 20) || other != "0" {
		t.Errorf("too long for a PDU: %q, %q", long, other)
	}
}

// ton and npi are those of the shape that an address has after its rewriting; what the
// platform sees of it is what the rules for the MNO's own writing make of the result.
func TestTONAndNPIFollowTheRewrittenAddress(t *testing.T) {
	plus := afghan()
	plus.Destination.KeepPlus = true
	outOnly := afghan()
	outOnly.Inbound = Rewriting{}
	for _, c := range []struct {
		name             string
		from, to         string
		rules            Rules
		wireFrom, wireTo string
		numbers          [4]uint8
		seenFrom, seenTo string
	}{
		{"no rules", "Ghasi", "+93700123456", rules(), "Ghasi", "93700123456", [4]uint8{5, 0, 1, 1}, "Ghasi", "93700123456"},
		{"international", "Ghasi", "+93700123456", afghan(), "GHASI", "0700123456", [4]uint8{5, 0, 2, 1}, "Ghasi", "+93700123456"},
		{"bare", "1234", "93700123456", afghan(), "5678", "0700123456", [4]uint8{3, 0, 2, 1}, "1234", "+93700123456"},
		{"00", "1234", "0093700123456", afghan(), "5678", "0700123456", [4]uint8{3, 0, 2, 1}, "1234", "+93700123456"},
		{"national already", "other", "0700123456", afghan(), "other", "0700123456", [4]uint8{5, 0, 2, 1}, "other", "+93700123456"},
		{"abroad", "Ghasi", "00447700900123", afghan(), "GHASI", "447700900123", [4]uint8{5, 0, 1, 1}, "Ghasi", "447700900123"},
		{"abroad, with its plus", "Ghasi", "00447700900123", plus, "GHASI", "+447700900123", [4]uint8{5, 0, 1, 1}, "Ghasi", "+447700900123"},
		{"a short code", "Ghasi", "0123", afghan(), "GHASI", "0123", [4]uint8{5, 0, 3, 0}, "Ghasi", "0123"},
		{"out only", "Ghasi", "+93700123456", outOnly, "GHASI", "0700123456", [4]uint8{5, 0, 2, 1}, "GHASI", "0700123456"},
		{"the default sender", "", "+93700123456", afghan(), "GHASI", "0700123456", [4]uint8{5, 0, 2, 1}, "Ghasi", "+93700123456"},
	} {
		p := make1(t, &contract.SmsDispatchCommand{From: c.from, To: c.to}, c.rules)
		pdu := pdus(p, 0)[0]
		got := [4]uint8{pdu.SourceAddrTON, pdu.SourceAddrNPI, pdu.DestAddrTON, pdu.DestAddrNPI}
		if pdu.SourceAddr != c.wireFrom || pdu.DestinationAddr != c.wireTo || got != c.numbers {
			t.Errorf("%s: %q → %q %v", c.name, pdu.SourceAddr, pdu.DestinationAddr, got)
		}
		if p.From() != c.seenFrom || p.To() != c.seenTo {
			t.Errorf("%s: the platform sees %q → %q", c.name, p.From(), p.To())
		}
	}
	four := uint32(4)
	if pdu := pdus(make1(t, &contract.SmsDispatchCommand{To: "+93700123456", ToTon: &four}, afghan()), 0)[0]; pdu.DestAddrTON != 4 || pdu.DestAddrNPI != 1 {
		t.Errorf("a command's own ton: %d/%d", pdu.DestAddrTON, pdu.DestAddrNPI)
	}
}

// A recipient that a rule makes too long is a dead letter, not another number.
func TestARewrittenAddressMayBeTooLong(t *testing.T) {
	r := rules()
	r.Outbound.To = []Prefix{{"+", "00000"}}
	_, refusal := Make(&contract.SmsDispatchCommand{MessageId: "m1", To: "+937001234567890123"}, r, now)
	if refusal == nil || refusal.Field != "to" || refusal.Reason != contract.ReasonInvalidField {
		t.Errorf("%v", refusal)
	}
}
