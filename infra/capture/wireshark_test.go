package capture_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/recorder"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/capture"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// tshark is what Wireshark makes of a snapshot: a line for each frame that passes
// the filter, its fields between tabs. Several values of a field are one by one
// between commas.
func tshark(t *testing.T, s recorder.Snapshot, o capture.Options, filter string, fields ...string) (lines [][]string) {
	t.Helper()
	program := stack.Program(t, "tshark")
	name := filepath.Join(t.TempDir(), "bind.pcapng")
	if err := os.WriteFile(name, written(t, s, o), 0o600); err != nil {
		t.Fatal(err)
	}
	port := o.Port
	if port == 0 {
		port = capture.DefaultPort
	}
	args := []string{"-n", "-r", name, "-d", fmt.Sprintf("tcp.port==%d,smpp", port), "-Y", filter, "-T", "fields"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command(program, args...)
	// Nobody's preferences but Wireshark's own.
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("tshark: %v: %s", err, complaints.String())
	}
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return lines
}

// filler is a codec.Visitor that gives every field a plausible value: one full PDU of
// each command.
type filler struct {
	n      uint8
	texted bool // it has a short_message, and so no message_payload
}

func (f *filler) Text(name string, limit int, v *string) {
	*v = fmt.Sprint(strings.ReplaceAll(name, "_", ""), f.n)
	*v = (*v)[max(0, len(*v)-(limit-1)):]
}

func (f *filler) Time(_ string, v *string) { *v = "261124120000000+" }

func (f *filler) Number(name string, v *uint8) {
	switch name {
	case "message_state":
		*v = uint8(codec.StateDelivered)
	case "data_coding", "registered_delivery":
		*v = 1
	}
}

func (f *filler) Message(v *[]byte) { *v, f.texted = []byte("a secret"), true }

func (f *filler) Rest(_ string, v *[]byte) { *v = []byte("a secret") }

func (f *filler) Destinations(v *[]codec.Destination) {
	*v = []codec.Destination{{Flag: codec.DestSME, TON: 1, Name: "93700000001"}, {Flag: codec.DestDistributionList, Name: "friends"}}
}

func (f *filler) Unsuccessful(v *[]codec.UnsuccessSME) {
	*v = []codec.UnsuccessSME{{TON: 1, Addr: "93700000002", Status: codec.StatusInvDstAdr}}
}

func (f *filler) TLVs(v *codec.TLVs) {
	v.AddUint16(codec.TagUserMessageReference, 7)
	if !f.texted {
		v.Add(codec.TagMessagePayload, []byte("a secret"))
	}
	v.AddString(codec.TagReceiptedMessageID, "ab12")
	v.Add(0x1501, []byte("a secret"))
}

// everyCommand is a full PDU of each command, good answers and refusals.
func everyCommand() (pdus []codec.PDU) {
	for i, id := range codec.KnownCommands() {
		p := codec.New(id)
		codec.Walk(p, &filler{n: uint8(i)})
		p.Head().Sequence = uint32(i + 1)
		pdus = append(pdus, p)
		if id.IsResponse() {
			refusal := codec.New(id)
			*refusal.Head() = codec.Header{Sequence: uint32(i + 1), Status: codec.StatusThrottled}
			pdus = append(pdus, refusal)
		}
	}
	return pdus
}

// commandOf is our name of a command in Wireshark's Info column: "Submit_sm - resp: "Ok"".
func commandOf(info string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(info, "SMPP "), ":")
	return strings.ReplaceAll(strings.ToLower(name), " - resp", "_resp")
}

// The proof: Wireshark opens the file, dissects every PDU under its name, and
// finds nothing malformed and nothing wrong with the streams.
func TestWiresharkDissectsEveryPDU(t *testing.T) {
	r := recorder.New(1 << 20)
	pdus := everyCommand()
	lines := [2]*recorder.Line{r.Connect(noon, "connected"), r.Connect(noon, "connected")}
	for i, p := range pdus {
		dir := recorder.Direction(i / 2 % 2)
		lines[i%2].Record(dir, noon.Add(time.Duration(i)*time.Millisecond), codec.Append(nil, p))
	}
	for _, port := range []uint16{0, 3700} {
		frames := tshark(t, r.Snapshot(codec.LastThree), capture.Options{Bind: "awcc.trx.1", Port: port}, "smpp",
			"smpp.command_id", "smpp.command_status", "smpp.sequence_number", "_ws.malformed", "_ws.expert.message", "tcp.stream", "ip.src", "_ws.col.Info")
		if len(frames) != len(pdus) {
			t.Fatalf("port %d: %d PDUs dissected, want %d", port, len(frames), len(pdus))
		}
		for i, p := range pdus {
			want := []string{
				fmt.Sprintf("0x%08x", uint32(p.Command())), fmt.Sprintf("0x%08x", uint32(p.Head().Status)), fmt.Sprint(p.Head().Sequence),
				"", "", fmt.Sprint(i % 2), fmt.Sprintf("192.0.2.%d", 1+i/2%2), p.Command().String(),
			}
			if !p.Command().IsResponse() {
				want[1] = "" // of requests Wireshark shows none
			}
			got := append(frames[i][:7:7], commandOf(frames[i][7]))
			if strings.HasSuffix(got[4], "connected") {
				got[4] = "" // our note, which is no complaint of Wireshark's
			}
			if !slices.Equal(got, want) {
				t.Errorf("port %d: %s\nis      %q\nwant %q", port, codec.Dump(p), got, want)
			}
		}
	}
}

// Wireshark shows the fields that are not masked, x for those that are, and who
// opens the file is told.
func TestWiresharkShowsWhatIsMasked(t *testing.T) {
	r := recorder.New(0)
	l := r.Connect(noon, "connected to 192.0.2.2:2775")
	l.Record(recorder.Out, noon, codec.Append(nil, &codec.BindTransceiver{Bind: codec.Bind{SystemID: "ghasi", Password: "s3cr3t", InterfaceVersion: 0x34}}))
	l.Record(recorder.In, noon, codec.Append(nil, &codec.DeliverSM{SourceAddr: "93700000123", ESMClass: codec.ESMTypeReceipt, ShortMessage: []byte("id:ab12 stat:DELIVRD text:secret")}))
	l.Note(noon, "closed: EOF")
	s := r.Snapshot(codec.LastThree)
	got := tshark(t, s, capture.Options{Bind: "awcc.trx.1"}, "smpp",
		"smpp.system_id", "smpp.password", "smpp.source_addr", "smpp.message", "frame.comment", "frame.interface_name", "frame.packet_flags_direction")
	want := [][]string{
		{"ghasi", "xxxxxx", "", "", "2026-11-24T12:00:00.123456789Z connection 1: connected to 192.0.2.2:2775", "awcc.trx.1", "0x00000002"},
		{"", "", "xxxxxxxx123", fmt.Sprintf("%x", "id:ab12 stat:DELIVRD text:xxxxxx"), "2026-11-24T12:00:00.123456789Z connection 1: closed: EOF", "awcc.trx.1", "0x00000001"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if file := written(t, s, capture.Options{Bind: "awcc.trx.1"}); bytes.Count(file, []byte("are masked by x")) != 2 {
		t.Error("the file's and the interface's comments do not say that texts are masked")
	}
}

// A PDU of which the first octets were kept is a packet that was cut in capture, and
// the stream goes on behind it: also behind one whose length cannot be (above 64 KiB
// Wireshark does not call it SMPP).
func TestWiresharkReadsOnBehindATruncatedPDU(t *testing.T) {
	withPayload := func(seq uint32, n int) []byte {
		p := &codec.SubmitSM{Header: codec.Header{Sequence: seq}, DestinationAddr: "93700000123"}
		p.TLVs.Add(codec.TagMessagePayload, make([]byte, n))
		return codec.Append(nil, p)
	}
	r := recorder.New(0)
	l := r.Connect(noon, "")
	for _, octets := range [][]byte{
		enquire(1), withPayload(2, 5000), enquire(3), withPayload(4, 60_000), enquire(5), withPayload(6, 65_535), enquire(7),
		append([]byte{0xFF, 0xFF, 0xFF, 0xFF}, enquire(8)[4:]...),
	} {
		l.Record(recorder.In, noon, octets)
	}
	r.Connect(noon, "").Record(recorder.In, noon, enquire(9))
	got := tshark(t, r.Snapshot(codec.LastThree), capture.Options{}, "smpp", "smpp.sequence_number", "smpp.command_length", "smpp.destination_addr", "_ws.malformed", "tcp.analysis.flags")
	want := [][]string{
		{"1", "16", "", "", ""}, {"2", "5048", "xxxxxxxx123", "", ""}, {"3", "16", "", "", ""},
		{"4", "60048", "xxxxxxxx123", "", ""}, {"5", "16", "", "", ""}, {"7", "16", "", "", ""}, {"9", "16", "", "", ""},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
