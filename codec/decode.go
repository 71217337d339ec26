package codec

import "sync"

// Parse takes one whole PDU apart, as Framer cuts them.
//
// Who owns the bytes: strings, ShortMessage, TLV values and Raw.Body share the
// memory of frame and hold until its owner writes there again, for a Framer until
// the next call of Next. Clone makes a PDU that keeps. The struct itself is the caller's.
//
// The error is a *DecodeError, and Rule tells what to answer. The PDU is nil then,
// but for an unknown command, where it is a *Raw. What the rules tolerate is no
// error; a Decoder tells it.
func Parse(frame []byte) (PDU, error) {
	r := readers.Get().(*reader)
	p, err := r.pdu(frame, nil)
	r.b = nil
	readers.Put(r)
	return p, err
}

// readers saves Parse an allocation: parse is called through an interface, and so
// its reader cannot live on the stack.
var readers = sync.Pool{New: func() any { return new(reader) }}

// Decoder parses many PDUs without allocating: it lends its structs, one for each
// command, instead of making new ones. The zero value is ready. It belongs to one
// goroutine.
type Decoder struct {
	// Strict refuses what the rules tolerate: a peer that wants to be told, such as
	// a simulator that tests an ESME, sets it.
	Strict bool

	r    reader
	lent []PDU // by the command's line in the table
}

// Parse is the function Parse with a lent struct: the PDU and all in it hold until
// the next Parse of this Decoder, or until frame is written to.
func (d *Decoder) Parse(frame []byte) (PDU, error) {
	if d.lent == nil {
		d.lent = make([]PDU, len(commands))
	}
	d.r.strict = d.Strict
	return d.r.pdu(frame, d.lent)
}

// Tolerated is what was wrong with the PDU of the last Parse and did not matter:
// for counting and for a debug log. It holds until the next Parse.
func (d *Decoder) Tolerated() []DecodeError { return d.r.tolerated }

// pdu reads the header and, into a struct of lent or a new one, the body.
func (r *reader) pdu(frame []byte, lent []PDU) (PDU, error) {
	length, id, status, seq, ok := ParseHeader(frame)
	r.start(frame, id, Header{Status: status, Sequence: seq})
	if !ok || int64(length) != int64(len(frame)) {
		e := misframed(frame)
		return nil, &e
	}
	slot := id.slot()
	if slot < 0 {
		e := r.fault(UnknownCommand, "command_id", 4, int(id), 0)
		return &Raw{Header: r.head, ID: id, Body: frame[HeaderLen:]}, &e
	}
	var p PDU
	if lent == nil {
		p = commands[slot].make()
	} else if p = lent[slot]; p == nil {
		p = commands[slot].make()
		lent[slot] = p
	}
	*p.Head() = r.head
	p.parse(r)
	if r.err != nil {
		return nil, r.err
	}
	return p, nil
}

// misframed says why frame is not one whole PDU.
func misframed(frame []byte) DecodeError {
	length, id, status, seq, ok := ParseHeader(frame)
	e := DecodeError{Command: id, Status: status, Sequence: seq, Field: "command_length"}
	switch {
	case !ok:
		e.Reason, e.Have, e.Want = ShortHeader, len(frame), HeaderLen
	case length < HeaderLen:
		e.Reason, e.Have, e.Want = LengthTooSmall, int(length), HeaderLen
	default:
		e.Reason, e.Have, e.Want = LengthMismatch, len(frame), int(length)
	}
	return e
}

// ParseSubmitSMResp reads what the hot path wants of a submit_sm_resp, without a
// struct and without allocating: the status, the sequence number, and the MNO's
// message id as octets of frame ("" and a good status happen: cloudhopper's peers
// send no body). ok is false when frame is not one whole submit_sm_resp whose id
// Parse would accept; Parse then says why.
func ParseSubmitSMResp(frame []byte) (status Status, seq uint32, messageID []byte, ok bool) {
	length, id, status, seq, whole := ParseHeader(frame)
	if !whole || id != SubmitSMRespID || int64(length) != int64(len(frame)) {
		return 0, 0, nil, false
	}
	body := frame[HeaderLen:]
	for i, c := range body {
		if c == 0 {
			body = body[:i:i]
			break
		}
	}
	if len(body) > lenientText && status == StatusOK {
		return 0, 0, nil, false
	}
	return status, seq, body, true
}
