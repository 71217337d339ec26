package concat

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Source is where a message was heard, and how its MNO writes texts.
type Source struct {
	OperatorID string
	Bind       port.BindID
	Epoch      uint64
	Text       text.Options
	TLVs       optional.Rules // names of TLVs
}

// Event is sms.mo.inbound of a message that came in one PDU. Nothing in SMPP tells a
// repeated deliver_sm from a subscriber's second "yes", so each has an id of its
// own: none is lost.
func Event(pdu *codec.DeliverSM, in *Inbound, at time.Time, src Source) port.Event {
	body := src.body(fmt.Sprintf("%s-%x-%x", src.Bind, at.UnixNano(), pdu.Sequence), at)
	body.From, body.To, body.PartsTotal, body.PartsReceived = pdu.SourceAddr, pdu.DestinationAddr, 1, 1
	body.Tlvs = src.TLVs.Told(pdu.TLVs, nil)
	fill(body, []port.ConcatPart{in.Part}, src.Text)
	if in.Unclear { // the text holds the header's octets too
		body.Binary = base64.StdEncoding.EncodeToString(in.Part.Body)
	}
	return event(body)
}

// EventOf is sms.mo.inbound of a message in parts, whole or not. It is the same
// whoever makes it, so that a second one is known by its Msg-Id.
func EventOf(g *port.ConcatGroup, src Source) port.Event {
	body := src.body(idOf(g), g.Since)
	body.From, body.To, body.PartsTotal, body.PartsReceived = g.Key.Originator, g.Key.Destination, uint32(g.Key.Total), uint32(len(g.Parts))
	body.MissingParts, body.Incomplete = Missing(g), !Whole(g)
	body.Tlvs = src.TLVs.Told(g.TLVs, nil)
	fill(body, g.Parts, src.Text)
	return event(body)
}

func (src *Source) body(id string, at time.Time) *contract.MoInboundEvent {
	return &contract.MoInboundEvent{Id: id, OperatorId: src.OperatorID, Mno: src.Bind.MNO, BindId: src.Bind.String(),
		ReceivedAt: timestamppb.New(at), Epoch: src.Epoch}
}

func event(body *contract.MoInboundEvent) port.Event {
	return port.Event{Subject: contract.SubjectMOInbound, ID: "mo:" + body.Id, Body: body}
}

// idOf tells a message in parts from those before it under its key, also from one
// that was heard in the same read.
func idOf(g *port.ConcatGroup) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%q|%d|%d", []string{g.Key.MNO, g.Key.Originator, g.Key.Destination}, g.Key.Reference, g.Key.Total)
	fmt.Fprintf(h, "|%t|%d", g.Key.Wide, g.Since.UnixNano())
	for i := range g.Parts {
		fmt.Fprintf(h, "|%d:%x", g.Parts[i].Index, Digest(&g.Parts[i]))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fill decodes parts, by runs: of those that follow each other and are written
// alike. An escape pair or a surrogate pair that is cut over two of them comes
// together; MNOs have been seen to change data_coding within a message.
func fill(body *contract.MoInboundEvent, parts []port.ConcatPart, opt text.Options) {
	var words strings.Builder
	unread := false
	for at := 0; at < len(parts); {
		header := headerOf(&parts[at])
		if p := header.Ports; p.Present && body.DestinationPort == nil {
			source, destination := uint32(p.Source), uint32(p.Destination)
			body.SourcePort, body.DestinationPort = &source, &destination
		}
		run := runOf(parts[at:], header)
		opt.HeaderOctets, opt.Shift = header.Octets, header.Shift()
		d := text.DecodeParts(parts[at].DataCoding, run, opt)
		if at == 0 {
			body.DataCoding, body.Encoding = uint32(parts[0].DataCoding), d.Encoding
		}
		words.WriteString(d.Text)
		unread = unread || d.Binary || d.Lossy
		at += len(run)
	}
	body.Text = words.String()
	if unread {
		var all []byte
		for _, p := range parts {
			all = append(all, p.Body...)
		}
		body.Binary = base64.StdEncoding.EncodeToString(all)
	}
}

// runOf returns the bodies of the parts from the first on that follow each other
// and are written like it.
func runOf(parts []port.ConcatPart, first udh.Header) (bodies [][]byte) {
	for i, p := range parts {
		if i > 0 {
			h := headerOf(&p)
			if p.Index != parts[i-1].Index+1 || p.DataCoding != parts[0].DataCoding || h.Octets != first.Octets || h.Shift() != first.Shift() {
				break
			}
		}
		bodies = append(bodies, p.Body)
	}
	return bodies
}

// headerOf reads a header that has been read before.
func headerOf(p *port.ConcatPart) (h udh.Header) {
	if len(p.Header) > 0 {
		h, _, _ = udh.Parse(p.Header)
	}
	return h
}
