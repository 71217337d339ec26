package actors_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	damping "github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// kill ends the tree as kill -9 does: nothing more reaches the servers.
func (r *rig) kill() {
	r.t.Helper()
	r.mem.Fail(errDown)
	r.stop()
	r.mem.Heal()
}

func (r *rig) decisions() (list []string) {
	for _, f := range heard[event.DoubtDecided](r) {
		list = append(list, f.Decision)
	}
	return list
}

// Issue 4, point 2: written and unanswered is a state of its own. The profile says
// what follows, each decision is counted, and the event says that it was ambiguous.
func TestUSSC010PoliciesOfAnUnknownOutcome(t *testing.T) {
	lost := []smsc.Option{smsc.Delay(time.Second), smsc.Connection(1, smsc.AfterSubmits(1), smsc.DropLine())}
	for _, c := range []struct {
		name      string
		policy    ledger.Policy
		options   []smsc.Option
		decisions []string
		sms       int
		submitted bool
		final     int
		dead      string
	}{
		{"redeliver", ledger.Redeliver, lost, []string{"redeliver"}, 2, true, 1, ""},
		{"give up", ledger.GiveUp, lost, []string{"giveUp"}, 1, false, 0, "outcome_unknown"},
		{"hold, and the receipt comes", ledger.Hold, lost, []string{"hold", "receipt"}, 1, true, 1, ""},
		{"hold, and no receipt comes", ledger.Hold, append(lost, smsc.SendReceipts(smsc.Never())), []string{"hold", "giveUp"}, 1, false, 0, "outcome_unknown"},
		{"hold, and the answer comes late", ledger.Hold, []smsc.Option{smsc.Delay(40 * time.Second)}, []string{"hold", "lateAnswer"}, 1, true, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = c.policy, 5*time.Minute
				r.start()
				r.sendText("m1", "Hello")
				r.after(20 * time.Minute)
				if got := r.decisions(); !slices.Equal(got, c.decisions) {
					t.Errorf("decided %q, want %q", got, c.decisions)
				}
				if n := len(r.mno.SMS()); n != c.sms {
					t.Errorf("%d SMS, want %d", n, c.sms)
				}
				submitted := r.mem.Events(contract.SubjectSubmitted)
				if got := len(submitted) == 1 && submitted[0].Body.(*contract.DispatchSubmitted).GetAmbiguous(); got != c.submitted || len(submitted) > 1 {
					t.Errorf("submitted, and marked: %v, want %v", submitted, c.submitted)
				}
				if n := len(r.mem.Events(contract.SubjectDLRInbound)); n != c.final {
					t.Errorf("%d receipts, want %d", n, c.final)
				}
				reason := ""
				for _, e := range r.mem.Events(contract.SubjectDLQ) {
					reason += e.Body.(*contract.DispatchRejected).GetReason()
				}
				if reason != c.dead || r.mem.Unsettled() != 0 {
					t.Errorf("dead letter %q, want %q; %d unsettled", reason, c.dead, r.mem.Unsettled())
				}
			}, c.options...)
		})
	}
}

// US-SC-031: an error that comes after the response timeout is told with what a line of
// the log needs, and is no answer in time beside it.
func TestUSSC031ALateErrorIsTold(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.Delay(40*time.Second), smsc.AnswerSubmits(codec.StatusSysErr, 1))
		r.sendText("m1", "Hello")
		r.after(5 * time.Second)
		first := r.bind().Sequence
		r.mno.Do(smsc.Delay(0))
		r.after(5 * time.Minute)
		late := heard[event.AnsweredLate](r)
		if len(late) != 1 {
			t.Errorf("%d late answers are told of, want 1", len(late))
			return
		}
		if f := late[0]; f.MessageID != "m1" || f.Status != codec.StatusSysErr || f.Sequence != first || f.At.IsZero() || f.Bind.MNO != "awcc" {
			t.Errorf("%+v", f)
		}
		for _, f := range heard[event.ResponsesReceived](r) {
			for _, answer := range f.Responses {
				if answer.Status != codec.StatusOK {
					t.Errorf("%v counts as an answer in time too", answer.Status)
				}
			}
		}
	})
}

// answersNothing is an MNO that binds, answers enquire_links, and takes submits
// without an answer.
func answersNothing() []smsc.Option { return []smsc.Option{smsc.LoseAnswers(100, 1)} }

// trickle sends ten messages, n times.
func (r *rig) trickle(n int, every time.Duration) {
	for i := range n {
		for j := range 10 {
			r.sendText(fmt.Sprint("t", i, "-", j), "Hello")
		}
		r.after(every)
	}
}

// bounded gives an account the bounds of the default profile.
func (r *rig) bounded(id string) *actors.Account {
	a := r.account[id]
	a.Resubmits, a.Times.Unanswered = 3, 3
	return a
}

// Issue 4, point 2: a peer that takes submits and answers none gets a message so often
// and no more; then it is a dead letter that says so. Its session is ended and made
// again, and people hear of it.
func TestUSSC010AMessageThatIsNeverAnsweredEnds(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.bounded("awcc")
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Hour)
		if n := len(r.mno.SMS()); n != 4 {
			t.Errorf("%d SMS of one message, want 4", n)
		}
		dead := r.mem.Events(contract.SubjectDLQ)
		if len(dead) != 1 || r.mem.Unsettled() != 0 {
			t.Errorf("%d dead letters, %d unsettled", len(dead), r.mem.Unsettled())
			return
		}
		if b := dead[0].Body.(*contract.DispatchRejected); b.GetReason() != "resubmits_exhausted" || !b.GetAmbiguous() || b.GetAcceptedParts() != nil {
			t.Errorf("%v", b)
		}
		if got := r.decisions(); !slices.Equal(got, []string{"redeliver", "redeliver", "redeliver", "giveUp"}) {
			t.Errorf("decided %q", got)
		}
	}, answersNothing()...)
}

func TestASessionWhoseSubmitsAreNotAnsweredIsEnded(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []smsc.Option
		lost    bool
	}{
		{"none is answered", answersNothing(), true},
		{"every answer is late", []smsc.Option{smsc.Delay(40 * time.Second)}, false},
		{"some are answered", []smsc.Option{smsc.LoseAnswers(50, 1)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.bounded("awcc").Resubmits = 0
				r.start()
				r.trickle(30, 10*time.Second)
				lost := heard[event.AnswersLost](r)
				if got := len(lost) > 0; got != c.lost {
					t.Errorf("ended: %v, want %v", lost, c.lost)
				}
				reason := ""
				for _, e := range r.mem.Events(contract.SubjectOperatorHealth) {
					if h := e.Body.(*contract.OperatorHealthEvent); h.GetState() == contract.HealthState_UNBOUND && reason == "" {
						reason = h.GetReason()
					}
				}
				if got := strings.HasPrefix(reason, "AnswersLost: "); got != c.lost {
					t.Errorf("operator.health says %q", reason)
				}
			}, c.options...)
		})
	}
}

// Issue 4, point 5: the backup carries what such an MNO does not answer.
func TestUSSC013ABackupCarriesWhatIsNotAnswered(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backup = smsc.New()
		r.account["roshan"] = r.newAccount("roshan", r.backup)
		primary := r.bounded("awcc")
		primary.BackupOperatorID, primary.Failback = "roshan", damping.Damping{Linger: 30 * time.Second, HoldMax: time.Minute}
		r.start()
		r.trickle(60, 20*time.Second)
		r.after(20 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 600 || r.mem.Unsettled() != 0 {
			t.Errorf("%d of 600 submitted over the backup, %d unsettled", n, r.mem.Unsettled())
		}
	}, answersNothing()...)
}

// The ledger survives kill -9: what was answered and stored is not sent again, what
// may have been sent is marked, and what surely was not is not marked.
func TestUSSC010TheLedgerSurvivesAKill(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(10)
		r.sendText("long", strings.Repeat("0123456789", 40))
		r.after(100 * time.Millisecond) // all are written, none is answered
		r.kill()
		r.sendText("new", "x")
		r.start()
		r.after(10 * time.Minute)
		if left := r.mem.Unsettled(); left != 0 {
			t.Errorf("%d unsettled", left)
		}
		for _, e := range r.mem.Events(contract.SubjectSubmitted) {
			body := e.Body.(*contract.DispatchSubmitted)
			if marked := body.GetMessageId() != "new"; body.GetAmbiguous() != marked {
				t.Errorf("%s: marked %v", body.GetMessageId(), body.GetAmbiguous())
			}
		}
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 12 {
			t.Errorf("%d submitted", n)
		}
	}, smsc.Delay(time.Second))
}

// A kill between the stored correlation and the acknowledgement: the redelivery is
// recognised by another process, is not sent, and nothing is marked.
func TestUSSC010WhatIsStoredIsNotSentAgain(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mem.Publisher.Fail(errDown)
		r.send(10)
		r.after(time.Second) // accepted and stored; sms.dispatch.submitted cannot be published
		r.kill()
		r.start()
		r.after(10 * time.Minute)
		if c := r.mno.Counts(); c.Accepted != 10 || r.mem.Unsettled() != 0 {
			t.Errorf("%d SMS, %d unsettled", c.Accepted, r.mem.Unsettled())
		}
		for _, e := range r.mem.Events(contract.SubjectSubmitted) {
			if e.Body.(*contract.DispatchSubmitted).GetAmbiguous() {
				t.Errorf("%s is marked", e.ID)
			}
		}
	})
}

// US-SC-010: a long message that failed half way resumes at the first segment that
// was not accepted, under the same reference, in another process and on the backup.
func TestUSSC010AResumedMessageJoinsOnTheHandset(t *testing.T) {
	text := strings.Repeat("0123456789", 40) // three parts
	for _, c := range []struct {
		name string
		then func(*rig)
	}{
		{"the same process", func(*rig) {}},
		{"another process", func(r *rig) { r.kill(); r.start() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Window = 1
				r.start()
				r.sendText("other", text)
				r.sendText("m1", text) // its third part is throttled
				r.after(100 * time.Millisecond)
				c.then(r)
				r.after(10 * time.Minute)
				list := r.mno.MessagesTo("93700000001")
				if len(list) != 2 || list[0].Text != text || list[1].Text != text || len(r.mno.SMS()) != 6 {
					t.Errorf("%d messages of %d SMS", len(list), len(r.mno.SMS()))
				}
			}, smsc.AnswerSubmits(0, 5), smsc.AnswerSubmits(0x58, 1))
		})
	}
}

// US-SC-006: expiresAt passes while the acknowledgement is lost: what the MNO has
// taken in time is no dead letter.
func TestUSSC006AnAcceptedCommandDoesNotExpire(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mem.Publisher.Fail(errDown)
		r.mem.Publish(subject, []byte(`{"messageId":"m1","to":"93700000001","text":"x","expiresAt":"2000-01-01T00:01:00Z"}`))
		r.after(time.Second)
		r.kill()
		r.start()
		r.after(10 * time.Minute)
		if len(r.mem.Events(contract.SubjectDLQ)) != 0 || len(r.mem.Events(contract.SubjectSubmitted)) != 1 || r.mem.Unsettled() != 0 {
			t.Errorf("%d dead, %d submitted", len(r.mem.Events(contract.SubjectDLQ)), len(r.mem.Events(contract.SubjectSubmitted)))
		}
	})
}

// US-SC-010: an MNO that gives all parts of a message one id has taken each of them all the same.
func TestUSSC010PartsUnderOneIDAreNotSubmittedAgain(t *testing.T) {
	text := strings.Repeat("0123456789", 40) // three parts
	for _, c := range []struct {
		name string
		then func(*rig)
		late bool
	}{
		{"the same process", func(*rig) {}, false},
		{"another process", func(r *rig) { r.kill(); r.start() }, false},
		{"late answers", func(r *rig) {}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Window = 1
				if c.late {
					r.account["awcc"].Unknown, r.account["awcc"].Times.Hold, r.account["awcc"].Window = ledger.Hold, 5*time.Minute, 10
					r.mno.Do(smsc.Delay(40 * time.Second))
				}
				r.start()
				r.sendText("m1", text) // its third part is throttled
				r.after(100 * time.Millisecond)
				c.then(r)
				r.after(10 * time.Minute)
				list := r.mno.MessagesTo("93700000001")
				if len(list) != 1 || list[0].Text != text || len(r.mno.SMS()) != 3 {
					t.Errorf("%d messages of %d SMS", len(list), len(r.mno.SMS()))
				}
				final := r.receiptsOn(contract.SubjectDLRInbound)
				if !c.late && (len(final) != 1 || !final[0].GetFinal()) || r.mem.Park.Parked() != 0 {
					t.Errorf("final events %v, %d parked", final, r.mem.Park.Parked())
				}
			}, smsc.OneIDForAllParts(), smsc.AnswerSubmits(0, 2), smsc.AnswerSubmits(0x58, 1))
		})
	}
}
