package codec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// The table that people read is the table that the program follows.
func TestPackageDocShowsTheRules(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "//\tproblem")
	shown := strings.Split(table, "\n")[1:]
	for i, rule := range Rules() {
		want := fmt.Sprintf("//\t%-20v%-23v%v", rule.Problem, rule.Side, rule.Outcome)
		if shown[i] != want {
			t.Errorf("line %d of the table in doc.go\n got %s\nwant %s", i+1, shown[i], want)
		}
		if rule.Why == "" {
			t.Errorf("%v: no reason given", rule.Problem)
		}
	}
	if after := shown[len(Rules())]; after != "//" {
		t.Errorf("doc.go shows a rule that is none: %s", after)
	}
}

// Every problem that Parse or a Framer can report has a rule, on both sides.
func TestEveryProblemHasARule(t *testing.T) {
	for p := ShortHeader; int(p) < len(problemNames); p++ {
		found := false
		for _, rule := range Rules() {
			found = found || rule.Problem == p
		}
		if !found || p.String() == "" {
			t.Errorf("%v has no rule", p)
		}
		for _, id := range []CommandID{SubmitSMID, SubmitSMRespID, AlertNotificationID, 0x42} {
			e := &DecodeError{Command: id, Reason: p}
			if out := Rule(e); out.Reaction == Respond && !id.Known() || out.Reaction == Accept {
				t.Errorf("%v of %v: %v", p, id, out)
			}
			if e.Error() == "" || strings.Contains(e.Error(), "problem") {
				t.Errorf("%v: %v", p, e)
			}
		}
	}
}

// A connection's own error answers nothing.
func TestRuleOfOtherErrors(t *testing.T) {
	if out := Rule(fmt.Errorf("read: %w", io.ErrClosedPipe)); out.Reaction != Ignore || !out.Close {
		t.Errorf("%v", out)
	}
	if Reply(errors.New("reset")) != nil {
		t.Error("nothing to answer")
	}
}

// Reply carries the sequence number of what it refuses (SMPP 3.4 §4.3.1), also
// through wrapping; it never answers a response.
func TestReply(t *testing.T) {
	for _, c := range []struct {
		frame []byte
		want  string
	}{
		{wire(&Raw{Header: Header{Sequence: 9}, ID: 0x55}), "generic_nack seq=9 ESME_RINVCMDID"},
		{wire(&Raw{Header: Header{Sequence: 8}, ID: SubmitSMID}), "submit_sm_resp seq=8 ESME_RINVCMDLEN"},
		{wire(&Raw{Header: Header{Sequence: 7}, ID: QuerySMRespID, Body: []byte("id\x00\x00")}), ""},
		{wire(&Raw{Header: Header{Sequence: 6}, ID: AlertNotificationID, Body: []byte{1}}), ""},
		{wire(&QuerySM{Header: Header{Sequence: 5}, MessageID: strings.Repeat("9", 300)}), "query_sm_resp seq=5 ESME_RINVMSGID"},
	} {
		_, err := Parse(c.frame)
		if err == nil {
			t.Errorf("%x is no PDU", c.frame)
			continue
		}
		got := ""
		if answer := Reply(fmt.Errorf("session: %w", err)); answer != nil {
			got = Dump(answer)
		}
		if got != c.want {
			t.Errorf("%v\n got %q\nwant %q", err, got, c.want)
		}
	}
}

// A Strict Decoder refuses by the status that names the field.
func TestStrictDecoder(t *testing.T) {
	long := strings.Repeat("9", 66)
	for _, c := range []struct {
		p    PDU
		want Status
	}{
		{&SubmitSM{ServiceType: long}, StatusInvSerTyp},
		{&SubmitSM{SourceAddr: long}, StatusInvSrcAdr},
		{&SubmitSM{DestinationAddr: long}, StatusInvDstAdr},
		{&SubmitSM{ScheduleDeliveryTime: "261124"}, StatusInvSched},
		{&SubmitSM{ValidityPeriod: "261124"}, StatusInvExpiry},
		{&BindTransmitter{Bind: Bind{SystemID: long}}, StatusInvSysID},
		{&BindTransmitter{Bind: Bind{Password: long}}, StatusInvPaswd},
		{&BindTransmitter{Bind: Bind{SystemType: long}}, StatusInvSysTyp},
		{&BindTransmitter{Bind: Bind{AddressRange: long}}, StatusBindFail},
		{&QuerySM{MessageID: long}, StatusInvMsgID},
		{&Raw{ID: EnquireLinkID, Body: []byte{0}}, StatusInvOptParStream},
	} {
		strict, lenient := Decoder{Strict: true}, Decoder{}
		_, err := strict.Parse(wire(c.p))
		if answer := Reply(err); answer == nil || answer.Head().Status != c.want {
			t.Errorf("%s: %v, want %v", Dump(c.p), err, c.want)
		}
		if _, err := lenient.Parse(wire(c.p)); err != nil || len(lenient.Tolerated()) != 1 {
			t.Errorf("%s: lenient: %v, %v", Dump(c.p), err, lenient.Tolerated())
		}
	}
	strict := Decoder{Strict: true}
	for _, p := range samples()[:len(commands)] {
		if _, err := strict.Parse(wire(p)); err != nil {
			t.Errorf("%v within the limits is refused: %v", p.Command(), err)
		}
	}
}

// Errors and names hold the shape of a field and nothing of its content.
func TestDecodeErrorShowsNoContent(t *testing.T) {
	_, err := (&Decoder{Strict: true}).Parse(wire(&BindReceiver{Bind: Bind{Password: "correct horse battery"}}))
	want := "codec: bind_receiver: password at octet 17: 22 octets with the NUL, the spec allows 9"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}
