package concat

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	contract "github.com/ghasi/smpp-connector/proto"
)

func octets(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sar(ref uint16, total, index uint8) (tlvs codec.TLVs) {
	tlvs.AddUint16(codec.TagSARMsgRefNum, ref)
	tlvs.AddUint8(codec.TagSARTotalSegments, total)
	tlvs.AddUint8(codec.TagSARSegmentSeqnum, index)
	return tlvs
}

func payload(b []byte) (tlvs codec.TLVs) {
	tlvs.Add(codec.TagMessagePayload, b)
	return tlvs
}

var bind = port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}

// US-SC-025: every way in which an inbound message says what it is. Issue 6, bad
// input: each is a message all the same, and a fault where a rule is broken.
func TestUSSC025WhatAMessageIs(t *testing.T) {
	udhi := codec.ESMUDHI
	for _, c := range []struct {
		name   string
		pdu    codec.DeliverSM
		opt    text.Options
		part   uint8 // index; 0: it is whole
		fault  string
		text   string // of the event of a whole one
		binary string // in hex
		port   uint32 // destination
	}{
		{name: "plain", pdu: codec.DeliverSM{ShortMessage: []byte("Hello")}, text: "Hello"},
		{name: "UCS-2", pdu: codec.DeliverSM{DataCoding: 8, ShortMessage: octets(t, "0633 0644")}, text: "سل"},
		{name: "UCS-2 said, ASCII sent", pdu: codec.DeliverSM{DataCoding: 8, ShortMessage: []byte("Hello")}, text: "䡥汬\ufffd", binary: hex.EncodeToString([]byte("Hello"))},
		{name: "data_coding 0 is Latin-1 at this MNO", pdu: codec.DeliverSM{ShortMessage: octets(t, "e9")}, opt: text.Options{Default: text.Latin1}, text: "é"},
		{name: "packed septets behind a header", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "05 7003 010203 906536fb0d")}, opt: text.Options{Default: text.GSM7Packed}, text: "Hello"},
		{name: "Turkish tables", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "06 240101 250101 07 1b67")}, text: "ığ"},
		{name: "a part in message_payload", pdu: codec.DeliverSM{TLVs: append(sar(1, 3, 2), payload(make([]byte, 40_000))...)}, part: 2},
		{name: "a part of more than any message has", pdu: codec.DeliverSM{DataCoding: 3, TLVs: append(sar(1, 3, 2), payload(bytes.Repeat([]byte("x"), 60_000))...)}, fault: tooLarge, text: strings.Repeat("x", 60_000)},
		{name: "message_payload", pdu: codec.DeliverSM{TLVs: payload([]byte("Hello"))}, text: "Hello"},
		{name: "a short message beside message_payload", pdu: codec.DeliverSM{ShortMessage: []byte("Hel"), TLVs: payload([]byte("Hello"))}, text: "Hello", fault: twoBodies},
		{name: "binary with ports", pdu: codec.DeliverSM{ESMClass: udhi, DataCoding: 4, ShortMessage: octets(t, "06 0504 0b84 23f0 ff00")}, binary: "ff00", port: 2948},
		{name: "nothing at all", pdu: codec.DeliverSM{}},
		{name: "8-bit reference", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "05 0003 2a0302 41")}, part: 2},
		{name: "16-bit reference", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "06 0804 012a0303 41")}, part: 3},
		{name: "SAR", pdu: codec.DeliverSM{ShortMessage: []byte("A"), TLVs: sar(7, 2, 1)}, part: 1},
		{name: "a message of one part", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "05 0003 2a0101 41")}, text: "A"},
		{name: "part 0", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "05 0003 2a0200 41")}, text: "A", fault: badPlace},
		{name: "a part above the total", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "05 0003 2a0203 41")}, text: "A", fault: badPlace},
		{name: "SAR part 0", pdu: codec.DeliverSM{ShortMessage: []byte("A"), TLVs: sar(7, 2, 0)}, text: "A", fault: badPlace},
		{name: "half of SAR", pdu: codec.DeliverSM{ShortMessage: []byte("A"), TLVs: sar(7, 2, 1)[:1]}, text: "A", fault: badPlace},
		{name: "a header that lies", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "20 0003 2a0201 41")}, fault: badHeader, binary: "2000032a020141"},
		{name: "an element that lies", pdu: codec.DeliverSM{ESMClass: udhi, ShortMessage: octets(t, "05 0009 2a0201 41")}, fault: badHeader, binary: "0500092a020141"},
		{name: "a header without octets", pdu: codec.DeliverSM{ESMClass: udhi}, fault: badHeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.pdu.SourceAddr, c.pdu.DestinationAddr = "93700000001", "1234"
			in := Read(&c.pdu)
			fault := ""
			if len(in.Faults) > 0 {
				fault = in.Faults[0].What
			}
			if in.Part.Index != c.part || fault != c.fault {
				t.Fatalf("part %d, fault %q (%v)", in.Part.Index, fault, in.Faults)
			}
			if in.InParts() {
				return
			}
			e := Event(&c.pdu, &in, time.Unix(1, 0), Source{OperatorID: "awcc", Bind: bind, Text: c.opt}).Body.(*contract.MoInboundEvent)
			if c.fault != badHeader && e.GetText() != c.text || e.GetFrom() != "93700000001" || e.GetTo() != "1234" || e.GetDestinationPort() != c.port {
				t.Errorf("%v", e)
			}
			if got, _ := base64.StdEncoding.DecodeString(e.GetBinary()); hex.EncodeToString(got) != c.binary {
				t.Errorf("binary %x, want %s", got, c.binary)
			}
		})
	}
}

// US-SC-025: a message is put together by index; what is missing is named; each run
// of parts is decoded as it is written.
func TestUSSC025AMessageIsPutTogether(t *testing.T) {
	ports := octets(t, "0b 0504 0b84 23f0 0003 2a0201")
	for _, c := range []struct {
		name    string
		total   uint8
		parts   []port.ConcatPart
		text    string
		binary  string
		missing []uint32
		port    uint32
	}{
		{name: "a pair that is cut", total: 2, parts: []port.ConcatPart{{Index: 1, DataCoding: 8, Body: octets(t, "d83d")}, {Index: 2, DataCoding: 8, Body: octets(t, "de00")}}, text: "😀"},
		{name: "a pair that is not whole", total: 3, missing: []uint32{2},
			parts: []port.ConcatPart{{Index: 1, DataCoding: 8, Body: octets(t, "d83d")}, {Index: 3, DataCoding: 8, Body: octets(t, "de00")}}, text: "\ufffd\ufffd", binary: "d83dde00"},
		{name: "data_coding changes", total: 2, parts: []port.ConcatPart{{Index: 1, Body: []byte("A")}, {Index: 2, DataCoding: 8, Body: octets(t, "0633")}}, text: "Aس"},
		{name: "another table in each part", total: 2, parts: []port.ConcatPart{{Index: 1, Header: octets(t, "03250101"), Body: octets(t, "07")}, {Index: 2, Body: []byte("B")}}, text: "ıB"},
		{name: "binary with ports", total: 2, parts: []port.ConcatPart{{Index: 1, DataCoding: 4, Header: ports, Body: octets(t, "ff")}, {Index: 2, DataCoding: 4, Body: octets(t, "00")}}, binary: "ff00", port: 2948},
		{name: "one of 255", total: 255, parts: []port.ConcatPart{{Index: 200, Body: []byte("A")}}, text: "A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := port.ConcatGroup{Key: port.ConcatKey{MNO: "awcc", Originator: "93700000001", Destination: "1234", Total: c.total}, Since: time.Unix(5, 0), Parts: c.parts}
			e := EventOf(&g, Source{OperatorID: "awcc", Bind: bind}).Body.(*contract.MoInboundEvent)
			if e.GetText() != c.text || e.GetDestinationPort() != c.port || e.GetPartsReceived() != uint32(len(c.parts)) || e.GetIncomplete() == Whole(&g) {
				t.Errorf("%v", e)
			}
			if got, _ := base64.StdEncoding.DecodeString(e.GetBinary()); hex.EncodeToString(got) != c.binary {
				t.Errorf("binary %x, want %s", got, c.binary)
			}
			if c.total < 255 && !slices.Equal(e.GetMissingParts(), c.missing) || c.total == 255 && len(e.GetMissingParts()) != 254 {
				t.Errorf("missing %v", e.GetMissingParts())
			}
		})
	}
}

// The Msg-Id tells messages apart and is the same whoever publishes one.
func TestUSSC025TheMsgIdOfAMessage(t *testing.T) {
	base := port.ConcatGroup{Key: port.ConcatKey{MNO: "awcc", Originator: "1|2", Destination: "3", Reference: 7, Total: 2}, Since: time.Unix(5, 0)}
	ids := map[string]bool{}
	for _, change := range []func(*port.ConcatGroup){
		func(*port.ConcatGroup) {}, func(g *port.ConcatGroup) { g.Key.Originator, g.Key.Destination = "1", "2|3" },
		func(g *port.ConcatGroup) { g.Key.MNO = "roshan" }, func(g *port.ConcatGroup) { g.Key.Reference++ },
		func(g *port.ConcatGroup) { g.Key.Wide = true }, func(g *port.ConcatGroup) { g.Key.Total++ },
		func(g *port.ConcatGroup) { g.Since = g.Since.Add(time.Millisecond) },
	} {
		g := base
		change(&g)
		ids[EventOf(&g, Source{Bind: bind}).ID] = true
	}
	if len(ids) != 7 {
		t.Errorf("%d ids of 7 messages", len(ids))
	}
	again := base
	again.Deadline, again.Name = time.Unix(9, 0), "x" // what a store may know otherwise
	if EventOf(&again, Source{Bind: bind}).ID != EventOf(&base, Source{Bind: bind}).ID {
		t.Error("one message has two ids")
	}
}
