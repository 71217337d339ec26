package natsjs

import (
	"reflect"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// A slot without TLVs is written as the versions before them read it, and what they wrote is
// read; one with TLVs comes back as it was, and cut off anywhere it is refused.
func TestSlotsOfBothFormats(t *testing.T) {
	key := port.ConcatKey{MNO: "awcc", Originator: "93700000001", Destination: "1234", Reference: 7, Total: 2}
	held := concat.Held{Due: time.Unix(70, 0).UTC(), Claimed: true, ConcatGroup: port.ConcatGroup{Key: key, Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1},
		Since: time.Unix(5, 7).UTC(), Deadline: time.Unix(65, 7).UTC(), Parts: []port.ConcatPart{{Index: 1, DataCoding: 8, Header: []byte{0}, Body: []byte("x")}}}}
	with := held
	with.TLVs = codec.TLVs{{Tag: 0x1403, Value: []byte("41201")}, {Tag: 0x1400, Value: []byte{}}}
	for name, c := range map[string]struct {
		open   []concat.Held
		format byte
	}{"without": {[]concat.Held{held}, 2}, "with": {[]concat.Held{held, with}, 3}, "none": {nil, 2}} {
		slot := &concat.Slot{Open: c.open, Last: map[uint8]uint64{1: 99}, Forget: time.Unix(300, 0).UTC()}
		packed := packSlot(slot)
		if packed[0] != c.format {
			t.Errorf("%s: format %d, want %d", name, packed[0], c.format)
		}
		again, err := unpackSlot(key, packed)
		if err != nil || !reflect.DeepEqual(again, slot) {
			t.Errorf("%s: %+v, %v; want %+v", name, again, err, slot)
		}
		for end := range packed {
			if cut, err := unpackSlot(key, packed[:end]); err == nil && reflect.DeepEqual(cut, slot) {
				t.Errorf("%s: %d octets of %d are read as all", name, end, len(packed))
			}
		}
	}
}
