package actors_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// letters are the dead letters that there are.
func (r *rig) letters() (all []*contract.DispatchRejected) {
	for _, e := range r.mem.Events(contract.SubjectDLQ) {
		all = append(all, e.Body.(*contract.DispatchRejected))
	}
	return all
}

// Issue 5, "lost 0": a command that the MNO throttles for as long as the stream keeps it is
// a dead letter before the server drops it, and says what the MNO answered; so is each of
// those that wait behind it. None is submitted after it.
func TestACommandThatIsThrottledUntilItIsDueBecomesADeadLetter(t *testing.T) {
	for _, status := range []codec.Status{codec.StatusThrottled, codec.StatusMsgQFul} {
		t.Run(status.String(), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.mem.Dispatch.GiveUpAfter(10 * time.Minute)
				r.start()
				r.send(15)
				r.after(9 * time.Minute)
				if n := len(r.letters()); n != 0 {
					t.Errorf("%d dead letters before they are due", n)
				}
				r.after(11 * time.Minute)
				before := r.mno.Counts().Submits
				r.after(time.Hour)
				letters := r.letters()
				if len(letters) != 15 || r.mem.Unsettled()+r.mem.Waiting() != 0 || r.mno.Counts().Submits != before {
					t.Errorf("%d dead letters of 15, %d commands are left, %d submits after", len(letters), r.mem.Unsettled()+r.mem.Waiting(), r.mno.Counts().Submits-before)
				}
				for _, l := range letters {
					if l.GetReason() != "max_age" || l.GetAmbiguous() || len(l.GetPayload()) == 0 || !strings.Contains(l.GetDetail(), "NATS_DISPATCH_MAX_AGE") {
						t.Errorf("%v", l)
					}
				}
			}, smsc.AnswerSubmits(status, 0))
		})
	}
}

// What the MNO has taken of it stands in the dead letter, whoever finds that it is due: the
// window, with the answer to the next part, or the intake, at the next delivery.
func TestACommandThatIsDueSaysWhichPartsWentOut(t *testing.T) {
	for name, delay := range map[string]time.Duration{"intake": 0, "window": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Window = 1
				r.mem.Dispatch.GiveUpAfter(50 * time.Second)
				r.start()
				r.sendText("long", strings.Repeat("0123456789", 40))
				r.after(10 * time.Minute)
				letters := r.letters()
				if len(letters) != 1 {
					t.Errorf("%d dead letters", len(letters))
					return
				}
				l := letters[0]
				if l.GetReason() != "max_age" || !slices.Equal(l.GetAcceptedParts(), []uint32{1, 2}) || l.GetPartsTotal() != 3 || len(l.GetOperatorMessageIds()) != 2 || l.GetAmbiguous() {
					t.Errorf("%v", l)
				}
				if answered := l.GetEsmeStatus() == "ESME_RTHROTTLED" && strings.Contains(l.GetDetail(), "ESME_RTHROTTLED"); answered != (name == "window") {
					t.Errorf("of what the MNO answered at last: %v", l)
				}
			}, smsc.Delay(delay), smsc.AfterSubmits(2), smsc.AnswerSubmits(codec.StatusThrottled, 0))
		})
	}
}

// A message that the MNO has taken whole is no dead letter, however late its redelivery.
func TestWhatHasGoneOutWholeIsNotDue(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.mem.Dispatch.GiveUpAfter(2 * time.Minute)
		r.start()
		r.mem.Publisher.Hang() // so that it is neither announced nor acknowledged
		r.sendText("m1", "Hello")
		r.after(3 * time.Minute)
		r.restart()
		r.mem.Publisher.Heal()
		r.after(5 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n == 0 || len(r.letters()) != 0 || r.mem.Unsettled() != 0 || r.mno.Counts().Accepted != 1 {
			t.Errorf("%d submitted, %d dead letters, %d unsettled, %d SMS", n, len(r.letters()), r.mem.Unsettled(), r.mno.Counts().Accepted)
		}
	})
}

// A command that nobody may look at for its age: its answer is not known, the profile
// sends it again. It is a dead letter that says so.
func TestACommandOfUnknownOutcomeThatIsDueIsMarked(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.mem.Dispatch.GiveUpAfter(20 * time.Minute)
		r.start()
		r.sendText("m1", "Hello")
		r.after(2 * time.Hour)
		letters := r.letters()
		if len(letters) != 1 || letters[0].GetReason() != "max_age" || !letters[0].GetAmbiguous() || r.mem.Unsettled() != 0 {
			t.Errorf("%v, %d unsettled", letters, r.mem.Unsettled())
		}
	}, smsc.LoseAnswers(100, 1))
}

// US-SC-010, 013: a command that is buried where it lies says what went out of it, under
// the account of its operator or of that one's backup; whoever does not serve it says so.
func TestWhatIsBuriedSaysWhichPartsWentOut(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].BackupOperatorID = "roshan"
		r.start()
		r.after(time.Second)
		row := func(operator, message string, part, total int, ambiguous bool) port.Correlation {
			return port.Correlation{OperatorID: operator, MessageID: message, OperatorMessageID: message + operator + string(rune('0'+part)), PartIndex: part, PartsTotal: total,
				Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}, SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour), Ambiguous: ambiguous}
		}
		if err := r.mem.Correlations.Save(context.Background(), []port.Correlation{
			row("awcc", "own", 2, 3, false), row("awcc", "own", 1, 3, false), row("roshan", "carried", 3, 4, true), row("nobody", "far", 1, 2, false),
		}); err != nil {
			t.Error(err)
		}
		for _, c := range []struct {
			subject, id string
			parts       []uint32
			ambiguous   bool
			known       bool
		}{
			{contract.OperatorSubject("awcc"), "own", []uint32{1, 2}, false, true},
			{contract.BindSubject("awcc", "trx", 1), "own", []uint32{1, 2}, false, true},
			{contract.LaneSubject(contract.P2, "awcc", "trx"), "own", []uint32{1, 2}, false, true},
			{contract.OperatorSubject("awcc"), "carried", []uint32{3}, true, true},
			{contract.OperatorSubject("awcc"), "neither", nil, false, true},
			{contract.OperatorSubject("awcc"), "", nil, false, true},
			{contract.OperatorSubject("nobody"), "far", []uint32{1}, false, false},
			{contract.BindSubject("nobody", "trx", 1), "far", nil, false, false},
		} {
			letter := &contract.DispatchRejected{Subject: c.subject, MessageId: c.id}
			err := r.system.WentOut(context.Background(), letter)
			if !slices.Equal(letter.GetAcceptedParts(), c.parts) || len(letter.GetOperatorMessageIds()) != len(c.parts) || letter.GetAmbiguous() != c.ambiguous || (err == nil) != c.known {
				t.Errorf("%s of %s: %v, %v", c.id, c.subject, letter, err)
			}
		}
		r.mem.Correlations.Fail(context.DeadlineExceeded)
		letter := &contract.DispatchRejected{Subject: contract.OperatorSubject("awcc"), MessageId: "own", Ambiguous: true}
		if err := r.system.WentOut(context.Background(), letter); err == nil || !letter.GetAmbiguous() {
			t.Errorf("with the store away: %v, %v", letter, err)
		}
		r.mem.Correlations.Heal()
	})
}
