package smsc

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// A Step is one sentence of a script. There are three sorts:
//
//   - a turn waits for something and answers it: AcceptBind, Refuse,
//     AnswerSubmits with a count, AfterSubmits, Pause;
//   - a rule changes the conduct from here on: ThrottleEvery, Delay, GoSilent;
//   - an act is done once, here: DropLine, SendMO, EnquireLink.
//
// A script is played from the top: rules and acts at once, a turn when what it
// waits for has come. After the last step the conduct stays as it is.
//
// A Step is also an Option: given to Start or Serve it joins the server's script.
type Step struct {
	sentence string
	turn     turn
	n        int           // how many submits a turn takes
	pause    time.Duration // how long a Pause lasts
	status   codec.Status  // what a turn answers
	rule     func(*conduct)
	act      func(*Server, *Session)
}

// String is the step as a script file has it.
func (st Step) String() string { return st.sentence }

// turn is what a step waits for before the script goes on.
type turn uint8

const (
	atOnce      turn = iota
	turnBind         // the next bind with valid credentials; answered with status
	turnSubmits      // n submits, each answered with status
	turnAfter        // n submits, answered as the conduct says
	turnPause        // a duration
)

// AcceptBind waits for a bind with valid credentials and accepts it, if the
// conduct has nothing against it (BindLimit).
func AcceptBind() Step {
	return Step{sentence: "accept bind", turn: turnBind}
}

// Refuse answers the next bind with status; the line stays up, as SMPP 3.4 §4.1.2 has it.
func Refuse(status codec.Status) Step {
	return Step{sentence: "refuse bind with " + status.String(), turn: turnBind, status: status}
}

// RefuseEvery answers every bind from here on with status. StatusOK ends it.
func RefuseEvery(status codec.Status) Step {
	return rule("refuse every bind with "+status.String(), func(c *conduct) { c.refuse = status })
}

// RefuseTransceiver answers every bind_transceiver from here on with
// ESME_RINVCMDID in a bind_transceiver_resp, as an SMSC of version 3.3 does (US-SC-003).
func RefuseTransceiver() Step {
	return rule("refuse transceiver", func(c *conduct) { c.refuseTRX, c.nackTRX = true, false })
}

// NackTransceiver is RefuseTransceiver with a generic_nack in place of the
// bind_transceiver_resp: an SMSC that does not know the command at all.
func NackTransceiver() Step {
	return rule("nack transceiver", func(c *conduct) { c.refuseTRX, c.nackTRX = true, true })
}

// BindLimit answers ESME_RALYBND to a bind of a system_id that has n sessions
// bound already. 0 ends it.
func BindLimit(n int) Step {
	return rule(fmt.Sprintf("limit binds to %d", n), func(c *conduct) { c.bindLimit = n })
}

// AnswerSubmits answers the next n submits with status, then the script goes
// on. With n = 0 it is a rule: every submit from here on.
func AnswerSubmits(status codec.Status, n int) Step {
	if n <= 0 {
		return rule("answer submits with "+status.String(), func(c *conduct) { c.answer = status })
	}
	return Step{sentence: fmt.Sprintf("answer submits with %s %d times", status.String(), n), turn: turnSubmits, n: n, status: status}
}

// ExplainRefusals has every refused submit's answer say why from here on, in the TLVs
// additional_status_info_text (words) and delivery_failure_reason (2: a permanent network
// error). Without words it ends.
func ExplainRefusals(words string) Step {
	return rule("explain refusals with "+strconv.Quote(words), func(c *conduct) { c.why = words })
}

// AfterSubmits lets n submits pass, answered as the conduct says.
func AfterSubmits(n int) Step {
	return Step{sentence: fmt.Sprintf("after %d submits", n), turn: turnAfter, n: n}
}

// Pause waits for d before the next step. The session goes on meanwhile.
func Pause(d time.Duration) Step {
	return Step{sentence: "pause " + d.String(), turn: turnPause, pause: d}
}

// ThrottleEvery answers every n-th submit with ESME_RTHROTTLED. 0 ends it.
func ThrottleEvery(n int) Step {
	return rule(fmt.Sprintf("throttle every %d", n), func(c *conduct) { c.throttleEvery, c.sinceThrottle = n, 0 })
}

// Delay sends each submit's answer d after the submit, in order. 0 ends it.
func Delay(d time.Duration) Step {
	return rule("delay answers "+d.String(), func(c *conduct) { c.delay, c.shuffle = d, nil })
}

// DelayShuffled sends each submit's answer between d/2 and 3d/2 after the
// submit, so that answers overtake each other; seed makes it the same each run.
func DelayShuffled(d time.Duration, seed uint64) Step {
	return rule(fmt.Sprintf("delay answers %s shuffled seed %d", d, seed), func(c *conduct) {
		c.delay, c.shuffle = d, rand.New(rand.NewPCG(seed, 1))
	})
}

// LoseAnswers accepts every submit and leaves percent of them unanswered: what
// the peer must treat as "outcome unknown". The SMS count as accepted.
func LoseAnswers(percent int, seed uint64) Step {
	return rule(fmt.Sprintf("lose %d percent of answers seed %d", percent, seed), func(c *conduct) {
		c.losePercent, c.lose = percent, rand.New(rand.NewPCG(seed, 2))
	})
}

// GoSilent reads on and writes nothing: no answer, no receipt, no
// enquire_link_resp (US-SC-004). What arrives meanwhile is counted and not accepted.
func GoSilent() Step { return rule("go silent", func(c *conduct) { c.silent = true }) }

// SpeakAgain ends GoSilent. What was asked meanwhile stays unanswered.
func SpeakAgain() Step {
	return Step{sentence: "speak again", rule: func(c *conduct) { c.silent = false }, act: func(s *Server, _ *Session) { s.pumpAll() }}
}

// DropIdle closes a line on which nothing was heard for d (issue 7). 0 ends it.
func DropIdle(d time.Duration) Step {
	return Step{sentence: "drop idle after " + d.String(), rule: func(c *conduct) { c.idle = d }, act: func(s *Server, _ *Session) { s.watchIdleAll() }}
}

// EnquireEvery sends an enquire_link d after the last one. 0 ends it.
func EnquireEvery(d time.Duration) Step {
	return Step{sentence: "enquire every " + d.String(), rule: func(c *conduct) { c.enquire = d }, act: func(s *Server, _ *Session) { s.enquireAll() }}
}

// SplitWrites writes every PDU in pieces of n octets, one write each. 0 ends it.
func SplitWrites(n int) Step {
	return rule(fmt.Sprintf("split writes into %d octets", n), func(c *conduct) { c.split = n })
}

// Coalesce holds what is to be written for d, so that several PDUs leave in one
// write. 0 ends it.
func Coalesce(d time.Duration) Step {
	return rule("coalesce writes for "+d.String(), func(c *conduct) { c.coalesce = d })
}

// AnswerIDs says how the message ids in submit_sm_resp are written.
func AnswerIDs(form IDForm) Step {
	return rule("answer ids "+form.String(), func(c *conduct) { c.ids = form })
}

// IDOfFirstPart has the first part of a long message answered with an id and
// receipted, and the others accepted without either, as some MNOs do.
func IDOfFirstPart() Step {
	return rule("answer first parts alone with an id", func(c *conduct) { c.firstPartID = true })
}

// OneIDForAllParts has all parts of a long message answered with the id of the first
// that came, and each receipted under it, as some MNOs do.
func OneIDForAllParts() Step {
	return rule("answer all parts with one id", func(c *conduct) { c.onePartID = true })
}

// DeliverWindow lets at most n deliver_sm of a session wait for their answer.
// The default is 1000, the floor 1.
func DeliverWindow(n int) Step {
	return rule(fmt.Sprintf("deliver window %d", n), func(c *conduct) { c.deliverWindow = max(n, 1) })
}

// RepeatRefused delivers a receipt or MO again d after the peer refused it, up
// to times times; what a lost line left unanswered is delivered on the next
// session in any case. The default is 1 s and 10 times; 0 times is an MNO that
// never repeats.
func RepeatRefused(d time.Duration, times int) Step {
	return rule(fmt.Sprintf("repeat refused after %s %d times", d, times), func(c *conduct) { c.repeatAfter, c.repeats = d, times })
}

func rule(sentence string, change func(*conduct)) Step {
	return Step{sentence: sentence, rule: change}
}

func act(sentence string, do func(*Server, *Session)) Step {
	return Step{sentence: sentence, act: do}
}
