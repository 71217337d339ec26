package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// concatActor makes events of a bind's inbound messages (US-SC-025): whole ones it
// has published, parts it has kept. It remembers nothing, so a restart loses
// nothing but the message at hand, which the MNO repeats.
type concatActor struct {
	env  *environment
	seat *seat
	node *node
}

// Receive implements actor.Actor.
func (a *concatActor) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		a.node.show("running", time.Now())
	case *heardDeliveries:
		a.take(c, m)
	}
}

// take publishes whole messages and has parts kept.
func (a *concatActor) take(c actor.Context, m *heardDeliveries) {
	parts := partBatch{heard: m}
	var whole []int
	var events []port.Event
	var spans []*moSpan
	src := sourceOf(m.account, m.bind, a.seat.fence.token())
	for i, item := range m.items {
		in := concat.Read(item.pdu)
		for _, f := range in.Faults {
			a.env.violation(m.bind, f.What, f.Detail, item.at)
		}
		if in.InParts() {
			parts.of = append(parts.of, i)
			parts.arrivals = append(parts.arrivals, port.ConcatArrival{Key: concat.Key(m.bind.MNO, item.pdu, in.Concat), Part: in.Part, TLVs: optional.WorthTelling(item.pdu.TLVs),
				Bind: m.bind, At: item.at, Window: m.account.ConcatWindow})
			continue
		}
		e := concat.Event(item.pdu, &in, item.at, src)
		spans = append(spans, a.env.traceMO(&e, m.bind, 1, item.at))
		events, whole = append(events, e), append(whole, i)
	}
	if len(parts.of) > 0 {
		a.seat.parts.add(parts)
		c.Send(a.env.redis, &partsDue{a.seat})
	}
	if len(events) > 0 {
		root, listener := c.ActorSystem().Root, a.env.Listener
		c.Send(a.env.nats, &publish{events: events, done: func(errs []error) {
			stored := func(i int) bool { return errs == nil || errs[i] == nil }
			reply(root, m, whole, stored)
			for i := range whole {
				spans[i].end(time.Now(), stored(i))
				if stored(i) {
					listener.On(event.MessageHeard{Bind: m.bind, Parts: 1})
				}
			}
		}})
	}
}

// sourceOf says where a message was heard, for its event.
func sourceOf(account *Account, bind port.BindID, epoch uint64) concat.Source {
	return concat.Source{OperatorID: account.OperatorID, Bind: bind, Epoch: epoch, Text: account.Text, TLVs: account.Receipts.TLVs}
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
