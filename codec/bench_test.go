package codec

import (
	"bytes"
	"testing"
)

// The PDUs of the hot path, each beside a plain copy of as many octets: that is
// what no codec can beat.

func hotSubmit() *SubmitSM {
	return &SubmitSM{
		Header:        Header{Sequence: 4711},
		SourceAddrTON: 5, SourceAddr: "AWCC",
		DestAddrTON: 1, DestAddrNPI: 1, DestinationAddr: "93700000001",
		RegisteredDelivery: ReceiptAlways,
		ShortMessage:       bytes.Repeat([]byte("0123456789"), 10),
	}
}

func hotResp() *SubmitSMResp {
	return &SubmitSMResp{Header: Header{Sequence: 4711}, MessageID: "0a1b2c3d-4e5f"}
}

func hotReceipt() *DeliverSM {
	p := &DeliverSM{
		Header:        Header{Sequence: 99},
		SourceAddrTON: 1, SourceAddrNPI: 1, SourceAddr: "93700000001",
		DestAddrTON: 5, DestinationAddr: "AWCC",
		ESMClass:     ESMTypeReceipt,
		ShortMessage: []byte("id:0a1b2c3d sub:001 dlvrd:001 submit date:2611241015 done date:2611241016 stat:DELIVRD err:000 text:-"),
	}
	p.TLVs.AddString(TagReceiptedMessageID, "0a1b2c3d-4e5f")
	p.TLVs.AddUint8(TagMessageState, uint8(StateDelivered))
	return p
}

func BenchmarkEncodeSubmitSM(b *testing.B) {
	p, buf := hotSubmit(), make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], p)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkEncodeSubmitSMResp(b *testing.B) {
	p, buf := hotResp(), make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], p)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkValidateSubmitSM(b *testing.B) {
	p := hotSubmit()
	b.ReportAllocs()
	for b.Loop() {
		if err := Validate(p); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkDecode(b *testing.B, p PDU, parse func([]byte) (PDU, error)) {
	frame := Append(nil, p)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeSubmitSM(b *testing.B)     { benchmarkDecode(b, hotSubmit(), Parse) }
func BenchmarkDecodeSubmitSMLent(b *testing.B) { benchmarkDecode(b, hotSubmit(), new(Decoder).Parse) }

func BenchmarkDecodeDeliverSM(b *testing.B)     { benchmarkDecode(b, hotReceipt(), Parse) }
func BenchmarkDecodeDeliverSMLent(b *testing.B) { benchmarkDecode(b, hotReceipt(), new(Decoder).Parse) }

func BenchmarkDecodeSubmitSMResp(b *testing.B)     { benchmarkDecode(b, hotResp(), Parse) }
func BenchmarkDecodeSubmitSMRespLent(b *testing.B) { benchmarkDecode(b, hotResp(), new(Decoder).Parse) }

func BenchmarkParseSubmitSMResp(b *testing.B) {
	frame := Append(nil, hotResp())
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, ok := ParseSubmitSMResp(frame); !ok {
			b.Fatal("not a submit_sm_resp")
		}
	}
}

func BenchmarkCopySubmitSM(b *testing.B) {
	frame, buf := Append(nil, hotSubmit()), make([]byte, 0, 512)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		buf = append(buf[:0], frame...)
	}
}

func BenchmarkFramer(b *testing.B) {
	frame := Append(nil, hotSubmit())
	f := NewFramer(&forever{bytes.Repeat(frame, 400), 0}, 0)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// forever reads the same octets again and again.
type forever struct {
	octets []byte
	at     int
}

func (r *forever) Read(p []byte) (int, error) {
	n := copy(p, r.octets[r.at:])
	r.at = (r.at + n) % len(r.octets)
	return n, nil
}
