package codec

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"
)

// Every command, every field: what is written is what is read, by both ways of
// reading, and no field of one struct is mistaken for another's.
func TestRoundTripOfEveryCommand(t *testing.T) {
	var lent Decoder
	for _, p := range samples() {
		frame := wire(p)
		if n := binary.BigEndian.Uint32(frame); int(n) != len(frame) {
			t.Errorf("%v: command_length %d of %d octets", p.Command(), n, len(frame))
		}
		if got := mustParse(t, frame); !same(got, p) {
			t.Errorf("%v:\n got %s\nwant %s", p.Command(), Dump(got), Dump(p))
		}
		if got, err := lent.Parse(frame); err == nil && !same(got, p) {
			t.Errorf("%v, lent:\n got %s\nwant %s", p.Command(), Dump(got), Dump(p))
		}
	}
}

// same compares structs field by field; an empty TLV value is the same as none.
func same(a, b PDU) bool {
	norm := func(p PDU) PDU {
		c := Clone(p)
		c.walk(emptyToNil{})
		return c
	}
	return reflect.DeepEqual(norm(a), norm(b))
}

type emptyToNil struct{ detacher }

func (emptyToNil) TLVs(v *TLVs) {
	for i := range *v {
		if len((*v)[i].Value) == 0 {
			(*v)[i].Value = nil
		}
	}
}

// A lent struct keeps nothing of the PDU that it held before.
func TestLentStructForgets(t *testing.T) {
	var lent Decoder
	for _, full := range samples() {
		if _, raw := full.(*Raw); raw {
			continue
		}
		if _, err := lent.Parse(wire(full)); err != nil {
			t.Fatal(err)
		}
		empty := New(full.Command())
		if m, ok := empty.(*SubmitMulti); ok {
			m.Destinations = []Destination{{Flag: DestSME}}
		}
		got, err := lent.Parse(wire(empty))
		if err != nil {
			t.Fatalf("%v: %v", full.Command(), err)
		}
		if !bytes.Equal(wire(got), wire(empty)) {
			t.Errorf("%v: left over: %s", full.Command(), Dump(got))
		}
	}
}

// The Clone of a PDU stays what it was when the frame is overwritten; the PDU
// itself does not, as Parse says.
func TestCloneKeepsWhatTheFrameLoses(t *testing.T) {
	for _, p := range samples() {
		frame := wire(p)
		parsed := mustParse(t, frame)
		kept := Clone(parsed)
		for i := range frame {
			frame[i] = 'X'
		}
		if !bytes.Equal(wire(kept), wire(p)) {
			t.Errorf("%v: the clone lost %s", p.Command(), Dump(p))
		}
	}
	frame := wire(hotSubmit())
	parsed := mustParse(t, frame).(*SubmitSM)
	frame[bytes.Index(frame, []byte("AWCC"))] = 'X'
	if parsed.SourceAddr != "XWCC" {
		t.Errorf("source_addr %q: Parse is documented to share the frame's memory", parsed.SourceAddr)
	}
}

// SMPP 3.4 §4.4.2, §4.1.2: an error response has no body. One with something to
// say, as 5.0 has it, keeps what it says.
func TestErrorResponseWithoutBody(t *testing.T) {
	resp := NewResp(hotSubmit(), StatusThrottled)
	if frame := wire(resp); len(frame) != HeaderLen {
		t.Errorf("%d octets, want a header alone: %x", len(frame), frame)
	}
	resp.(*SubmitSMResp).TLVs.AddUint8(TagCongestionState, 80)
	got := mustParse(t, wire(resp)).(*SubmitSMResp)
	if load, ok := got.TLVs.Uint8(TagCongestionState); !ok || load != 80 {
		t.Errorf("congestion_state %d %v, want 80", load, ok)
	}
	if frame := wire(NewResp(hotSubmit(), StatusOK)); len(frame) != HeaderLen+1 {
		t.Errorf("a good response has its NUL: %x", frame)
	}
}

// NewResp answers each request with its own response and its sequence number, and
// answers nothing else.
func TestNewResp(t *testing.T) {
	for _, p := range samples() {
		resp := NewResp(p, StatusSysErr)
		id := p.Command()
		answered := !id.IsResponse() && id.Known() && id != OutbindID && id != AlertNotificationID
		if (resp != nil) != answered {
			t.Errorf("%v: response %v", id, resp)
		}
		if resp == nil {
			continue
		}
		if resp.Command() != id|0x80000000 || *resp.Head() != (Header{StatusSysErr, p.Head().Sequence}) {
			t.Errorf("%v: answered by %s", id, Dump(resp))
		}
	}
	if NewResp(&Raw{ID: SubmitSMID}, StatusOK) != nil {
		t.Error("a Raw is answered by generic_nack, whatever its id")
	}
}

// Append never fails and never writes a count that does not match what follows.
func TestAppendCutsWhatOneOctetCannotCount(t *testing.T) {
	p := hotSubmit()
	p.ShortMessage = make([]byte, 300)
	if got := mustParse(t, wire(p)).(*SubmitSM); len(got.ShortMessage) != 255 {
		t.Errorf("short_message of %d octets, want 255", len(got.ShortMessage))
	}
	m := &SubmitMulti{Destinations: make([]Destination, 300)}
	for i := range m.Destinations {
		m.Destinations[i].Flag = DestSME
	}
	if got := mustParse(t, wire(m)).(*SubmitMulti); len(got.Destinations) != 255 {
		t.Errorf("%d destinations, want 255", len(got.Destinations))
	}
	r := &SubmitMultiResp{Unsuccessful: make([]UnsuccessSME, 300)}
	if got := mustParse(t, wire(r)).(*SubmitMultiResp); len(got.Unsuccessful) != 255 {
		t.Errorf("%d unsuccess_sme, want 255", len(got.Unsuccessful))
	}
	d := &DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 70000)}}}
	if got := mustParse(t, wire(d)).(*DataSM); len(got.TLVs[0].Value) != 65535 {
		t.Errorf("message_payload of %d octets, want 65535", len(got.TLVs[0].Value))
	}
}

// ParseSubmitSMResp reads the same as Parse and refuses what is something else.
func TestParseSubmitSMResp(t *testing.T) {
	for _, p := range []*SubmitSMResp{
		hotResp(),
		{Header: Header{StatusThrottled, 5}},
		{Header: Header{StatusOK, 6}, MessageID: "x", TLVs: TLVs{{TagCongestionState, []byte{1}}}},
	} {
		status, seq, id, ok := ParseSubmitSMResp(wire(p))
		if !ok || status != p.Status || seq != p.Sequence || string(id) != p.MessageID {
			t.Errorf("%s: read %v %d %q %v", Dump(p), status, seq, id, ok)
		}
	}
	for _, frame := range [][]byte{nil, wire(hotSubmit()), wire(&DeliverSMResp{}), wire(hotResp())[:20], append(wire(hotResp()), 0)} {
		if _, _, _, ok := ParseSubmitSMResp(frame); ok {
			t.Errorf("%x is not one submit_sm_resp", frame)
		}
	}
}

// The hot path's promises: nothing allocated but, in Parse, the struct.
func TestAllocations(t *testing.T) {
	submit, resp, receipt := hotSubmit(), hotResp(), hotReceipt()
	frame, answer, delivery := wire(submit), wire(resp), wire(receipt)
	buf, lent := make([]byte, 0, 512), new(Decoder)
	for _, c := range []struct {
		what string
		most float64
		do   func()
	}{
		{"encode submit_sm", 0, func() { buf = Append(buf[:0], submit) }},
		{"encode submit_sm_resp", 0, func() { buf = Append(buf[:0], resp) }},
		{"validate submit_sm", 0, func() { _ = Validate(submit) }},
		{"decode submit_sm", 1, func() { _, _ = Parse(frame) }},
		{"decode submit_sm_resp", 1, func() { _, _ = Parse(answer) }},
		{"decode a receipt: the struct and its TLVs", 2, func() { _, _ = Parse(delivery) }},
		{"decode submit_sm, lent", 0, func() { _, _ = lent.Parse(frame) }},
		{"decode a receipt, lent", 0, func() { _, _ = lent.Parse(delivery) }},
		{"read a submit_sm_resp", 0, func() { _, _, _, _ = ParseSubmitSMResp(answer) }},
	} {
		if got := testing.AllocsPerRun(500, c.do); got > c.most {
			t.Errorf("%s: %v allocations, at most %v", c.what, got, c.most)
		}
	}
}
