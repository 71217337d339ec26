package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/sequence"
	"github.com/ghasi/smpp-connector/codec"
)

// The messages that more than one actor speaks. What only one hears stands in
// its own file.

// command is one dispatch command in hand, from its delivery to its settlement.
// It belongs to the actor that was sent it last.
type command struct {
	delivery    port.Delivery
	intake      *intake
	plan        *dispatch.Plan
	bind        port.BindID // the bind that took it
	primary     string      // whose command it is, when a backup carries it
	outcome     ledger.Message
	reference   port.Reference // that its parts share
	tried       int            // references that were looked at for it
	doubtful    bool           // an earlier submit was written and never answered
	begun       bool           // a part of it has gone to a session, and that was told
	unanswered  int            // how many of its deliveries to this process have ended so
	settled     bool           // its end is decided; nothing more is submitted
	taken       time.Time      // when it was delivered: JetStream's AckWait runs from there
	throttled   bool           // the TPS limit has kept it waiting
	refusals    int            // how many of its deliveries to this process the MNO refused for now, but for RTHROTTLED
	postponed   bool           // this delivery is among them
	submittedAt time.Time
	status      codec.Status // the status that refused it
	why         *codec.TLVs  // of that refusal; nil: nothing
	journey     *journey     // nil: it is not traced

	held       bool // in its bind's hands, whose list it is a link of
	prev, next *command
}

// past is what a later delivery must know of it.
func (cmd *command) past() ledger.Past {
	p := cmd.outcome.Past()
	p.Doubtful, p.Begun = p.Doubtful || cmd.doubtful, cmd.begun
	p.Unanswered, p.Refusals = cmd.unanswered, cmd.refusals
	return p
}

// unsent reports whether nothing of it may be with the MNO. Where parts were accepted, their
// rows may not be stored yet, and only they tell the next owner: so that is not unsent.
func (cmd *command) unsent() bool {
	p := cmd.past()
	return p.Empty && !p.Doubtful
}

// flight is one segment between the window and the line.
type flight struct {
	cmd     *command
	part    int
	ordinal uint64 // rising over all flights of the process's windows
	place   int    // in its window's list; the window's alone
	seq     uint32
	sentAt  time.Time
	lapses  time.Time // its permit; zero: the account has no limit

	lost   bool // not answered within the response timeout
	status codec.Status
	id     string // submit_sm_resp.message_id
	took   time.Duration
	load   uint8       // the answer's congestion_state
	why    *codec.TLVs // of a refusal, which may say more than its status
}

// submit asks a session to write segments, in order. A session of another
// incarnation than link's drops it: the window has taken them back already.
type submit struct {
	link    *link
	flights []*flight
}

// answered brings the window what has become of flights.
type answered struct{ flights []*flight }

// linkUp tells the window where to submit: the bind is BOUND.
type linkUp struct {
	link    *link
	session *actor.PID
	account *Account
	version uint8 // of SMPP, that the MNO says it speaks; 0: it does not say
}

// linkDown tells the window that the link is gone: flights up to written may
// have reached the MNO, later ones surely have not.
type linkDown struct {
	link    *link
	written uint64
	reason  string
}

// drain asks an actor to finish what it has in hand and to take nothing new.
// Whoever is drained tells its parent with drained.
type drain struct{}

type drained struct{ who *actor.PID }

// disowned tells a session that the MNO takes it for unbound.
type disowned struct {
	link   *link
	status codec.Status
}

// carry has a bind's window pull commands, or leave them to another account.
type carry struct{ on bool }

// try has a window that has left its commands to another account submit one all the same,
// because its MNO answers nothing; or no longer.
type try struct{ on bool }

// answersAgain tells a bind that its MNO, which was mute, has answered a submit.
type answersAgain struct{}

// covering tells a bind whose commands it carries beside its own (US-SC-013).
type covering struct{ covers []port.Cover }

// accountDoubted asks an operator to fetch its accounts now: an MNO refuses the
// credentials that it has.
type accountDoubted struct{}

// situation is what a window that has (re)started asks its bind for.
type situation struct{ who *actor.PID }

// numbers grants a block of sequence numbers, or of references.
type numbers struct{ block sequence.Block }

// needNumbers asks the sequence actor for the next block.
type needNumbers struct{ to *actor.PID }

// needReferences asks it for concatenation references.
type needReferences struct{ to *actor.PID }

type references struct{ block sequence.Block }

// settle hands bridge/postgres what was accepted and what is thereby decided.
type settle struct {
	accepted    []acceptance
	settlements []settlement
}

// settlement ends a command: exactly one of its fields beside cmd says how.
type settlement struct {
	cmd     *command
	by      *windowActor  // to be told when it is done; only its self may be read
	submit  bool          // publish sms.dispatch.submitted, acknowledge
	dead    *port.Event   // publish this dead letter, acknowledge
	giveAll bool          // give it back after delay
	unsent  bool          // of giveAll: nothing of it is doubtful, and whoever has it next is to know
	delay   time.Duration // of giveAll
}

// settled tells a window that so many of its commands are off its hands. One
// that has taken another's place under the same name leaves it alone.
type settled struct {
	by    *windowActor
	count int
}

// heardDeliveries brings a desk the deliver_sm and data_sm of one read.
type heardDeliveries struct {
	link    *link
	session *actor.PID
	bind    port.BindID
	account *Account
	items   []delivery
}

// delivery is one deliver_sm, or a data_sm seen as one.
type delivery struct {
	pdu  *codec.DeliverSM
	resp codec.PDU // filled with the status and sent when the item is stored
	at   time.Time
}

// answerDeliveries has the session answer what a desk has stored, or could not.
type answerDeliveries struct {
	link  *link
	resps []codec.PDU
}
