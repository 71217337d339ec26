package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/ghasi/smpp-connector/actors/recorder"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/capture"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123456789, time.UTC)

// written is the file of a snapshot.
func written(t *testing.T, s recorder.Snapshot, o capture.Options) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := capture.Write(&file, s, o); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func enquire(seq uint32) []byte {
	return codec.Append(nil, &codec.EnquireLink{Header: codec.Header{Sequence: seq}})
}

// Each PDU is one packet with its octets, time and direction, and the TCP headers
// are those of a connection that lost nothing.
func TestEachPDUIsAPacketOfAStream(t *testing.T) {
	r := recorder.New(0)
	first, second := r.Connect(noon, "connected"), r.Connect(noon, "connected")
	for i := range uint32(5) {
		first.Record(recorder.Out, noon.Add(time.Duration(i)), enquire(i))
		second.Record(recorder.Out, noon, codec.Append(nil, &codec.SubmitSM{Header: codec.Header{Sequence: i}, ShortMessage: make([]byte, i)}))
		second.Record(recorder.In, noon, codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: i}, MessageID: "ab"}))
	}
	s := r.Snapshot(codec.LastThree)
	file, err := pcapgo.NewNgReader(bytes.NewReader(written(t, s, capture.Options{Port: 3700})), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	type end struct{ stream, from string }
	next := map[end]uint32{}
	for i, p := range s.PDUs {
		data, info, err := file.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		packet := gopacket.NewPacket(data, layers.LinkTypeRaw, gopacket.Default)
		if fail := packet.ErrorLayer(); fail != nil {
			t.Fatal(fail.Error())
		}
		tcp := packet.TransportLayer().(*layers.TCP)
		if err := tcp.SetNetworkLayerForChecksum(packet.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
		if err, mismatches := packet.VerifyChecksums(); err != nil || len(mismatches) > 0 {
			t.Errorf("packet %d: %v, %v", i, err, mismatches)
		}
		if !bytes.Equal(tcp.Payload, p.Octets) || !info.Timestamp.Equal(p.At) || info.Length != len(data) {
			t.Errorf("packet %d: %x at %v, want %x at %v", i, tcp.Payload, info.Timestamp, p.Octets, p.At)
		}
		theirs, ours := tcp.DstPort, tcp.SrcPort
		if p.Direction == recorder.In {
			theirs, ours = ours, theirs
		}
		if theirs != 3700 || ours != layers.TCPPort(49152+p.Connection) {
			t.Errorf("packet %d: ports %d and %d", i, ours, theirs)
		}
		here, there := end{fmt.Sprint(ours), fmt.Sprint(p.Direction)}, end{fmt.Sprint(ours), fmt.Sprint(1 - p.Direction)}
		if next[here] != 0 && tcp.Seq != next[here] || next[there] != 0 && tcp.Ack != next[there] {
			t.Errorf("packet %d: sequence %d, acknowledges %d, want %d, %d", i, tcp.Seq, tcp.Ack, next[here], next[there])
		}
		next[here] = tcp.Seq + uint32(len(p.Octets))
	}
	if _, _, err := file.ReadPacketData(); !errors.Is(err, io.EOF) {
		t.Errorf("a packet too many: %v", err)
	}
}

// An empty recorder makes a file too: with its notes.
func TestAFileWithoutPDUsHoldsTheNotes(t *testing.T) {
	r := recorder.New(0)
	r.Note(noon, "dial failed: refused")
	file := written(t, r.Snapshot(codec.LastThree), capture.Options{Bind: "awcc.trx.1"})
	if !bytes.Contains(file, []byte("2026-11-24T12:00:00.123456789Z connection 0: dial failed: refused")) {
		t.Errorf("%q", file)
	}
	if file := written(t, recorder.Snapshot{}, capture.Options{}); len(file) == 0 {
		t.Error("nothing was written")
	}
}

// Many long notes do not break the file: a comment's length has two octets.
func TestManyNotesFit(t *testing.T) {
	r := recorder.New(1 << 20)
	for range 2000 {
		r.Note(noon, strings.Repeat("é", 120))
	}
	file := bytes.NewReader(written(t, r.Snapshot(codec.LastThree), capture.Options{}))
	if _, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions); err != nil {
		t.Error(err)
	}
}

// A disk or a client that is gone is an error, and no panic.
func TestAFailingWriterIsAnError(t *testing.T) {
	r := recorder.New(0)
	r.Connect(noon, "").Record(recorder.Out, noon, bytes.Repeat(enquire(1), 1000))
	reader, writer := io.Pipe()
	_ = reader.Close()
	if err := capture.Write(writer, r.Snapshot(codec.LastThree), capture.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
