package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/ghasi/smpp-connector/codec"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func wire(p codec.PDU) []byte { return codec.Append(nil, p) }

func submit(seq uint32) *codec.SubmitSM {
	return &codec.SubmitSM{
		Header:        codec.Header{Sequence: seq},
		SourceAddrTON: 5, SourceAddr: "AWCC",
		DestAddrTON: 1, DestAddrNPI: 1, DestinationAddr: "93700000001",
		RegisteredDelivery: codec.ReceiptAlways,
		ShortMessage:       bytes.Repeat([]byte("0123456789"), 10),
	}
}

func batchOf(n int) (octets []byte) {
	for i := range n {
		octets = codec.Append(octets, submit(uint32(i+1)))
	}
	return octets
}

// sequences are the sequence numbers of a snapshot's PDUs.
func sequences(t testing.TB, s Snapshot) (list []uint32) {
	t.Helper()
	for _, p := range s.PDUs {
		_, _, _, seq, ok := codec.ParseHeader(p.Octets)
		if !ok {
			t.Fatalf("%d octets are no header", len(p.Octets))
		}
		list = append(list, seq)
	}
	return list
}

// What was recorded comes back: in order, with time, direction and connection.
func TestSnapshotTellsWhatHappened(t *testing.T) {
	r := New(0)
	r.Note(noon, "dial failed: refused")
	first := r.Connect(noon.Add(1*time.Second), "connected")
	first.Record(Out, noon.Add(2*time.Second), wire(&codec.BindTransceiver{Header: codec.Header{Sequence: 1}}))
	first.Record(In, noon.Add(3*time.Second), wire(&codec.BindTransceiverResp{Header: codec.Header{Sequence: 1, Status: codec.StatusInvPaswd}}))
	first.Note(noon.Add(4*time.Second), "closed: bind refused")
	second := r.Connect(noon.Add(9*time.Second), "connected")
	second.Record(Out, noon.Add(10*time.Second), batchOf(3))
	second.Record(In, noon.Add(11*time.Second), wire(&codec.SubmitSMResp{Header: codec.Header{Sequence: 1}, MessageID: "ab12"}))

	var got strings.Builder
	s := r.Snapshot(codec.LastThree)
	notes := s.Notes
	for i, p := range append(s.PDUs, PDU{}) {
		for len(notes) > 0 && notes[0].Before == i {
			fmt.Fprintf(&got, "%s %d %s\n", notes[0].At.Format("05"), notes[0].Connection, notes[0].Text)
			notes = notes[1:]
		}
		if i < len(s.PDUs) {
			fmt.Fprintf(&got, "%s %d %v %s\n", p.At.Format("05"), p.Connection, p.Direction, p.Line())
		}
	}
	want := `00 0 dial failed: refused
01 1 connected
02 1 out bind_transceiver seq=1
03 1 in bind_transceiver_resp seq=1 ESME_RINVPASWD
04 1 closed: bind refused
09 2 connected
10 2 out submit_sm seq=1 source_addr_ton=5 source_addr=xxxx dest_addr_ton=1 dest_addr_npi=1 destination_addr=xxxxxxxx001 registered_delivery=1 data_coding=0 short_message=100 octets
10 2 out submit_sm seq=2 source_addr_ton=5 source_addr=xxxx dest_addr_ton=1 dest_addr_npi=1 destination_addr=xxxxxxxx001 registered_delivery=1 data_coding=0 short_message=100 octets
10 2 out submit_sm seq=3 source_addr_ton=5 source_addr=xxxx dest_addr_ton=1 dest_addr_npi=1 destination_addr=xxxxxxxx001 registered_delivery=1 data_coding=0 short_message=100 octets
11 2 in submit_sm_resp seq=1 ESME_ROK message_id=ab12
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

// The ring keeps the last PDUs without a gap and says how many came before them,
// whatever the sizes of PDUs and batches.
func TestRingKeepsTheLastPDUsWithoutAGap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, capacity := range []int{1, 5000, 10_000, DefaultCapacity} {
		r := New(capacity)
		l := r.Connect(noon, "connected")
		seq := uint32(0)
		for range 300 {
			var batch []byte
			for range 1 + random.IntN(40) {
				seq++
				p := submit(seq)
				p.ShortMessage = p.ShortMessage[:random.IntN(100)]
				batch = codec.Append(batch, p)
			}
			l.Record(Direction(random.IntN(2)), noon, batch)
		}
		s := r.Snapshot(codec.LastThree)
		got := sequences(t, s)
		if len(got) == 0 || s.Earlier+uint64(len(got)) != uint64(seq) {
			t.Fatalf("capacity %d: %d PDUs and %d earlier, recorded %d", capacity, len(got), s.Earlier, seq)
		}
		for i, g := range got {
			if want := seq - uint32(len(got)-1-i); g != want {
				t.Fatalf("capacity %d: PDU %d of %d is %d, want %d", capacity, i, len(got), g, want)
			}
		}
		if len(r.buf) != max(capacity, leastCapacity) {
			t.Errorf("capacity %d: a buffer of %d", capacity, len(r.buf))
		}
		if held := octetsOf(s); held < len(r.buf)*4/5 && capacity >= 10_000 {
			t.Errorf("capacity %d: %d octets of PDUs", capacity, held)
		}
	}
}

func octetsOf(s Snapshot) (n int) {
	for _, p := range s.PDUs {
		n += len(p.Octets)
	}
	return n
}

// TCP cuts where it likes: reads that begin and end inside PDUs give the same PDUs,
// while the other direction's octets come between them.
func TestReadsMayBeginAndEndInsideAPDU(t *testing.T) {
	whole := batchOf(20)
	whole = codec.Append(whole, &codec.DataSM{Header: codec.Header{Sequence: 21}, TLVs: codec.TLVs{{Tag: codec.TagMessagePayload, Value: make([]byte, 5000)}}})
	whole = append(whole, batchOf(5)...)
	want := New(0)
	want.Connect(noon, "").Record(In, noon, whole)
	for _, size := range []int{1, 3, 15, 17, 150, 1000, 4000} {
		r := New(0)
		l := r.Connect(noon, "")
		for left := whole; len(left) > 0; {
			n := min(size, len(left))
			l.Record(In, noon, left[:n])
			l.Record(Out, noon, wire(&codec.EnquireLink{Header: codec.Header{Sequence: 9}}))
			left = left[n:]
		}
		var got []PDU
		for _, p := range r.Snapshot(codec.LastThree).PDUs {
			if p.Direction == In {
				got = append(got, p)
			}
		}
		wanted := want.Snapshot(codec.LastThree).PDUs
		if size < 10 { // each read is a record: fewer PDUs have room, the last ones
			wanted = wanted[len(wanted)-len(got):]
		}
		if len(got) < 3 || len(got) != len(wanted) {
			t.Fatalf("reads of %d: %d PDUs, want %d", size, len(got), len(wanted))
		}
		for i, p := range wanted {
			if !bytes.Equal(got[i].Octets, p.Octets) || got[i].Length != p.Length {
				t.Fatalf("reads of %d: PDU %d of %d differs", size, i, len(got))
			}
		}
	}
}

// What began before the oldest record is not shown as if it were a PDU.
func TestAPDUWhoseBeginningFellOutIsNotShown(t *testing.T) {
	r := New(leastCapacity)
	l := r.Connect(noon, "")
	pdu := wire(submit(1))
	for range 200 {
		l.Record(In, noon, pdu[:70])
		l.Record(In, noon, pdu[70:])
	}
	for _, p := range r.Snapshot(codec.LastThree).PDUs {
		if p.Truncated() || p.readable != len(pdu) {
			t.Fatalf("%+v", p)
		}
	}
}

// A PDU above the bound is kept truncated, its true length known, and does not
// push the others out.
func TestALongPDUIsTruncated(t *testing.T) {
	r := New(0)
	l := r.Connect(noon, "")
	long := &codec.SubmitSM{Header: codec.Header{Sequence: 2}, DestinationAddr: "93700000001"}
	long.TLVs.AddUint16(codec.TagUserMessageReference, 7)
	long.TLVs.Add(codec.TagMessagePayload, bytes.Repeat([]byte("secret"), 10_000))
	l.Record(Out, noon, codec.Append(codec.Append(wire(submit(1)), long), submit(3)))
	s := r.Snapshot(codec.LastThree)
	if got := sequences(t, s); fmt.Sprint(got) != "[1 2 3]" {
		t.Fatalf("%v", got)
	}
	p := s.PDUs[1]
	if !p.Truncated() || len(p.Octets) != MaxKept || int(p.Length) != len(wire(long)) {
		t.Errorf("%d octets of %d", len(p.Octets), p.Length)
	}
	const want = "submit_sm seq=2 destination_addr=xxxxxxxx001 data_coding=0 short_message=0 octets user_message_reference=7: 1024 of 60054 octets"
	if p.Line() != want {
		t.Errorf("%s", p.Line())
	}
	at := bytes.Index(p.Octets, []byte{4, 0x24, 0xEA, 0x60})
	if at < 0 || !allZero(p.Octets[at+4:]) {
		t.Errorf("tag and length of message_payload are to be seen, and nothing of it: %x", p.Octets)
	}
}

func allZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// After a command_length that cannot be, the octets are kept up to the bound and
// what follows costs nothing: the connection is lost.
func TestALostStreamCostsNoMoreThanOnePDU(t *testing.T) {
	for name, length := range map[string]uint32{"too small": 7, "too large": 1 << 31} {
		r := New(0)
		l := r.Connect(noon, "")
		octets := wire(submit(2))
		binary.BigEndian.PutUint32(octets, length)
		l.Record(In, noon, append(wire(submit(1)), octets...))
		for range 1000 {
			l.Record(In, noon, batchOf(10))
		}
		s := r.Snapshot(codec.LastThree)
		if len(s.PDUs) != 2 || len(s.PDUs[1].Octets) != MaxKept || s.PDUs[1].Length != length {
			t.Fatalf("%s: %d PDUs", name, len(s.PDUs))
		}
		if !allZero(s.PDUs[1].Octets[codec.HeaderLen:]) {
			t.Errorf("%s: what could not be read shows", name)
		}
	}
}

// A thousand idle binds cost almost nothing, also after a week of heartbeats, and
// these do not push out what happened before.
func TestAQuietLineTakesNoMemory(t *testing.T) {
	r := New(0)
	if empty := cap(r.buf); empty != 0 {
		t.Errorf("%d octets before the first record", empty)
	}
	l := r.Connect(noon, "connected to 192.0.2.2:2775 as bind_transceiver")
	l.Record(Out, noon, wire(&codec.BindTransceiver{Header: codec.Header{Sequence: 1}, Bind: codec.Bind{SystemID: "ghasi", Password: "password"}}))
	l.Record(In, noon, wire(&codec.BindTransceiverResp{Header: codec.Header{Sequence: 1}}))
	const beats = 7 * 24 * 120
	for i := range uint32(beats) {
		at := noon.Add(time.Duration(i) * 30 * time.Second)
		l.Record(Out, at, wire(&codec.EnquireLink{Header: codec.Header{Sequence: i + 2}}))
		l.Record(In, at, wire(&codec.EnquireLinkResp{Header: codec.Header{Sequence: i + 2}}))
	}
	if held := int(unsafe.Sizeof(*r)+unsafe.Sizeof(*l)) + cap(r.buf); held > 2048 {
		t.Errorf("an idle bind holds %d octets", held)
	}
	s := r.Snapshot(codec.LastThree)
	if len(s.PDUs) != 2+keptBeats || len(s.Notes) != 2 {
		t.Fatalf("%d PDUs, %d notes", len(s.PDUs), len(s.Notes))
	}
	if n := s.Notes[1]; n.Text != "40304 enquire_link and enquire_link_resp are left out" || n.Before != 2 || n.Connection != 1 {
		t.Errorf("%+v", n)
	}

	// The heartbeats keep their place when the line wakes up.
	l.Record(Out, noon.Add(8*24*time.Hour), wire(submit(99)))
	after := r.Snapshot(codec.LastThree)
	if got, want := sequences(t, after), append(sequences(t, s), 99); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v", got)
	}
	if fmt.Sprint(after.Notes) != fmt.Sprint(s.Notes) {
		t.Errorf("%v", after.Notes)
	}
}

// Heartbeats that say something else than "I am here" are records like others.
func TestAHeartbeatWithAnErrorIsKept(t *testing.T) {
	r := New(0)
	l := r.Connect(noon, "")
	const n = 100
	for i := range uint32(n) {
		l.Record(In, noon, wire(&codec.EnquireLinkResp{Header: codec.Header{Sequence: i, Status: codec.StatusSysErr}}))
	}
	if got := len(r.Snapshot(codec.LastThree).PDUs); got != n {
		t.Errorf("%d PDUs of %d", got, n)
	}
}

// A bind whose recorder is off has none, and nobody needs to ask.
func TestNilRecordsNothing(t *testing.T) {
	var r *Ring
	r.Note(noon, "dial failed")
	l := r.Connect(noon, "connected")
	l.Record(Out, noon, wire(submit(1)))
	l.Note(noon, "closed")
	if s := r.Snapshot(codec.LastThree); len(s.PDUs) != 0 || len(s.Notes) != 0 {
		t.Errorf("%+v", s)
	}
}

// Once warm, recording allocates nothing: neither when records fall out, nor for
// heartbeats, nor when a quiet line wakes up.
func TestRecordAllocatesNothing(t *testing.T) {
	r := New(0)
	l := r.Connect(noon, "")
	batch, resp := batchOf(100), wire(&codec.SubmitSMResp{Header: codec.Header{Sequence: 1}, MessageID: "0a1b2c3d-4e5f"})
	beat := wire(&codec.EnquireLink{Header: codec.Header{Sequence: 1}})
	for range 20 {
		l.Record(Out, noon, batch)
	}
	if n := testing.AllocsPerRun(1000, func() {
		l.Record(Out, noon, batch)
		l.Record(In, noon, resp[:10])
		l.Record(In, noon, resp[10:])
		l.Record(Out, noon, beat)
		l.Record(In, noon, beat)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A reader, a writer and whoever looks may come at once.
func TestReaderWriterAndPageAtOnce(t *testing.T) {
	r := New(8 << 10)
	l := r.Connect(noon, "connected")
	batch := batchOf(10)
	var both sync.WaitGroup
	for _, dir := range []Direction{Out, In} {
		both.Go(func() {
			for range 500 {
				l.Record(dir, noon, batch)
				l.Record(dir, noon, wire(&codec.EnquireLink{}))
				l.Note(noon, "a note")
			}
		})
	}
	for range 50 {
		for _, p := range r.Snapshot(codec.LastThree).PDUs {
			if p.Truncated() || p.readable == 0 {
				t.Fatalf("%x", p.Octets)
			}
		}
	}
	both.Wait()
}
