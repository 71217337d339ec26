package codec

import (
	"bytes"
	"testing"
)

// Order, repeats, empty values, vendor and unknown tags: all as on the wire.
func TestTLVsAreKeptAsTheyCame(t *testing.T) {
	body := []byte("\x14\x03\x00\x02ab" + "\x00\x05\x00\x00" + "\x14\x03\x00\x02cd" + "\x0A\xBC\x00\x01x" + "\xFF\xFF\x00\x00")
	frame := wire(&Raw{ID: EnquireLinkID, Body: body})
	p := mustParse(t, frame).(*EnquireLink)
	if len(p.TLVs) != 5 || string(p.TLVs[0].Value) != "ab" || string(p.TLVs[2].Value) != "cd" {
		t.Fatalf("%v", p.TLVs)
	}
	if again := wire(p); !bytes.Equal(again, frame) {
		t.Errorf("written again\n got %x\nwant %x", again, frame)
	}
	if first, ok := p.TLVs.Get(0x1403); !ok || string(first) != "ab" {
		t.Errorf("Get finds the first: %q", first)
	}
	if v, ok := p.TLVs.Get(TagDestAddrSubunit); !ok || len(v) != 0 {
		t.Errorf("an empty value is there: %v %v", v, ok)
	}
	if _, ok := p.TLVs.Get(TagMessagePayload); ok {
		t.Error("message_payload is not there")
	}
}

// features §5.2: integers of the wrong width, texts without NUL, empty values.
func TestTLVsReadLeniently(t *testing.T) {
	for _, c := range []struct {
		value        []byte
		u8, u16, u32 int64 // -1: not readable as that
	}{
		{nil, -1, -1, -1},
		{[]byte{7}, 7, 7, 7},
		{[]byte{0, 7}, 7, 7, 7},
		{[]byte{1, 0}, -1, 256, 256},
		{[]byte{0, 0, 0, 0, 7}, 7, 7, 7},
		{[]byte{1, 0, 0, 0}, -1, -1, 1 << 24},
		{[]byte{1, 0, 0, 0, 0}, -1, -1, -1},
	} {
		ts := TLVs{{TagMessageState, c.value}}
		u8, ok8 := ts.Uint8(TagMessageState)
		u16, ok16 := ts.Uint16(TagMessageState)
		u32, ok32 := ts.Uint32(TagMessageState)
		for _, got := range []struct {
			v    int64
			ok   bool
			want int64
		}{{int64(u8), ok8, c.u8}, {int64(u16), ok16, c.u16}, {int64(u32), ok32, c.u32}} {
			if got.ok != (got.want >= 0) || got.ok && got.v != got.want {
				t.Errorf("%x: %d %v, want %d", c.value, got.v, got.ok, got.want)
			}
		}
	}
	if _, ok := (TLVs)(nil).Uint8(TagMessageState); ok {
		t.Error("no TLVs, no number")
	}
	for value, want := range map[string]string{"id\x00": "id", "id": "id", "id\x00\x00": "id", "": "", "\x00": ""} {
		if got := (TLVs{{TagReceiptedMessageID, []byte(value)}}).String(TagReceiptedMessageID); got != want {
			t.Errorf("%q reads %q, want %q", value, got, want)
		}
	}
}

func TestTLVsAdd(t *testing.T) {
	var ts TLVs
	ts.AddUint8(TagSARTotalSegments, 3)
	ts.AddUint16(TagSARMsgRefNum, 0x1234)
	ts.AddUint32(TagQoSTimeToLive, 0xCAFEBABE)
	ts.AddString(TagReceiptedMessageID, "id")
	got := wire(&DataSM{TLVs: ts})[HeaderLen+10:]
	want := "\x02\x0E\x00\x01\x03" + "\x02\x0C\x00\x02\x12\x34" + "\x00\x17\x00\x04\xCA\xFE\xBA\xBE" + "\x00\x1E\x00\x03id\x00"
	if string(got) != want {
		t.Errorf("\n got %x\nwant %x", got, want)
	}
}
