package actors

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
)

// concatActor makes one event of each inbound message, whole or in parts
// (US-SC-025). Parts are kept in Redis (or KV) before they are answered, so it
// has no state that a restart could lose; deliveries that a restart leaves
// unanswered are sent again by the MNO.
type concatActor struct {
	env   *environment
	seat  *seat
	node  *node
	sweep *time.Timer
}

// sweepEvery is how often groups past their deadline are looked for.
const sweepEvery = 15 * time.Second

type (
	sweepDue  struct{}
	partsKept struct {
		batch *heardDeliveries
		parts []keptPart
		of    []int // indices into batch.items
	}
	groupsOverdue struct{ groups []port.ConcatGroup }
)

// Receive implements actor.Actor.
func (a *concatActor) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		a.node.show("running", time.Now())
		a.schedule(c)
	case *actor.Stopping, *actor.Restarting:
		a.sweep.Stop()
	case *heardDeliveries:
		a.take(c, m)
	case *partsKept:
		a.kept(c, m)
	case *sweepDue:
		root, self := c.ActorSystem().Root, c.Self()
		c.Send(a.env.redis, &overdueGroups{now: time.Now(), done: func(g []port.ConcatGroup) { root.Send(self, &groupsOverdue{g}) }})
		a.schedule(c)
	case *groupsOverdue:
		for _, g := range m.groups {
			if g.Key.MNO == a.seat.id.MNO {
				a.publishGroup(c, g, a.seat.account.Load())
			}
		}
	}
}

func (a *concatActor) schedule(c actor.Context) {
	root, self := c.ActorSystem().Root, c.Self()
	a.sweep = time.AfterFunc(sweepEvery, func() { root.Send(self, &sweepDue{}) })
}

// inbound is what a deliver_sm says, its user data header read.
type inbound struct {
	body    []byte
	header  udh.Header
	concat  udh.Concat
	inParts bool
}

// read separates a message from its headers. A header that cannot be read stays
// in the body: nothing that came is thrown away.
func read(pdu *codec.DeliverSM) inbound {
	in := inbound{body: pdu.ShortMessage}
	if payload, ok := pdu.TLVs.Get(codec.TagMessagePayload); ok && len(in.body) == 0 {
		in.body = payload
	}
	if pdu.ESMClass.UDHI() {
		if header, rest, err := udh.Parse(in.body); err == nil {
			in.header, in.body = header, rest
			in.concat, in.inParts = header.Concat, header.Concat.Valid()
		}
	}
	if !in.inParts {
		ref, hasRef := pdu.TLVs.Uint16(codec.TagSARMsgRefNum)
		total, hasTotal := pdu.TLVs.Uint8(codec.TagSARTotalSegments)
		index, hasIndex := pdu.TLVs.Uint8(codec.TagSARSegmentSeqnum)
		if hasRef && hasTotal && hasIndex {
			in.concat, in.inParts = udh.Concat{Reference: ref, Wide: true, Total: total, Index: index}, true
		}
	}
	in.inParts = in.inParts && in.concat.Total > 1 && concat.Valid(in.concat.Total, in.concat.Index)
	return in
}

// take publishes whole messages and has parts kept.
func (a *concatActor) take(c actor.Context, m *heardDeliveries) {
	var events []port.Event
	var whole []int
	kept := &partsKept{batch: m}
	for i, item := range m.items {
		in := read(item.pdu)
		if in.inParts {
			kept.of = append(kept.of, i)
			kept.parts = append(kept.parts, keptPart{key: a.key(item.pdu, in.concat), at: item.at, ttl: m.account.ConcatWindow,
				part: port.ConcatPart{Index: in.concat.Index, DataCoding: uint8(item.pdu.DataCoding), Body: in.body}})
			continue
		}
		events, whole = append(events, a.wholeEvent(m, item, in)), append(whole, i)
	}
	root, self := c.ActorSystem().Root, c.Self()
	if len(events) > 0 {
		c.Send(a.env.nats, &publish{events: events, done: func(errs []error) {
			reply(root, m, whole, func(i int) bool { return errs == nil || errs[i] == nil })
			for range whole {
				a.env.Listener.On(event.MessageHeard{Bind: m.bind, Parts: 1})
			}
		}})
	}
	if len(kept.parts) > 0 {
		c.Send(a.env.redis, &keepParts{parts: kept.parts, done: func(parts []keptPart) {
			root.Send(self, &partsKept{batch: m, parts: parts, of: kept.of})
		}})
	}
}

// reply answers items of a batch, ESME_ROK where stored says so.
func reply(root *actor.RootContext, m *heardDeliveries, of []int, stored func(i int) bool) {
	resps := make([]codec.PDU, len(of))
	for i, item := range of {
		resps[i] = m.items[item].resp
		if !stored(i) {
			resps[i].Head().Status = m.account.TemporaryError
		}
	}
	root.Send(m.session, &answerDeliveries{link: m.link, resps: resps})
}

func (a *concatActor) key(pdu *codec.DeliverSM, c udh.Concat) port.ConcatKey {
	return port.ConcatKey{MNO: a.seat.id.MNO, Originator: pdu.SourceAddr, Destination: pdu.DestinationAddr, Reference: c.Reference, Wide: c.Wide, Total: c.Total}
}

// kept answers parts that are kept, and publishes the messages that they complete.
func (a *concatActor) kept(c actor.Context, m *partsKept) {
	reply(c.ActorSystem().Root, m.batch, m.of, func(i int) bool { return m.parts[i].err == nil })
	for _, p := range m.parts {
		if p.err == nil && concat.Whole(p.group) {
			a.publishGroup(c, p.group, m.batch.account)
		}
	}
}

// publishGroup publishes a message in parts and then lets its parts go. One that
// is whole twice, on two pods or after a crash, has the same id.
func (a *concatActor) publishGroup(c actor.Context, g port.ConcatGroup, account *Account) {
	root := c.ActorSystem().Root
	body := &contract.MoInboundEvent{
		Id: groupID(g), OperatorId: account.OperatorID, Mno: g.Key.MNO, BindId: a.seat.id.String(),
		From: g.Key.Originator, To: g.Key.Destination, PartsTotal: uint32(g.Key.Total), PartsReceived: uint32(len(g.Parts)),
		MissingParts: concat.Missing(g), Incomplete: !concat.Whole(g), ReceivedAt: timestamppb.Now(), Epoch: uint32(a.env.Epoch),
	}
	parts := concat.InOrder(g)
	bodies := make([][]byte, len(parts))
	for i, p := range parts {
		bodies[i] = p.Body
	}
	if len(parts) > 0 {
		fillText(body, parts[0].DataCoding, bodies, account.Text)
	}
	c.Send(a.env.nats, &publish{events: []port.Event{{Subject: contract.SubjectMOInbound, ID: "mo:" + body.Id, Body: body}}, done: func(errs []error) {
		if errs == nil { // else the group is still there, and due at its deadline
			root.Send(a.env.redis, &takeGroup{g.Key})
			a.env.Listener.On(event.MessageHeard{Bind: a.seat.id, Parts: len(parts), Incomplete: body.Incomplete})
		}
	}})
}

func groupID(g port.ConcatGroup) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%+v|%d", g.Key, g.Deadline.UnixNano())
	return hex.EncodeToString(h.Sum(nil))
}

// wholeEvent is the event of a message that came in one deliver_sm. Nothing in
// SMPP tells a repeated deliver_sm from a subscriber's second "yes", so each has
// an id of its own: none is lost.
func (a *concatActor) wholeEvent(m *heardDeliveries, item delivery, in inbound) port.Event {
	body := &contract.MoInboundEvent{
		Id:         fmt.Sprintf("%s-%x-%x", m.bind, item.at.UnixNano(), item.pdu.Sequence),
		OperatorId: m.account.OperatorID, Mno: m.bind.MNO, BindId: m.bind.String(),
		From: item.pdu.SourceAddr, To: item.pdu.DestinationAddr, PartsTotal: 1, PartsReceived: 1,
		ReceivedAt: timestamppb.New(item.at), Epoch: uint32(a.env.Epoch),
	}
	opt := m.account.Text
	opt.HeaderOctets, opt.Shift = in.header.Octets, in.header.Shift()
	fillText(body, uint8(item.pdu.DataCoding), [][]byte{in.body}, opt)
	if ports := in.header.Ports; ports.Present {
		s, d := uint32(ports.Source), uint32(ports.Destination)
		body.SourcePort, body.DestinationPort = &s, &d
	}
	return port.Event{Subject: contract.SubjectMOInbound, ID: "mo:" + body.Id, Body: body}
}

func fillText(body *contract.MoInboundEvent, dataCoding uint8, parts [][]byte, opt text.Options) {
	d := text.DecodeParts(dataCoding, parts, opt)
	body.DataCoding, body.Encoding, body.Text = uint32(dataCoding), d.Encoding, d.Text
	if d.Binary || d.Lossy {
		var all []byte
		for _, p := range parts {
			all = append(all, p...)
		}
		body.Binary = base64.StdEncoding.EncodeToString(all)
	}
}
