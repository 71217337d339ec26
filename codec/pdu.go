package codec

import "encoding/binary"

// HeaderLen is the length of the header in octets, and the least command_length.
const HeaderLen = 16

// Header is what every PDU has besides its command: embedded in each struct.
// command_length and command_id are not kept: Append computes the one and the
// struct's type is the other.
type Header struct {
	Status   Status // command_status; 0 in requests
	Sequence uint32 // 1…0x7FFFFFFF; a response repeats its request's
}

// Head is the header, to read and to set.
func (h *Header) Head() *Header { return h }

// PDU is one protocol data unit: a pointer to one of the structs of this package.
type PDU interface {
	// Command says which one.
	Command() CommandID
	// Head is the header inside the struct: setting its fields changes the PDU.
	Head() *Header

	append(b []byte) []byte // the body, without header
	parse(r *reader)        // sets every field from the body
	walk(v Visitor)         // shows each field of the body, in the order of the spec
	shallow() PDU           // a copy of the struct that shares strings and slices
}

// Append writes the whole PDU after dst, command_length filled in, and returns the
// longer slice; it allocates only when dst has too little room. It never fails: a
// field that is too long is written as it is and is what Validate reports. The one
// thing it cuts is a short_message of more than 255 octets, as sm_length is one
// octet.
//
// A response with an error status and nothing to say goes out as a header alone,
// as SMPP 3.4 has it for submit_sm_resp (§4.4.2) and the bind responses (§4.1.2).
func Append(dst []byte, p PDU) []byte {
	start := len(dst)
	id, h := p.Command(), p.Head()
	dst = append(dst,
		0, 0, 0, 0,
		byte(id>>24), byte(id>>16), byte(id>>8), byte(id),
		byte(h.Status>>24), byte(h.Status>>16), byte(h.Status>>8), byte(h.Status),
		byte(h.Sequence>>24), byte(h.Sequence>>16), byte(h.Sequence>>8), byte(h.Sequence))
	dst = p.append(dst)
	if h.Status != StatusOK && id.IsResponse() && allNUL(dst[start+HeaderLen:]) {
		dst = dst[:start+HeaderLen]
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

func allNUL(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// ParseHeader reads the header at the start of frame. ok is false when fewer than
// 16 octets are there; the length is not judged.
func ParseHeader(frame []byte) (length uint32, id CommandID, status Status, seq uint32, ok bool) {
	if len(frame) < HeaderLen {
		return 0, 0, 0, 0, false
	}
	return binary.BigEndian.Uint32(frame),
		CommandID(binary.BigEndian.Uint32(frame[4:])),
		Status(binary.BigEndian.Uint32(frame[8:])),
		binary.BigEndian.Uint32(frame[12:]), true
}

// New is an empty PDU of the command: a *Raw for an unknown one.
func New(id CommandID) PDU {
	if slot := id.slot(); slot >= 0 {
		return commands[slot].make()
	}
	return &Raw{ID: id}
}

// NewResp is the response that matches the request p, with its sequence number,
// the given status and an empty body. It is nil for PDUs that have no response:
// responses themselves, generic_nack, outbind, alert_notification and Raw (whose
// answer is a GenericNack).
func NewResp(p PDU, status Status) PDU {
	resp, ok := p.Command().Response()
	if !ok {
		return nil
	}
	if _, raw := p.(*Raw); raw {
		return nil
	}
	answer := New(resp)
	*answer.Head() = Header{Status: status, Sequence: p.Head().Sequence}
	return answer
}

// Raw is a PDU of a command that this package does not know.
type Raw struct {
	Header
	ID   CommandID
	Body []byte // all that follows the header
}

// Command implements PDU.
func (p *Raw) Command() CommandID     { return p.ID }
func (p *Raw) append(b []byte) []byte { return append(b, p.Body...) }
func (p *Raw) parse(r *reader)        { p.Body = r.rest() }
func (p *Raw) walk(v Visitor)         { v.Rest("body", &p.Body) }
func (p *Raw) shallow() PDU           { c := *p; return &c }
