package actors_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

const subject = "smpp.operator.awcc"

// US-SC-006, 010: response → correlation → sms.dispatch.submitted → ack.
func TestUSSC006EveryCommandIsSubmittedAndAcknowledged(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(100)
		r.after(10 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 100 || c.Duplicates != 0 {
			t.Errorf("%d accepted, %d twice", c.Accepted, c.Duplicates)
		}
		s := r.mem.Settlements(subject)
		if s.Acks != 100 || len(s.Naks) != 0 || r.mem.Correlations.Rows() != 100 || len(r.mem.Events(contract.SubjectSubmitted)) != 100 {
			t.Errorf("%d acks, %d NAKs, %d rows, %d events", s.Acks, len(s.Naks), r.mem.Correlations.Rows(), len(r.mem.Events(contract.SubjectSubmitted)))
		}
		final := 0
		for _, e := range r.mem.Events(contract.SubjectDLRInbound) {
			if e.Body.(*contract.DlrInboundEvent).GetFinal() {
				final++
			}
		}
		if final != 100 {
			t.Errorf("%d receipts", final)
		}
		if b := r.bind(); b.InFlight != 0 || b.Settling != 0 || b.Queued != 0 {
			t.Errorf("%+v", b)
		}
	})
}

// US-SC-023: with a window of 10 no more than 10 PDUs are unanswered at any time.
func TestUSSC023TheWindowIsKept(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(20)
		r.after(500 * time.Millisecond)
		if c := r.mno.Counts(); c.Submits != 10 || r.bind().InFlight != 10 || r.bind().LimitedBy != "window" {
			t.Errorf("%d submits before the first answer, %+v", c.Submits, r.bind())
		}
		r.after(2 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 20 {
			t.Errorf("%d accepted", c.Accepted)
		}
	}, smsc.Delay(time.Second))
}

// decisions.md: written and unanswered when the line drops → redelivered and
// marked; written and answered → never sent again.
func TestUSSC006ALostLineLosesNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(100)
		r.after(10 * time.Minute)
		c := r.mno.Counts()
		if got := len(r.mem.Events(contract.SubjectSubmitted)); got != 100 || r.mem.Unsettled() != 0 {
			t.Errorf("%d of 100 submitted, %d unsettled", got, r.mem.Unsettled())
		}
		unknown := 0
		for _, f := range heard[event.OutcomeUnknown](r) {
			unknown += f.Segments
		}
		if c.Duplicates > unknown {
			t.Errorf("%d SMS were received twice, of %d whose outcome was unknown", c.Duplicates, unknown)
		}
		ambiguous := 0
		for _, e := range r.mem.Events(contract.SubjectSubmitted) {
			if e.Body.(*contract.DispatchSubmitted).GetAmbiguous() {
				ambiguous++
			}
		}
		if ambiguous != unknown || unknown == 0 {
			t.Errorf("%d events are marked ambiguous, of %d", ambiguous, unknown)
		}
	}, smsc.Delay(200*time.Millisecond), smsc.Connection(1, smsc.AfterSubmits(35), smsc.DropLine()), smsc.Connection(2, smsc.AfterSubmits(15), smsc.DropLine()))
}

// US-SC-010 as decisions.md reads it: a failed insert is repeated while the row is
// kept; the SMS is not sent twice, and nothing is acknowledged before.
func TestUSSC010AFailedInsertIsRepeatedNotTheSubmit(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.mem.Correlations.Fail(errDown)
		r.start()
		r.send(10)
		r.after(3 * time.Minute) // beyond AckWait: the commands are delivered again
		if s := r.mem.Settlements(subject); s.Acks != 0 {
			t.Errorf("%d acks without a correlation", s.Acks)
		}
		r.mem.Correlations.Heal()
		r.after(2 * time.Minute)
		c := r.mno.Counts()
		if c.Accepted != 10 || c.Duplicates != 0 || r.mem.Unsettled() != 0 || r.mem.Correlations.Rows() != 10 {
			t.Errorf("%d accepted, %d twice, %d unsettled, %d rows", c.Accepted, c.Duplicates, r.mem.Unsettled(), r.mem.Correlations.Rows())
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// A crash between the correlation and the ack: the redelivery is recognised by
// its stored correlation.
func TestUSSC010AfterACrashNothingAcceptedIsSentAgain(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.mem.Publisher.Refuse(contract.SubjectSubmitted, errDown) // correlations are stored, acks are not
		r.start()
		r.send(10)
		r.sendText("long", string(make([]byte, 0))+fmt.Sprintf("%0400d", 7))
		r.after(10 * time.Second)
		if n := r.mno.Counts().Accepted; n != 13 || r.mem.Correlations.Rows() != 13 {
			t.Fatalf("%d accepted, %d rows", n, r.mem.Correlations.Rows())
		}
		r.mem.Publisher.Refuse(contract.SubjectSubmitted, nil)
		r.restart()
		r.after(3 * time.Minute)
		if c := r.mno.Counts(); c.Accepted != 13 || c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d accepted, %d twice, %d unsettled", c.Accepted, c.Duplicates, r.mem.Unsettled())
		}
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 11 {
			t.Errorf("%d submitted events", n)
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// US-SC-028: RTHROTTLED halves the window and gives the message back for 500 ms.
func TestUSSC028ThrottledMessagesComeAgain(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Window = 100
		r.start()
		r.send(1)
		r.after(100 * time.Millisecond)
		if b := r.bind(); b.Window != 50 {
			t.Errorf("window %d after a throttle", b.Window)
		}
		naks := r.mem.Settlements(subject).Naks
		if len(naks) != 1 || naks[0].Delay != 500*time.Millisecond {
			t.Errorf("%+v", naks)
		}
		r.after(time.Second)
		if c := r.mno.Counts(); c.Accepted != 1 {
			t.Errorf("%d accepted", c.Accepted)
		}
		r.after(time.Minute)
		if b := r.bind(); b.Window != 55 {
			t.Errorf("window %d after a minute, want 55 (US-SC-024)", b.Window)
		}
	}, smsc.AnswerSubmits(codec.StatusThrottled, 1))
}

// US-SC-029: a half-close is told of once, not again for each line that comes back while
// it lasts; and again when the bind had recovered.
func TestUSSC029AHalfCloseIsToldOfOnce(t *testing.T) {
	inBubble(t, func(r *rig) {
		fail := func(word string) {
			r.mno.Do(smsc.AnswerSubmits(codec.StatusSubmitFail, 3))
			r.sendMany(word, 3)
			r.after(5 * time.Second)
		}
		r.start()
		fail("once")
		for range 3 {
			r.mno.Do(smsc.DropLine())
			r.after(10 * time.Second)
		}
		if n := len(heard[event.SubmitsHalted](r)); n != 1 || r.bind().State != "HALF_CLOSED_TX" {
			t.Errorf("told of %d half-closes, the bind is %s; want 1", n, r.bind().State)
		}
		r.after(10 * time.Minute) // the test submit is accepted
		fail("again")
		if n := len(heard[event.SubmitsHalted](r)); n != 2 || r.bind().State != "HALF_CLOSED_TX" {
			t.Errorf("told of %d half-closes, the bind is %s; want 2", n, r.bind().State)
		}
	})
}

// US-SC-008, 009, 037: a message is counted and audited once, when its first part goes
// out: not for each delivery, not again for what is throttled, resumed or redelivered,
// not at all for what is never sent.
func TestUSSC037AMessageIsToldOfOnce(t *testing.T) {
	long := fmt.Sprintf("%0400d", 7)
	for name, c := range map[string]struct {
		do       func(*rig)
		want     string // messageIds
		segments int
		options  []smsc.Option
	}{
		"throttled four times": {func(r *rig) { r.sendText("m1", "x") }, "m1", 1, []smsc.Option{smsc.AnswerSubmits(codec.StatusThrottled, 4)}},
		"its third part is throttled": {func(r *rig) { r.sendText("m1", long) }, "m1", 3,
			[]smsc.Option{smsc.AfterSubmits(2), smsc.AnswerSubmits(codec.StatusThrottled, 1)}},
		"its answer is lost, and it is sent again": {func(r *rig) {
			r.mno.Do(smsc.LoseAnswers(100, 1))
			r.sendText("m1", "x")
			r.after(10 * time.Second)
			r.mno.Do(smsc.LoseAnswers(0, 1))
		}, "m1", 1, nil},
		"resumed by another process": {func(r *rig) {
			r.sendText("m1", long)
			r.after(100 * time.Millisecond)
			r.kill()
			r.start()
		}, "m1", 3, []smsc.Option{smsc.AfterSubmits(2), smsc.AnswerSubmits(codec.StatusThrottled, 1)}},
		"given back for want of a slot": {func(r *rig) { r.sendMany("m", 20) }, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19", 20, []smsc.Option{smsc.Delay(time.Second)}},
		"half of them never sent": {func(r *rig) {
			r.sendMany("m", 20)
			r.after(10 * time.Second)
			r.refuseDials(errDown)
			r.mno.Do(smsc.DropLine())
		}, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9", 10, []smsc.Option{smsc.Delay(20 * time.Second)}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Prefetch = 10
				r.start()
				c.do(r)
				r.after(5 * time.Minute)
				var ids []string
				segments := 0
				for _, f := range heard[event.MessagesBegun](r) {
					for _, p := range f.Messages {
						ids, segments = append(ids, p.MessageID), segments+p.Segments
					}
				}
				want := strings.Fields(c.want)
				slices.Sort(ids)
				slices.Sort(want)
				if !slices.Equal(ids, want) || segments != c.segments {
					t.Errorf("told of %v, %d segments; want %v, %d", ids, segments, want, c.segments)
				}
			}, c.options...)
		})
	}
}

// US-SC-036: the event says how many segments were sent, whatever carries them; of the
// row, parts_total says it except with message_payload (ARCHITECTURE.md, "Decisions").
func TestUSSC036SegmentsInTheEventAndTheRow(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		want := map[string]int{"CSMS": 3, "SAR": 3, "TLV": 1} // parts_total
		for strategy := range want {
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":%q,"to":"93700000001","text":"%0400d","longMessageStrategy":%q}`, strategy, 7, strategy))
		}
		r.after(5 * time.Second)
		submitted := r.mem.Events(contract.SubjectSubmitted)
		for _, e := range submitted {
			if body := e.Body.(*contract.DispatchSubmitted); body.GetSegments() != 3 {
				t.Errorf("%s: %d segments in the event, want 3", body.GetMessageId(), body.GetSegments())
			}
		}
		rows := r.mem.Correlations.All()
		for _, row := range rows {
			if row.PartsTotal != want[row.MessageID] {
				t.Errorf("%s: parts_total %d, want %d", row.MessageID, row.PartsTotal, want[row.MessageID])
			}
		}
		if len(submitted) != 3 || len(rows) != 3+3+1 {
			t.Errorf("%d events, %d rows", len(submitted), len(rows))
		}
	})
}

// US-SC-026: what is left of a message in parts goes under the reference of the
// parts that were accepted, by this process or the one before it; else no handset
// could put it together.
func TestUSSC026WhatIsLeftOfAMessageKeepsItsReference(t *testing.T) {
	for name, between := range map[string]func(*rig){"the same process": func(*rig) {}, "another process": (*rig).restart} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				text := fmt.Sprintf("%0400d", 7)
				r.sendText("long", text)
				r.after(100 * time.Millisecond)
				if c := r.mno.Counts(); c.Accepted != 2 || c.Rejected != 1 {
					t.Fatalf("%d parts accepted, %d refused: want 2 and 1", c.Accepted, c.Rejected)
				}
				between(r)
				r.sendText("another", text) // takes the next reference
				r.after(3 * time.Minute)
				messages := r.mno.Messages()
				if len(messages) != 2 || !messages[0].Complete() || !messages[1].Complete() {
					t.Errorf("the handset has %d messages of 2, the first with %d of 3 parts", len(messages), len(messages[0].Parts))
				}
			}, smsc.AfterSubmits(1), smsc.AnswerSubmits(codec.StatusThrottled, 1))
		})
	}
}

// A message that the MNO refuses for good becomes a dead letter with the status.
func TestARejectedMessageBecomesADeadLetter(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("bad", "Hello")
		r.after(time.Second)
		dead := r.mem.Events(contract.SubjectDLQ)
		if len(dead) != 1 || r.mem.Unsettled() != 0 {
			t.Fatalf("%d dead letters, %d unsettled", len(dead), r.mem.Unsettled())
		}
		if b := dead[0].Body.(*contract.DispatchRejected); b.GetEsmeStatus() != "ESME_RINVDSTADR" || b.GetReason() != "rejected_by_mno" || b.GetMessageId() != "bad" {
			t.Errorf("%v", b)
		}
	}, smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
}

// Issue 5, point 3: what the MNO took before it refused a later part is said in the
// dead letter, since no other event tells billing of it.
func TestADeadLetterSaysWhichPartsWentOut(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Window = 1 // a part is answered before the next one is written
		r.start()
		r.sendText("long", strings.Repeat("0123456789", 40))
		r.after(time.Minute)
		dead := r.mem.Events(contract.SubjectDLQ)
		if len(dead) != 1 || len(r.mem.Events(contract.SubjectSubmitted)) != 0 {
			t.Errorf("%d dead letters, %d submitted", len(dead), len(r.mem.Events(contract.SubjectSubmitted)))
			return
		}
		b := dead[0].Body.(*contract.DispatchRejected)
		if !slices.Equal(b.GetAcceptedParts(), []uint32{1, 2}) || b.GetPartsTotal() != 3 || len(b.GetOperatorMessageIds()) != 2 || b.GetOperatorMessageIds()[0] == "" || b.GetAmbiguous() {
			t.Errorf("%v", b)
		}
	}, smsc.AfterSubmits(2), smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
}

// Issue 5, point 7: nothing is submitted after its expiresAt, however long it has
// waited for a slot or for another try.
func TestACommandThatExpiresWhileItWaitsIsNotSubmitted(t *testing.T) {
	for name, c := range map[string]struct {
		options  []smsc.Option
		sent     int // of 25
		expired  int
		doubtful bool
	}{
		"for a slot":            {[]smsc.Option{smsc.Delay(20 * time.Second)}, 10, 15, false},
		"after RTHROTTLED":      {[]smsc.Option{smsc.AnswerSubmits(codec.StatusThrottled, 0)}, 0, 25, false},
		"after no answer":       {[]smsc.Option{smsc.LoseAnswers(100, 1)}, 10, 25, true},
		"for the line's return": {[]smsc.Option{smsc.Connection(1, smsc.AfterSubmits(5), smsc.DropLine()), smsc.Delay(2 * time.Second)}, -1, -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				deadline := time.Now().Add(5 * time.Second)
				for i := range 25 {
					r.mem.Publish(subject, fmt.Appendf(nil, `{"messageId":"m%d","to":"93700000001","text":"x","expiresAt":%q}`, i, deadline.Format(time.RFC3339Nano)))
				}
				r.after(5 * time.Minute)
				for _, m := range r.mno.SMS() {
					if !m.At.Before(deadline) {
						t.Errorf("submitted %v too late", m.At.Sub(deadline))
					}
				}
				dead := r.mem.Events(contract.SubjectDLQ)
				ambiguous := 0
				for _, e := range dead {
					b := e.Body.(*contract.DispatchRejected)
					if b.GetReason() != "expired" || b.GetField() != "expiresAt" {
						t.Errorf("%v", b)
					}
					if b.GetAmbiguous() {
						ambiguous++
					}
				}
				if c.sent >= 0 && (len(dead) != c.expired || ambiguous > 0 != c.doubtful) || r.mem.Unsettled() != 0 {
					t.Errorf("%d expired, %d of them ambiguous, %d SMS, %d unsettled", len(dead), ambiguous, len(r.mno.SMS()), r.mem.Unsettled())
				}
			}, c.options...)
		})
	}
}

// Issue 4: an MNO that answers one wrong message with a status of temporary trouble. It
// is tried less and less often, and given up when it is old; the others go on.
func TestAMessageThatIsRefusedForNowForEverEnds(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].RetryFor = 2 * time.Hour
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Hour)
		if n := r.mno.Counts().Submits; n < 20 || n > 40 {
			t.Errorf("%d submits of one message in an hour", n)
		}
		r.after(time.Hour + 3*time.Minute)
		dead := r.mem.Events(contract.SubjectDLQ)
		if len(dead) != 1 || r.mem.Unsettled() != 0 {
			t.Errorf("%d dead letters, %d unsettled", len(dead), r.mem.Unsettled())
			return
		}
		if b := dead[0].Body.(*contract.DispatchRejected); b.GetReason() != "retries_exhausted" || b.GetEsmeStatus() != "ESME_RSYSERR" || b.GetAmbiguous() {
			t.Errorf("%v", b)
		}
	}, smsc.AnswerSubmits(codec.StatusSysErr, 0))
}

// RTHROTTLED is not the message's fault, however often it comes.
func TestUSSC028AThrottledMessageIsNotGivenUp(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].RetryFor = time.Minute
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Hour)
		if n := r.mno.Counts().Submits; n < 1000 || len(r.mem.Events(contract.SubjectDLQ)) != 0 {
			t.Errorf("%d submits, %d dead letters", n, len(r.mem.Events(contract.SubjectDLQ)))
		}
	}, smsc.AnswerSubmits(codec.StatusThrottled, 0))
}

// A submit that is not answered in time gives its slot back, and is sent again, marked.
func TestUSSC023AnUnansweredSubmitGivesItsSlotBack(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(200)
		r.after(30 * time.Minute)
		if b := r.bind(); b.InFlight != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d in flight, %d unsettled", b.InFlight, r.mem.Unsettled())
		}
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 200 {
			t.Errorf("%d submitted", n)
		}
	}, smsc.LoseAnswers(5, 1))
}

// US-SC-022: numbers on the wire rise strictly, over a reconnect and over a
// restart of the process.
func TestUSSC022SequenceNumbersRise(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(250)
		r.after(5 * time.Second)
		r.mno.Do(smsc.DropLine())
		r.after(10 * time.Second)
		r.sendText("again", "x")
		r.after(time.Second)
		r.restart()
		r.after(10 * time.Second)
		r.sendText("restarted", "x")
		r.after(10 * time.Second)
		var last uint32
		list := r.mno.SMS()
		if len(list) != 252 {
			t.Errorf("%d SMS", len(list))
		}
		for _, m := range list {
			if m.Sequence <= last {
				t.Fatalf("%d after %d", m.Sequence, last)
			}
			last = m.Sequence
		}
	})
}

// US-SC-022: "in-process counter is Redis + 1000": what a process that died has reserved
// and may have used is not used again, whatever it had not told.
func TestUSSC022AProcessBeginsAThousandAbove(t *testing.T) {
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	inBubble(t, func(r *rig) {
		for life := range 3 {
			stored := r.mem.Counters.Sequences(bind)
			if life == 0 {
				r.start()
			} else {
				r.restart()
			}
			r.after(10 * time.Second)
			r.sendText(fmt.Sprint("life", life), "x")
			r.after(10 * time.Second)
			list := r.mno.SMS()
			if len(list) != life+1 {
				t.Errorf("life %d: %d SMS", life, len(list))
				return
			}
			if got := uint64(list[life].Sequence); got <= stored+1000 || got > stored+1000+100 { // 100: a block
				t.Errorf("life %d: number %d, the counter stood at %d: want the first of %d…", life, got, stored, stored+1001)
			}
			if now := r.mem.Counters.Sequences(bind); now < uint64(list[life].Sequence) {
				t.Errorf("life %d: the counter stands at %d, below what was sent", life, now)
			}
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// US-SC-022: with the counters away the bind works on, from a high number.
func TestUSSC022CountersAwayAtStart(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.mem.Counters.Fail(errDown)
		r.start()
		r.send(150)
		r.sendText("long", fmt.Sprintf("%0400d", 7)) // needs a reference too
		r.after(5 * time.Second)
		list := r.mno.SMS()
		if len(list) != 153 || list[0].Sequence < 1<<29 {
			t.Fatalf("%d SMS", len(list))
		}
		r.mem.Counters.Heal()
		r.after(5 * time.Second)
		r.send(0)
		r.sendText("after", "x")
		r.after(time.Second)
		list = r.mno.SMS()
		if last := list[len(list)-1]; last.Sequence <= list[len(list)-2].Sequence {
			t.Errorf("the number went back to %d", last.Sequence)
		}
		if skips := heard[event.SequenceSkipped](r); len(skips) != 1 || skips[0].By != 0 || skips[0].Bind != r.account["awcc"].Binds[0].Bind {
			t.Errorf("%+v: want one gap, of unknown width", skips)
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// US-SC-022: what is an unplanned gap, and how wide it is. In each case numbers rise,
// and the wire shows what the fact says.
func TestUSSC022UnplannedGapsAreTold(t *testing.T) {
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	for name, c := range map[string]struct {
		between func(r *rig) // after 150 submits, while the bind holds numbers up to 300
		gap     uint64
		planned uint64 // numbers that are left out beside it
	}{
		"nothing happens": {func(*rig) {}, 0, 0},
		"somebody moves the counter on": {func(r *rig) {
			r.mem.Counters.SetSequences(bind, r.mem.Counters.Sequences(bind)+5000)
		}, 5000, 0},
		"the counter loses what it held": {func(r *rig) { r.mem.Counters.SetSequences(bind, 7) }, 0, 0},
		"the counter goes away and comes back": {func(r *rig) {
			r.mem.Counters.Fail(errDown)
			r.sendMany("away", 1000)
			r.after(5 * time.Second)
			r.mem.Counters.Heal()
		}, 0, 0},
		"the counter counts, and its answers are lost": {func(r *rig) {
			r.mem.Counters.LoseAnswers(errDown)
			r.sendMany("lost", 200)
			r.after(3500 * time.Millisecond) // and are asked each second
			r.mem.Counters.Heal()
			r.after(time.Second)
		}, 200, 100}, // the block that comes when nobody needs one any more
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				r.send(150)
				r.after(time.Second)
				c.between(r)
				r.sendMany("after", 1000)
				r.after(10 * time.Second)
				var told, seen uint64
				for _, skip := range heard[event.SequenceSkipped](r) {
					told += skip.By
				}
				list := r.mno.SMS()
				for i := range list[1:] {
					seen += uint64(list[i+1].Sequence-list[i].Sequence) - 1
				}
				if told != c.gap || seen != c.gap+c.planned {
					t.Errorf("%d numbers told of, %d left out on the wire over %d SMS: want %d and %d", told, seen, len(list), c.gap, c.gap+c.planned)
				}
			}, smsc.SendReceipts(smsc.Never()))
		})
	}
}

// US-SC-022: counters that go away in the middle cost nothing: the numbers go on, also
// in the process that comes after a kill.
func TestUSSC022NumbersRiseWhileTheCountersAreAway(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(150)
		r.after(time.Second)
		r.mem.Counters.Fail(errDown)
		for i := range 300 {
			r.sendText(fmt.Sprintf("away%d", i), "x")
		}
		r.after(5 * time.Second)
		r.kill()
		r.start()
		r.after(5 * time.Minute)
		r.sendText("last", "x")
		r.after(time.Second)
		var last uint32
		list := r.mno.SMS()
		for i, m := range list {
			if m.Sequence <= last || m.Sequence > 1<<29 {
				t.Fatalf("SMS %d: %d after %d", i, m.Sequence, last)
			}
			last = m.Sequence
		}
		if len(list) != 451 {
			t.Errorf("%d SMS", len(list))
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// US-SC-023: what a prefetch brings above the window is given back after 100 ms:
// with a window of 10 and 20 commands forced in, 10 are sent and 10 come back.
func TestUSSC023WhatFindsNoSlotIsGivenBack(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Prefetch = 10
		r.start()
		r.send(20)
		r.after(50 * time.Millisecond)
		naks := r.mem.Settlements(subject).Naks
		if c := r.mno.Counts(); c.Submits != 10 || len(naks) != 10 {
			t.Errorf("%d sent, %d given back", c.Submits, len(naks))
		}
		for _, nak := range naks {
			if nak.Delay != 100*time.Millisecond {
				t.Errorf("%s comes again after %v", nak.MessageID, nak.Delay)
			}
		}
		r.after(10 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 20 || c.Duplicates != 0 || len(r.mem.Events(contract.SubjectSubmitted)) != 20 {
			t.Errorf("%d accepted, %d twice", c.Accepted, c.Duplicates)
		}
		for _, e := range r.mem.Events(contract.SubjectSubmitted) {
			if e.Body.(*contract.DispatchSubmitted).GetAmbiguous() {
				t.Errorf("%s was given back unsent, and is marked", e.ID)
			}
		}
	}, smsc.Delay(time.Second))
}

// Issue 4, point 9: on one bind submits leave in the queue's order, and the parts of
// one message adjacent.
func TestSubmitsLeaveInTheQueuesOrder(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		const n = 500
		for i := range n {
			text := fmt.Sprintf("#%05d ", i)
			if i%7 == 0 {
				text = strings.Repeat(text, 50)
			}
			r.sendText(fmt.Sprintf("m%d", i), text)
		}
		r.after(10 * time.Minute)
		last, index := -1, 0
		for _, sms := range r.mno.SMS() {
			number, _ := strconv.Atoi(whose.FindStringSubmatch(sms.Text())[1])
			next := number == last+1 && sms.Part.Index <= 1
			if more := number == last && int(sms.Part.Index) == index+1; !next && !more {
				t.Fatalf("part %d of message %d came after part %d of message %d", sms.Part.Index, number, index, last)
			}
			last, index = number, int(sms.Part.Index)
		}
		if last != n-1 {
			t.Errorf("the last message is %d", last)
		}
	}, smsc.DelayShuffled(300*time.Millisecond, 1))
}

// brittle is a connection on which writes fail from some time on, while reads go on.
type brittle struct {
	net.Conn
	broken *atomic.Bool
}

func (b brittle) Write(p []byte) (int, error) {
	if b.broken.Load() {
		return 0, errDown
	}
	return b.Conn.Write(p)
}

// US-SC-010: a write that fails takes no answer away that the MNO had sent before.
func TestUSSC010AnswersAreReadWhenAWriteFails(t *testing.T) {
	inBubble(t, func(r *rig) {
		a := r.account["awcc"]
		a.Window = 20
		var broken atomic.Bool
		dial := a.Hosts[0].Dial
		a.Hosts[0].Dial = func(ctx context.Context) (net.Conn, error) {
			conn, err := dial(ctx)
			broken.Store(false)
			return brittle{conn, &broken}, err
		}
		r.start()
		r.send(10)
		r.after(500 * time.Millisecond)
		broken.Store(true)
		r.sendText("m11", "of this nothing was written")
		r.after(5 * time.Minute)
		c := r.mno.Counts()
		if got := len(r.mem.Events(contract.SubjectSubmitted)); got != 11 || c.Accepted != 11 || c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d submitted, %d accepted, %d twice, %d unsettled", got, c.Accepted, c.Duplicates, r.mem.Unsettled())
		}
	}, smsc.Delay(600*time.Millisecond))
}
