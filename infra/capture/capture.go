// Package capture writes what a flight recorder kept as a pcapng file, so that
// Wireshark opens it and dissects the PDUs. It is the adapter of gopacket, whose
// writer knows the blocks and whose layers know the checksums.
//
// The PDUs are true, as far as the recorder shows them; all below them is made up:
// one packet for each PDU, and for each of the bind's connections a TCP stream
// between 192.0.2.1, us, and 192.0.2.2, the MNO, with a port of its own and sequence
// numbers without gaps. A PDU of which the recorder has the first octets only is a
// packet that was cut in capture. Notes are comments of the packet they follow.
package capture

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/ghasi/smpp-connector/actors/recorder"
)

// MediaType is the Content-Type of a file.
const MediaType = "application/x-pcapng"

// DefaultPort is SMPP's, which Wireshark knows.
const DefaultPort = 2775

// Options say what the file tells besides the PDUs. The zero value will do.
type Options struct {
	Bind string // the bind's name: the file's interface
	Port uint16 // of the MNO's side; 0: DefaultPort. With another, Wireshark's "Decode As" may be needed
}

// masked is what everybody who opens the file must know.
const masked = "Texts, passwords and vendor TLVs are masked by x, addresses but for their last three characters; " +
	"what could not be parsed is zeros behind its header. IPv4 and TCP headers are made up."

// Write writes the snapshot.
func Write(w io.Writer, s recorder.Snapshot, o Options) error {
	if o.Port == 0 {
		o.Port = DefaultPort
	}
	comments, homeless := placeNotes(&s)
	about := fmt.Sprintf("smpp-connector's flight recorder: the last %d PDUs of bind %s; %d earlier ones have fallen out. %s",
		len(s.PDUs), o.Bind, s.Earlier, masked)
	if len(homeless) > 0 {
		about += "\n" + strings.Join(homeless, "\n")
	}
	file, err := pcapgo.NewNgWriterInterface(w,
		pcapgo.NgInterface{Name: o.Bind, Comment: masked, LinkType: layers.LinkTypeRaw},
		pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "smpp-connector", Comment: about[:min(len(about), maxComment)]}})
	if err != nil {
		return fmt.Errorf("write pcapng: %w", err)
	}
	streams := map[uint32]*stream{}
	packet := gopacket.NewSerializeBuffer()
	for i := range s.PDUs {
		p := &s.PDUs[i]
		line := streams[p.Connection]
		if line == nil {
			line = &stream{next: [2]uint32{1, 1}, ours: ephemeral(p.Connection), theirs: layers.TCPPort(o.Port)}
			streams[p.Connection] = line
		}
		length, err := line.packet(packet, p)
		if err != nil {
			return fmt.Errorf("make the packet of a PDU: %w", err)
		}
		info := gopacket.CaptureInfo{Timestamp: p.At, CaptureLength: len(packet.Bytes()), Length: length}
		if err := file.WritePacketWithOptions(info, packet.Bytes(), pcapgo.NgPacketOptions{Comments: comments[i], Flags: flags[p.Direction&1]}); err != nil {
			return fmt.Errorf("write pcapng: %w", err)
		}
	}
	if err := file.Flush(); err != nil {
		return fmt.Errorf("write pcapng: %w", err)
	}
	return nil
}

// maxComment bounds a comment: its length is two octets in the file.
const maxComment = 32 << 10

// flags let Wireshark filter by frame.packet_flags_direction.
var flags = [2]*pcapgo.NgEpbFlags{
	recorder.Out: {Direction: pcapgo.NgEpbFlagDirectionOutbound},
	recorder.In:  {Direction: pcapgo.NgEpbFlagDirectionInbound},
}

// placeNotes gives each note to a PDU of its connection (to any, if it is the
// bind's): the last one before it, or else the first one after it. Where there is
// none, the note is homeless.
func placeNotes(s *recorder.Snapshot) (comments map[int][]string, homeless []string) {
	comments = map[int][]string{}
	for _, n := range s.Notes {
		text := fmt.Sprintf("%s connection %d: %s", n.At.Format(time.RFC3339Nano), n.Connection, n.Text)
		at := -1
		for i := range s.PDUs {
			if (n.Connection == 0 || s.PDUs[i].Connection == n.Connection) && (i < n.Before || at < 0) {
				at = i
			}
		}
		if at < 0 {
			homeless = append(homeless, text)
			continue
		}
		comments[at] = append(comments[at], text)
	}
	return comments, homeless
}

// stream is one connection as TCP would have it.
type stream struct {
	next         [2]uint32 // sequence number of the next octet, by direction
	ours, theirs layers.TCPPort
}

// ephemeral is our port on the bind's n-th connection: neighbours differ, so that
// Wireshark keeps their streams apart.
func ephemeral(n uint32) layers.TCPPort { return layers.TCPPort(49152 + n%16384) }

// The made-up addresses are of the block that is set aside for documentation (RFC 5737).
var (
	us  = net.IPv4(192, 0, 2, 1).To4()
	mno = net.IPv4(192, 0, 2, 2).To4()
)

const (
	headersLen = 20 + 20                // IPv4 and TCP without options
	maxPayload = 1<<16 - 1 - headersLen // what a packet can say that it holds
)

// packet makes the packet of p and returns the length it had on the wire.
func (s *stream) packet(to gopacket.SerializeBuffer, p *recorder.PDU) (length int, err error) {
	dir := p.Direction & 1
	payload := len(p.Octets)
	if p.Truncated() {
		payload = int(min(max(int64(payload), int64(p.Length)), maxPayload))
	}
	ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Flags: layers.IPv4DontFragment, Protocol: layers.IPProtocolTCP,
		Length: uint16(headersLen + payload), SrcIP: us, DstIP: mno}
	tcp := &layers.TCP{SrcPort: s.ours, DstPort: s.theirs, DataOffset: 5, PSH: true, ACK: true, Window: 65535,
		Seq: s.next[dir], Ack: s.next[1-dir]}
	if dir == recorder.In {
		ip.SrcIP, ip.DstIP = ip.DstIP, ip.SrcIP
		tcp.SrcPort, tcp.DstPort = tcp.DstPort, tcp.SrcPort
	}
	s.next[dir] += uint32(payload)
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		return 0, err
	}
	err = gopacket.SerializeLayers(to, gopacket.SerializeOptions{ComputeChecksums: true}, ip, tcp, gopacket.Payload(p.Octets))
	return headersLen + payload, err
}
