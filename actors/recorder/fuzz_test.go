package recorder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

var secret = []byte("S3CR3T-tango-42")

// planter is a codec.Visitor that fills a PDU from random octets and plants the
// secret wherever no one may see it.
type planter struct {
	random  []byte
	esm     uint8
	ofALine bool // an answer that is about no message, and so repeats none
}

func (f *planter) next() (b byte) {
	if len(f.random) > 0 {
		b, f.random = f.random[0], f.random[1:]
	}
	return b
}

// text is a few random octets with the secret between them.
func (f *planter) text() []byte {
	n := min(int(f.next())%24, len(f.random))
	before := f.random[:n]
	f.random = f.random[n:]
	return slices.Concat(before, secret, before)
}

func (f *planter) Text(name string, limit int, v *string) {
	if name == "password" {
		*v = string(bytes.ReplaceAll(f.text(), []byte{0}, []byte{1}))
		return
	}
	*v = fmt.Sprint(name, f.next())
	*v = (*v)[max(0, len(*v)-limit+1):]
}

func (f *planter) Time(_ string, v *string) {
	if f.next() > 128 {
		*v = string(secret)
	}
}

func (f *planter) Number(name string, v *uint8) {
	if *v = f.next(); name == "esm_class" {
		f.esm = *v
	}
}

func (f *planter) Message(v *[]byte) { *v = f.text() }

func (f *planter) Rest(_ string, v *[]byte) { *v = f.text() }

func (f *planter) Destinations(v *[]codec.Destination) {
	for range f.next() % 4 {
		*v = append(*v, codec.Destination{Flag: 1 + f.next()%2, Name: string(secret)})
	}
}

func (f *planter) Unsuccessful(v *[]codec.UnsuccessSME) {
	for range f.next() % 4 {
		*v = append(*v, codec.UnsuccessSME{TON: f.next(), Addr: string(secret), Status: codec.Status(f.next())})
	}
}

func (f *planter) TLVs(v *codec.TLVs) {
	tags := slices.DeleteFunc(codec.KnownTags(), func(tag codec.Tag) bool {
		return tag == codec.TagReceiptedMessageID || tag == codec.TagAdditionalStatusInfoText && f.ofALine
	})
	for range f.next() % 5 {
		tag := tags[int(f.next())%len(tags)]
		if f.next() > 200 {
			tag = codec.Tag(0x1400 + int(f.next()))
		}
		v.Add(tag, f.text())
	}
	v.Add(codec.TagMessagePayload, f.text())
}

// FuzzNoSecretSurvives: whatever else is in a PDU, and wherever it ends, what stands
// in its password, text and payload is not in the snapshot.
func FuzzNoSecretSurvives(f *testing.F) {
	for i := range codec.KnownCommands() {
		f.Add(uint8(i), []byte("\x05\x00\x03\x2a\x02\x01"), uint16(0), uint16(0))
		f.Add(uint8(i), []byte("\x10id:1 stat:DELIVRD text:"+string(rune(i))), uint16(60), uint16(30))
	}
	commands := append(codec.KnownCommands(), 0x01020304)
	f.Fuzz(func(t *testing.T, command uint8, random []byte, cut, more uint16) {
		p := codec.New(commands[int(command)%len(commands)])
		*p.Head() = codec.Header{Sequence: 7}
		codec.Walk(p, &planter{random: random, ofALine: p.Command().IsResponse() && !(&masker{command: p.Command()}).aboutMessage()})
		octets := wire(p)
		if int(cut) < len(octets)-codec.HeaderLen {
			octets = resized(octets, len(octets)-int(cut)) // a peer that lost count
		}
		octets = append(octets, wire(submit(8))...)
		checkRecorded(t, octets, int(more))
	})
}

// checkRecorded records octets in pieces and holds the snapshot to its promises.
func checkRecorded(t *testing.T, octets []byte, piece int) {
	t.Helper()
	r := New(0)
	l := r.Connect(noon, "")
	for left := octets; len(left) > 0; {
		n := min(1+piece, len(left))
		l.Record(In, noon, left[:n])
		left = left[n:]
	}
	s := r.Snapshot(codec.LastThree)
	at := 0
	for _, p := range s.PDUs {
		kept := octets[at:]
		at += len(p.Octets)
		if p.Truncated() {
			at = min(len(octets), at-len(p.Octets)+int(p.Length))
		}
		if s.Earlier == 0 && !bytes.Equal(p.Octets[:min(16, len(p.Octets))], kept[:min(16, len(p.Octets))]) {
			t.Fatalf("a header of %x became %x", kept, p.Octets)
		}
		if bytes.Contains(p.Octets, secret) {
			t.Fatalf("%q of %q", p.Octets, octets)
		}
		if p.readable > 0 {
			if _, err := codec.Parse(resized(p.Octets, p.readable)); err != nil {
				t.Fatalf("%x of %x: %v", p.Octets, octets, err)
			}
		}
	}
	text, err := json.Marshal(s)
	if err != nil || bytes.Contains(text, secret) {
		t.Fatalf("%s, %v", text, err)
	}
}

// FuzzRecord: whatever comes, in whatever pieces and with whatever interleaved,
// nothing panics, and what was recorded last is there.
func FuzzRecord(f *testing.F) {
	f.Add(batchOf(1), uint8(7), uint8(30))
	f.Add([]byte{0, 0, 0, 3, 1, 2}, uint8(0), uint8(0))
	f.Add([]byte{0, 0, 0x10, 0, 1, 2}, uint8(255), uint8(255)) // long PDUs
	f.Fuzz(func(t *testing.T, octets []byte, piece, times uint8) {
		octets = bytes.Repeat(octets, 1+int(times))
		r := New(leastCapacity)
		l := r.Connect(noon, "connected")
		for left := octets; len(left) > 0; {
			n := min(1+int(piece), len(left))
			l.Record(Direction(n%2), noon, left[:n])
			if n%5 == 0 {
				l.Note(noon, string(left[:n]))
			}
			left = left[n:]
		}
		for _, p := range r.Snapshot(codec.LastThree).PDUs {
			_ = p.Line()
		}
		next := r.Connect(noon, "connected again")
		next.Record(In, noon, wire(submit(4711)))
		s := r.Snapshot(codec.LastThree)
		if last := s.PDUs[len(s.PDUs)-1]; last.Connection != 2 || last.readable == 0 {
			t.Fatalf("%s", last.Line())
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	})
}
