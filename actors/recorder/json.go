package recorder

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Line is the PDU on one line, as codec.Dump has it; of octets that could not be
// read, why not.
func (p *PDU) Line() string {
	_, id, status, seq, ok := codec.ParseHeader(p.Octets)
	switch {
	case !ok:
		return fmt.Sprintf("%d octets of a header", len(p.Octets))
	case p.readable == 0:
		line := fmt.Sprintf("%v seq=%d", id, seq)
		if id.IsResponse() || status != codec.StatusOK {
			line += " " + status.String()
		}
		return line + ": " + p.problem.String()
	}
	pdu, err := codec.Parse(resized(p.Octets, p.readable))
	if err != nil {
		return fmt.Sprintf("%v seq=%d: %v", id, seq, err) // masking keeps what can be read readable
	}
	line := codec.Dump(pdu)
	switch {
	case p.Truncated():
		line += fmt.Sprintf(": %d of %d octets", len(p.Octets), p.Length)
	case p.problem != codec.NoProblem:
		line += ": " + p.problem.String()
	case p.readable < len(p.Octets):
		line += fmt.Sprintf(": %d octets are not understood", len(p.Octets)-p.readable)
	}
	return line
}

// MarshalJSON implements json.Marshaler.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	type pdu struct {
		At         time.Time `json:"at"`
		Direction  string    `json:"direction"`
		Connection uint32    `json:"connection"`
		Command    string    `json:"command"`
		Sequence   uint32    `json:"sequence"`
		Status     string    `json:"status"`
		Line       string    `json:"line"`
		Octets     string    `json:"octets"`
		Length     uint32    `json:"length"`
		Truncated  bool      `json:"truncated,omitempty"`
	}
	type note struct {
		At         time.Time `json:"at"`
		Connection uint32    `json:"connection,omitempty"`
		Text       string    `json:"text"`
	}
	doc := struct {
		PDUs    []pdu  `json:"pdus"`
		Notes   []note `json:"notes"`
		Earlier uint64 `json:"earlier"`
	}{PDUs: make([]pdu, 0, len(s.PDUs)), Notes: make([]note, 0, len(s.Notes)), Earlier: s.Earlier}
	for i := range s.PDUs {
		p := &s.PDUs[i]
		out := pdu{At: p.At, Direction: p.Direction.String(), Connection: p.Connection,
			Line: p.Line(), Octets: hex.EncodeToString(p.Octets), Length: p.Length, Truncated: p.Truncated()}
		if _, id, status, seq, ok := codec.ParseHeader(p.Octets); ok {
			out.Command, out.Status, out.Sequence = id.String(), status.String(), seq
		}
		doc.PDUs = append(doc.PDUs, out)
	}
	for _, n := range s.Notes {
		doc.Notes = append(doc.Notes, note{n.At, n.Connection, n.Text})
	}
	return json.Marshal(doc)
}
