package actors_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 4, Bad input: each is counted, told with its reason, answered as SMPP 3.4 says,
// and nothing else is disturbed. A text is never told.

// violations counts what the peer did wrong, by the stable word of it.
func (r *rig) violations() map[string]int {
	what := map[string]int{}
	for _, f := range heard[event.ProtocolViolation](r) {
		what[f.What]++
		if f.Detail == "" || strings.Contains(f.Detail, "Hello") {
			r.t.Errorf("%s is told as %q", f.What, f.Detail)
		}
	}
	return what
}

// awccBinds gives the account so many binds.
func (r *rig) awccBinds(n int) {
	account := r.account["awcc"]
	account.Binds = nil
	for i := range n {
		account.Binds = append(account.Binds, port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: i + 1}, OperatorID: "awcc", Enabled: true})
	}
}

// US-SC-006, 014: every dead letter is told of once, whoever gave its command up, and
// not before it is stored: smpp_connector_dlq_total counts them.
func TestUSSC006EveryDeadLetterIsTold(t *testing.T) {
	send := func(command string) func(*rig) {
		return func(r *rig) { r.mem.Publish(contract.OperatorSubject("awcc"), []byte(command)) }
	}
	hello := send(`{"messageId":"m1","to":"93700000001","text":"Hello"}`)
	for _, c := range []struct {
		reason, field string
		policy        ledger.Policy
		away          time.Duration // how long the dead letters cannot be stored
		do            func(*rig)
		options       []smsc.Option
	}{
		{"missing_field", "text", 0, time.Minute, send(`{"messageId":"m1","to":"93700000001"}`), nil},
		{"expired", "expiresAt", 0, 10 * time.Minute, send(`{"messageId":"m1","to":"93700000001","text":"Hello","expiresAt":"1999-01-01T00:00:00Z"}`), nil},
		{"rejected_by_mno", "", 0, 10 * time.Minute, hello, []smsc.Option{smsc.AnswerSubmits(codec.StatusInvDstAdr, 1)}},
		{"outcome_unknown", "", ledger.GiveUp, 10 * time.Minute, hello, []smsc.Option{smsc.LoseAnswers(100, 1)}},
		{"outcome_unknown", "", ledger.Hold, 10 * time.Minute, hello, []smsc.Option{smsc.LoseAnswers(100, 1), smsc.SendReceipts(smsc.Never())}},
	} {
		t.Run(c.reason+" "+c.policy.String(), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = c.policy, time.Minute
				r.mem.Publisher.Refuse(contract.SubjectDLQ, errDown)
				r.start()
				c.do(r)
				r.after(c.away)
				if told := heard[event.DeadLettered](r); len(told) != 0 {
					t.Errorf("told before it was stored: %+v", told)
				}
				r.mem.Publisher.Refuse(contract.SubjectDLQ, nil)
				r.after(10 * time.Minute)
				told := heard[event.DeadLettered](r)
				if letters := r.mem.Events(contract.SubjectDLQ); len(told) != 1 || len(letters) != 1 || r.mem.Unsettled() != 0 {
					t.Errorf("%d dead letters, told of %d, %d unsettled", len(letters), len(told), r.mem.Unsettled())
				} else if f := told[0]; f.OperatorID != "awcc" || f.MessageID != "m1" || f.Reason != c.reason || f.Field != c.field || f.At.IsZero() {
					t.Errorf("%+v", f)
				}
			}, c.options...)
		})
	}
}

// US-SC-036: a fingerprint that differs is told of, and the message is sent; the event
// that billing bills has the text's.
func TestUSSC036AMismatchIsTold(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Rules.Count.Wide = true // the profile's business alone
		ours, err := segment.Fingerprint(strings.Repeat("a", 306), segment.Auto, segment.Rule{})
		if err != nil {
			t.Error(err)
		}
		r.start()
		for id, given := range map[string]string{"right": ours, "wrong": "1:0123456789abcdef", "none": ""} {
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":%q,"to":"93700000001","text":%q,"segmentFingerprint":%q}`, id, strings.Repeat("a", 306), given))
		}
		r.after(5 * time.Second)
		var told []event.Planned
		for _, f := range heard[event.MessagesBegun](r) {
			for _, p := range f.Messages {
				if p.Mismatch != nil && f.OperatorID == "awcc" {
					told = append(told, p)
				}
			}
		}
		if len(told) != 1 || told[0].MessageID != "wrong" || told[0].Mismatch.Given != "1:0123456789abcdef" || told[0].Mismatch.Ours != ours {
			t.Errorf("told of %+v, want of one", told)
		}
		submitted := r.mem.Events(contract.SubjectSubmitted)
		if len(submitted) != 3 {
			t.Errorf("%d of 3 are sent", len(submitted))
		}
		for _, e := range submitted {
			if body := e.Body.(*contract.DispatchSubmitted); body.GetSegmentFingerprint() != ours || body.GetSegments() != 3 {
				t.Errorf("%s: %s, %d segments; want %s and the 3 that were sent", body.GetMessageId(), body.GetSegmentFingerprint(), body.GetSegments(), ours)
			}
		}
	})
}

// Garbage ends its own line, after a generic_nack where the length shows that it is
// garbage; the other bind of the account goes on, and so does every message.
func TestGarbageEndsItsLineAlone(t *testing.T) {
	for name, octets := range map[string][]byte{
		"a length below a header": {0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9},
		"a length above the most": {0x47, 0x45, 0x54, 0x20, 0x2f, 0x20, 0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e, 0x31, 0x0d, 0x0a}, // GET / HTTP/1.1
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.awccBinds(2)
				r.start()
				r.send(100)
				r.after(25 * time.Millisecond)
				r.mno.Do(smsc.SendRaw(octets))
				r.after(time.Second)
				if c := r.mno.Counts(); c.Bound != 1 || c.Nacked != 1 || c.Binds != 2 {
					t.Errorf("%d bound, %d generic_nacks, %d binds", c.Bound, c.Nacked, c.Binds)
				}
				r.after(30 * time.Second)
				if c := r.mno.Counts(); c.Bound != 2 || c.Binds != 3 || r.mem.Unsettled() != 0 {
					t.Errorf("%d bound after %d binds, %d unsettled", c.Bound, c.Binds, r.mem.Unsettled())
				}
				if got := r.violations(); len(got) != 1 || got["malformed"] != 1 {
					t.Errorf("%v", got)
				}
				if n := len(heard[event.ActorFailed](r)); n != 1 {
					t.Errorf("%d actors failed, want the session alone", n)
				}
			}, smsc.Delay(20*time.Millisecond))
		})
	}
}

// Answers to nothing of ours, of every kind: noted, not answered, and the heartbeat
// does not take them for its own.
func TestAnswersThatNobodyAskedFor(t *testing.T) {
	strays := []codec.PDU{
		&codec.SubmitSMResp{Header: codec.Header{Sequence: 0x7FFFFFF0}, MessageID: "nobody's"},
		&codec.EnquireLinkResp{Header: codec.Header{Sequence: 0x7FFFFFF1}},
		&codec.UnbindResp{Header: codec.Header{Sequence: 0x7FFFFFF2}},
		&codec.BindTransceiverResp{Header: codec.Header{Sequence: 0x7FFFFFF3}},
		&codec.GenericNack{Header: codec.Header{Sequence: 0x7FFFFFF4, Status: codec.StatusInvCmdID}},
	}
	inBubble(t, func(r *rig) {
		r.start()
		before := r.mno.Counts()
		for _, stray := range strays {
			r.mno.Do(smsc.SendPDU(stray))
		}
		r.send(10)
		r.after(5 * time.Second)
		if got := r.violations(); len(got) != 1 || got["unsolicited_response"] != len(strays) {
			t.Errorf("%v", got)
		}
		c := r.mno.Counts()
		if c.Accepted != 10 || c.Binds != 1 || c.Bound != 1 || c.Nacked != before.Nacked || c.PDUsIn-before.PDUsIn != 10+c.ReceiptsAnswered {
			t.Errorf("%+v", c)
		}
	})
}

// An answer to a submit of a former incarnation settles nothing: numbers go on over
// reconnects, so it meets no other submit. The message was given back and is submitted
// again, marked as what may have been sent.
func TestAnAnswerToAFormerIncarnation(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.LoseAnswers(100, 1))
		r.send(1)
		r.after(time.Second)
		former := r.bind().Sequence
		r.mno.Do(smsc.DropLine(), smsc.LoseAnswers(0, 1), smsc.Delay(time.Second))
		r.after(7 * time.Second)
		r.mno.Do(smsc.SendPDU(&codec.SubmitSMResp{Header: codec.Header{Sequence: former}, MessageID: "late"}))
		r.after(10 * time.Second)
		if got := r.violations(); len(got) != 1 || got["unsolicited_response"] != 1 {
			t.Errorf("%v", got)
		}
		events := r.mem.Events(contract.SubjectSubmitted)
		if len(events) != 1 || r.mem.Unsettled() != 0 || r.bind().Sequence <= former {
			t.Fatalf("%d events, %d unsettled, sequence %d after %d", len(events), r.mem.Unsettled(), r.bind().Sequence, former)
		}
		if b := events[0].Body.(*contract.DispatchSubmitted); !b.GetAmbiguous() || slices.Contains(b.GetOperatorMessageIds(), "late") {
			t.Errorf("ambiguous %v, ids %q", b.GetAmbiguous(), b.GetOperatorMessageIds())
		}
	})
}

// oddPeer accepts binds and answers every submit as answer says: an MNO of our own,
// for what the simulator is too well-behaved for.
func oddPeer(answer func(seq uint32, n int) []codec.PDU) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		out := make(chan []byte, 1000) // the pipe has no buffer, and both ends write
		go func() {
			for octets := range out {
				if _, err := far.Write(octets); err != nil {
					return
				}
			}
		}()
		go func() {
			defer close(out)
			defer far.Close()
			framer := codec.NewFramer(far, 0)
			for n := 0; ; {
				frame, err := framer.Next()
				if err != nil {
					return
				}
				pdu, err := codec.Parse(frame)
				if err != nil {
					return
				}
				var answers []codec.PDU
				if submit, ok := pdu.(*codec.SubmitSM); ok {
					answers = answer(submit.Sequence, n)
					n++
				} else if resp := codec.NewResp(pdu, codec.StatusOK); resp != nil {
					answers = []codec.PDU{resp}
				}
				for _, a := range answers {
					out <- codec.Append(nil, a)
				}
			}
		}()
		return near, nil
	}
}

// A peer that answers one submit under another's number, and that number twice: the
// second answer is noted, the submit that has none is given up at its deadline and its
// message comes again, and the window is empty in the end.
func TestAPeerThatAnswersUnderAnothersNumber(t *testing.T) {
	inBubble(t, func(r *rig) {
		var first uint32
		r.account["awcc"].Hosts = dialled(oddPeer(func(seq uint32, n int) []codec.PDU {
			ok := func(seq uint32) codec.PDU {
				return &codec.SubmitSMResp{Header: codec.Header{Sequence: seq}, MessageID: fmt.Sprintf("id-%d-%d", seq, n)}
			}
			switch n {
			case 0:
				first = seq
				return nil
			case 1:
				return []codec.PDU{ok(seq), ok(seq)} // the second was meant for the first submit
			}
			return []codec.PDU{ok(seq)}
		}))
		r.start()
		r.send(2)
		r.after(29 * time.Second)
		if b := r.bind(); b.InFlight != 1 || first == 0 {
			t.Errorf("%d in flight before the deadline", b.InFlight)
		}
		r.after(10 * time.Second)
		if got := r.violations(); len(got) != 1 || got["unsolicited_response"] != 1 {
			t.Errorf("%v", got)
		}
		if b := r.bind(); b.InFlight != 0 || !b.Bound || r.mem.Unsettled() != 0 || len(r.mem.Events(contract.SubjectSubmitted)) != 2 {
			t.Errorf("%d in flight, %d unsettled, %d submitted", b.InFlight, r.mem.Unsettled(), len(r.mem.Events(contract.SubjectSubmitted)))
		}
	})
}

// A bind that is answered under another number is not bound: the wait has its deadline,
// and the redial its backoff.
func TestABindAnsweredUnderAnotherNumber(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Hosts = dialled(func(context.Context) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				framer := codec.NewFramer(far, 0)
				for {
					frame, err := framer.Next()
					if err != nil {
						return
					}
					pdu, err := codec.Parse(frame)
					if err != nil {
						return
					}
					if bind, ok := pdu.(*codec.BindTransceiver); ok {
						resp := codec.NewResp(bind, codec.StatusOK)
						resp.Head().Sequence += 7
						if _, err := far.Write(codec.Append(nil, resp)); err != nil {
							return
						}
					}
				}
			}()
			return near, nil
		})
		r.start()
		r.after(9 * time.Second)
		if b := r.bind(); b.State != "CONNECTING" {
			t.Errorf("%s before the deadline", b.State)
		}
		r.after(2 * time.Second)
		if b := r.bind(); b.State != "DISCONNECTED" || b.Attempts != 1 {
			t.Errorf("%+v", b)
		}
		if got := r.violations(); len(got) != 1 || got["unsolicited_response"] != 1 {
			t.Errorf("%v", got)
		}
	})
}

// US-SC-002: credentials that turn into a web page, or into nothing, disturb no line:
// the account that is known stays, and the service is asked again after the backoff.
func TestUSSC002CredentialsThatAreNoneDisturbNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.refresh = time.Minute
		r.start()
		r.failAccounts(fmt.Errorf("operators: fetch the credentials of awcc: the answer is text/html, want application/json"))
		r.after(3 * time.Minute)
		r.send(10)
		r.after(time.Second)
		if c := r.mno.Counts(); c.Binds != 1 || c.Bound != 1 || c.Accepted != 10 {
			t.Errorf("%d binds, %d bound, %d accepted", c.Binds, c.Bound, c.Accepted)
		}
		var delays []time.Duration
		for _, f := range heard[event.AccountUnavailable](r) {
			delays = append(delays, f.Delay)
			if !strings.Contains(f.Err, "text/html") {
				t.Errorf("%q", f.Err)
			}
		}
		if want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second}; !slices.Equal(delays[:min(4, len(delays))], want) {
			t.Errorf("asked again after %v", delays)
		}
		r.failAccounts(nil)
		r.after(2 * time.Minute)
		if n := len(heard[event.AccountFetched](r)); n != 2 {
			t.Errorf("%d facts of a fetched account, want the first and the one after the trouble", n)
		}
	})
}

// US-SC-002, decisions.md 002: an account that cannot be had is asked for again by the
// backoff that is configured, as a redial is.
func TestUSSC002AnAccountIsAskedForByTheConfiguredBackoff(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backoff = []time.Duration{time.Second, 3 * time.Second}
		r.failAccounts(fmt.Errorf("operators: fetch the credentials of awcc: connection refused"))
		r.start()
		r.after(12 * time.Second)
		var delays []time.Duration
		for _, f := range heard[event.AccountUnavailable](r) {
			delays = append(delays, f.Delay)
		}
		if want := []time.Duration{time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second}; !slices.Equal(delays, want) {
			t.Errorf("asked again after %v, want %v", delays, want)
		}
	})
}

// US-SC-006: the dead letter of a large command carries all of it, up to 1 MiB; of a
// larger one it says that it was cut.
func TestUSSC006ALargeDeadLetterIsWholeOrSaysThatItIsNot(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		for i, size := range []int{700 << 10, 1 << 20, 1<<20 + 1} {
			at := len(r.mem.Events(contract.SubjectDLQ))
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"m%d","to":"93700000001","text":7,"x":"%s"}`, i, strings.Repeat("x", size))[:size])
			r.after(time.Second)
			events := r.mem.Events(contract.SubjectDLQ)
			if len(events) != at+1 {
				t.Fatalf("%d octets: %d dead letters", size, len(events)-at)
			}
			body := events[at].Body.(*contract.DispatchRejected)
			if len(body.Payload) != min(size, 1<<20) || body.PayloadTruncated != (size > 1<<20) {
				t.Errorf("%d octets: %d are in the dead letter, cut: %v", size, len(body.Payload), body.PayloadTruncated)
			}
		}
	})
}
