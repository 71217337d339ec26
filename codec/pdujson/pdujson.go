// Package pdujson writes a PDU as JSON and reads it back, field by field under the
// names of SMPP 3.4: for people, for captures turned into test vectors, and for
// vectors turned into octets. Nothing is lost on the way: whatever codec.Parse
// reads, Unmarshal(Marshal(p)) gives again.
//
//	{"command": "submit_sm_resp", "command_length": 20, "command_id": "0x80000004",
//	 "command_status": "0x00000000", "sequence_number": 7,
//	 "fields": {"message_id": "abc"}, "tlvs": []}
//
// C-octet strings are text, one character an octet (U+0000…U+00FF); octets are hex
// under a name that ends in _hex. Lengths and counts are written for the reader's
// convenience and computed anew on the way back.
//
// A password is written as it is, since a bind could not be read back without it:
// this is a form for files and terminals of the one who owns the PDU, and no form
// for logs. For those there is codec.Dump.
package pdujson

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/ghasi/smpp-connector/codec"
)

// document is the JSON form, its members in this order.
type document struct {
	Command  string          `json:"command"`
	Length   int             `json:"command_length"`
	ID       string          `json:"command_id"`
	Status   string          `json:"command_status"`
	Sequence uint32          `json:"sequence_number"`
	Fields   json.RawMessage `json:"fields"`
	TLVs     []tlv           `json:"tlvs"`
}

// tlv is one optional parameter. Reading wants the tag or, of a known one, the name.
type tlv struct {
	Tag    string `json:"tag"`
	Name   string `json:"name"`
	Length int    `json:"length"`
	Value  string `json:"value_hex"`
}

// unnamed is what stands for the name of a TLV that no table names.
const unnamed = "vendor_or_unknown"

// Marshal is p's JSON form, on one line.
func Marshal(p codec.PDU) ([]byte, error) { return marshal(p, len(codec.Append(nil, p)), true) }

// MarshalFrame is the JSON form of the PDU that frame is, as it came: with its own
// command_length, and without fields when a response has no body. Errors are
// codec.Parse's.
func MarshalFrame(frame []byte) ([]byte, error) {
	p, err := codec.Parse(frame)
	if err != nil {
		return nil, err
	}
	return marshal(p, len(frame), len(frame) > codec.HeaderLen)
}

func marshal(p codec.PDU, length int, withFields bool) ([]byte, error) {
	w := writer{tlvs: []tlv{}}
	if withFields {
		codec.Walk(p, &w)
	}
	name := p.Command().String()
	if !p.Command().Known() {
		name = "unknown_" + name
	}
	return json.Marshal(document{
		Command:  name,
		Length:   length,
		ID:       fmt.Sprintf("0x%08x", uint32(p.Command())),
		Status:   fmt.Sprintf("0x%08x", uint32(p.Head().Status)),
		Sequence: p.Head().Sequence,
		Fields:   append(append([]byte{'{'}, w.fields...), '}'),
		TLVs:     w.tlvs,
	})
}

// Error says which member of a document does not make a PDU.
type Error struct {
	Member string // "fields.source_addr", "tlvs[2].value_hex"
	Reason string // what was found and what is wanted
}

// Error implements error.
func (e *Error) Error() string { return "pdujson: " + e.Member + ": " + e.Reason }

// Unmarshal is the PDU of a JSON form. command_id names the command, or command
// where that is missing; further members of the document (name, source, hex, …)
// are ignored, but a field that the command does not have is an *Error. What is
// not given is zero. Limits are codec.Validate's to judge, not ours, so that a
// wrong PDU can be written on purpose.
func Unmarshal(data []byte) (codec.PDU, error) {
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, &Error{"document", err.Error()}
	}
	id, err := commandOf(&doc)
	if err != nil {
		return nil, err
	}
	status, err := number("command_status", doc.Status, 32)
	if err != nil {
		return nil, err
	}
	p := codec.New(id)
	*p.Head() = codec.Header{Status: codec.Status(status), Sequence: doc.Sequence}
	r := reader{tlvs: doc.TLVs}
	if len(doc.Fields) > 0 {
		if err := json.Unmarshal(doc.Fields, &r.fields); err != nil {
			return nil, &Error{"fields", "want an object"}
		}
	}
	codec.Walk(p, &r)
	if err := r.done(id); err != nil {
		return nil, err
	}
	return p, nil
}

// commandOf reads command_id, or else looks up the name.
func commandOf(doc *document) (codec.CommandID, error) {
	if doc.ID != "" {
		n, err := number("command_id", doc.ID, 32)
		return codec.CommandID(n), err
	}
	for _, id := range codec.KnownCommands() {
		if id.String() == doc.Command {
			return id, nil
		}
	}
	if hex, ok := strings.CutPrefix(doc.Command, "unknown_"); ok {
		n, err := number("command", hex, 32)
		return codec.CommandID(n), err
	}
	return 0, &Error{"command", "no such command: want a name of SMPP 3.4 such as submit_sm, or command_id in hex"}
}

// number reads "0x00000045", "69" or nothing.
func number(member, text string, bits int) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 0, bits)
	if err != nil {
		return 0, &Error{member, fmt.Sprintf("not a number of %d bits: want it as in 0x00000045", bits)}
	}
	return n, nil
}
