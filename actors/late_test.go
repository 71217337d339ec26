package actors_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-010: an MNO that gives no id has taken the message all the same, also late.
func TestALateAnswerWithoutAnIDIsAnAcceptance(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = ledger.Hold, 5*time.Minute
		r.start()
		r.sendText("m1", strings.Repeat("0123456789", 30))
		r.after(20 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 1 || len(r.mem.Events(contract.SubjectDLQ)) != 0 || len(r.mno.SMS()) != 2 {
			t.Errorf("%d submitted, %d dead, %d SMS: %q", n, len(r.mem.Events(contract.SubjectDLQ)), len(r.mno.SMS()), r.decisions())
		}
	}, smsc.Delay(40*time.Second), smsc.IDOfFirstPart())
}

// What was refused late is surely not with the MNO, and is submitted again.
func TestALateRefusalEndsAHold(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = ledger.Hold, 5*time.Minute
		r.start()
		r.mno.Do(smsc.Delay(40*time.Second), smsc.AnswerSubmits(codec.StatusSysErr, 1))
		r.sendText("m1", "Hello")
		r.after(5 * time.Second)
		r.mno.Do(smsc.Delay(0))
		r.after(20 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 1 || len(r.mem.Events(contract.SubjectDLQ)) != 0 || len(r.mno.SMS()) != 1 {
			t.Errorf("%d submitted, %d dead, %d SMS: %q", n, len(r.mem.Events(contract.SubjectDLQ)), len(r.mno.SMS()), r.decisions())
		}
	})
}

// An answer that comes when its command has been delivered again, and waits for a slot, is
// not too late to spare the recipient a second SMS.
func TestALateAnswerFindsTheCommandInTheQueue(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Window = 1
		r.start()
		r.mno.Do(smsc.Delay(32 * time.Second))
		r.sendText("m1", "one")
		r.after(time.Second)
		r.mno.Do(smsc.Delay(25 * time.Second))
		r.sendText("m2", "two")
		r.after(10 * time.Minute)
		texts := map[string]int{}
		for _, m := range r.mno.SMS() {
			texts[m.Text()]++
		}
		if texts["one"] != 1 || texts["two"] != 1 {
			t.Errorf("%v %q", texts, r.decisions())
		}
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 2 || r.mem.Unsettled() != 0 {
			t.Errorf("%d submitted, %d unsettled", n, r.mem.Unsettled())
		}
	})
}

var _ = fmt.Sprint

// slowRows takes its time to store rows, and answers at once whoever asks.
type slowRows struct {
	port.CorrelationStore
	takes time.Duration
}

func (s *slowRows) Save(ctx context.Context, rows []port.Correlation) error {
	time.Sleep(s.takes)
	return s.CorrelationStore.Save(ctx, rows)
}

// A held command whose row is on its way to the store is not submitted for want of it.
func TestAHeldCommandIsNotSolvedBeforeItsRowIsStored(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []smsc.Option
	}{
		{"a late answer", []smsc.Option{smsc.Delay(59 * time.Second), smsc.SendReceipts(smsc.Never())}},
		{"a receipt", []smsc.Option{smsc.LoseAnswers(100, 1), smsc.SendReceipts(smsc.After(45 * time.Second))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.rows = &slowRows{r.mem.Correlations, 8 * time.Second}
				r.account["awcc"].Unknown, r.account["awcc"].Times.Hold, r.account["awcc"].Window = ledger.Hold, 20*time.Minute, 100
				r.start()
				for i := range 30 { // one a second, so that some are looked at at any moment
					r.mem.Publish(subject, fmt.Appendf(nil, `{"messageId":"m%d","to":"937%08d","text":"Hello %d"}`, i, i, i))
					r.after(time.Second)
				}
				r.after(40 * time.Minute)
				counts := r.mno.Counts()
				if counts.Duplicates != 0 || r.mem.Unsettled() != 0 {
					t.Errorf("%d twice, %d unsettled", counts.Duplicates, r.mem.Unsettled())
				}
				if n := len(r.mem.Events(contract.SubjectSubmitted)); counts.Accepted != 30 || n != 30 {
					t.Errorf("%d accepted, %d submitted", counts.Accepted, n)
				}
			}, c.options...)
		})
	}
}

// US-SC-010: receipts are taken for the parts of a held message in the order in which they
// come. A late answer that says which part an id is of takes it away from another, which was
// accepted all the same.
func TestUSSC010ALateAnswerTakesNoPartAway(t *testing.T) {
	for _, order := range []string{"123", "132", "213", "231", "312", "321"} {
		inBubble(t, func(r *rig) {
			r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = ledger.Hold, 10*time.Minute
			r.start()
			r.mem.Publish(subject, fmt.Appendf(nil, `{"messageId":"m1","from":"1234","to":"93700000001","text":%q}`, strings.Repeat("0123456789", 40)))
			for _, id := range order {
				r.after(time.Second)
				r.mno.Do(smsc.SendReceipt(string(id)))
			}
			r.after(30 * time.Minute)
			if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 1 || len(r.mno.SMS()) != 3 || r.mem.Unsettled() != 0 {
				t.Errorf("receipts in order %s: %d submitted, %d SMS, %d unsettled: %q", order, n, len(r.mno.SMS()), r.mem.Unsettled(), r.decisions())
			}
		}, smsc.Delay(57*time.Second), smsc.SendReceipts(smsc.Never()), smsc.Connection(1, smsc.AfterSubmits(2), smsc.LoseAnswers(100, 1)))
	}
}
