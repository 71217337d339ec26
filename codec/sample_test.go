package codec

import (
	"fmt"
	"testing"
)

// filler is a Visitor that gives every field a value of its own, within the limits
// of the spec: one full PDU of each command without writing any of them down.
type filler struct{ n int }

func (f *filler) next() int { f.n++; return f.n }

func (f *filler) Text(name string, limit int, v *string) {
	s := fmt.Sprintf("%s-%d", name, f.next())
	*v = s[max(0, len(s)-(limit-1)):]
}

func (f *filler) Time(_ string, v *string)  { *v = fmt.Sprintf("0000%02d0000%02d000R", f.next()%30, 7) }
func (f *filler) Number(_ string, v *uint8) { *v = uint8(f.next()) }
func (f *filler) Message(v *[]byte)         { *v = fmt.Appendf(nil, "message %d", f.next()) }
func (f *filler) Rest(_ string, v *[]byte)  { *v = fmt.Appendf(nil, "body %d", f.next()) }

func (f *filler) Destinations(v *[]Destination) {
	*v = []Destination{
		{Flag: DestSME, TON: uint8(f.next()), NPI: uint8(f.next()), Name: "93700000001"},
		{Flag: DestDistributionList, Name: "friends"},
	}
}

func (f *filler) Unsuccessful(v *[]UnsuccessSME) {
	*v = []UnsuccessSME{{TON: 1, NPI: uint8(f.next()), Addr: "93700000002", Status: StatusInvDstAdr}}
}

func (f *filler) TLVs(v *TLVs) {
	v.AddUint16(TagUserMessageReference, uint16(f.next()))
	v.Add(TagAlertOnMessageDelivery, []byte{})
	v.Add(0x1501, []byte("vendor")) // a repeat, with another tag between, keeps its place
	v.AddUint8(TagSARTotalSegments, uint8(f.next()))
	v.Add(0x1501, []byte("vendor again"))
	v.AddUint8(TagCongestionState, 99)
	v.Add(0xFFFE, nil)
}

// samples are full PDUs, one of each command, with good and bad statuses.
func samples() []PDU {
	f := &filler{}
	list := make([]PDU, 0, len(commands)+1)
	for i, id := range KnownCommands() {
		p := New(id)
		*p.Head() = Header{Sequence: uint32(i + 1)}
		if id.IsResponse() && i%2 == 0 {
			p.Head().Status = StatusThrottled
		}
		p.walk(f)
		list = append(list, p)
	}
	return append(list, &Raw{Header: Header{Sequence: 77}, ID: 0x01020304, Body: []byte("raw")})
}

// wire is p in octets.
func wire(p PDU) []byte { return Append(nil, p) }

func mustParse(t *testing.T, frame []byte) PDU {
	t.Helper()
	p, err := Parse(frame)
	if _, raw := p.(*Raw); err != nil && !raw {
		t.Fatalf("%x: %v", frame, err)
	}
	return p
}
