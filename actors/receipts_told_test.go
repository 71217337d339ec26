package actors_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/memory"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-011: a receipt that the MNO repeats a day later makes no second event, also
// where another pod than the one that submitted heard it first.
func TestUSSC011ARepeatOfWhatAnotherPodHasHeard(t *testing.T) {
	t.Parallel() // one of those that take longest
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Second)
		key := port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: r.mno.SMS()[0].ID}
		// Another pod hears the receipt, publishes its event and marks the row.
		if err := r.mem.Correlations.Mark(t.Context(), []port.Mark{{Key: key, State: 2, Final: true}}); err != nil {
			t.Error(err)
		}
		r.after(24 * time.Hour)
		r.mno.Do(smsc.SendPDU(receiptPDU(key.OperatorMessageID)))
		r.after(time.Minute)
		if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 0 {
			t.Errorf("%d events of what was published a day ago", len(list))
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// decisions.md 011: intermediate and final are told apart, also where both have the
// same state, whether their row is there or comes later.
func TestUSSC011AnIntermediateReceiptHidesNoFinalOne(t *testing.T) {
	for _, parked := range []bool{false, true} {
		for _, word := range []string{"UNDELIV", "UNKNOWN", "GONE UNKNOWN"} {
			t.Run(fmt.Sprint(word, parked), func(t *testing.T) {
				inBubble(t, func(r *rig) {
					r.start()
					account := r.account["awcc"]
					row := port.Correlation{OperatorID: "awcc", OperatorMessageID: "77", MessageID: "m1", PartIndex: 1, PartsTotal: 1,
						Bind: account.Binds[0].Bind, SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(72 * time.Hour)}
					save := func() {
						if err := r.mem.Correlations.Save(t.Context(), []port.Correlation{row}); err != nil {
							t.Error(err)
						}
					}
					if !parked {
						save()
					}
					first, last, _ := strings.Cut(word, " ")
					intermediate, final := receiptPDU("77"), receiptPDU("77")
					intermediate.ShortMessage = []byte("id:77 stat:" + first)
					if last == "" {
						last = first
						intermediate.ESMClass = codec.ESMTypeIntermediate
					}
					final.ShortMessage = []byte("id:77 stat:" + last)
					for _, pdu := range []codec.PDU{intermediate, intermediate, final, final, intermediate} {
						r.mno.Do(smsc.SendPDU(pdu))
						r.after(time.Second)
					}
					if parked {
						save()
						r.restart() // whoever sees them appears looks for the row
					}
					r.after(time.Minute)
					var got []bool
					for _, e := range r.receiptsOn(contract.SubjectDLRInbound) {
						got = append(got, e.GetFinal())
					}
					if !slices.Equal(got, []bool{false, true}) || r.mem.Park.Parked() != 0 {
						t.Errorf("final: %v, want an intermediate event and then a final one; %d parked", got, r.mem.Park.Parked())
					}
				}, smsc.SendReceipts(smsc.Never()))
			})
		}
	}
}

// decisions.md 011: no copy of a receipt is answered ESME_ROK whose event is not stored,
// also where two come in one read.
func TestUSSC011CopiesInOneReadAreAnsweredAlike(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Second)
		r.mem.Publisher.Refuse(contract.SubjectDLRInbound, errDown)
		first, second := receiptPDU("1"), receiptPDU("1")
		second.Sequence++
		r.mno.Do(smsc.SendRaw(codec.Append(codec.Append(nil, first), second)))
		r.after(time.Second)
		for _, seq := range []int{9000, 9001} {
			if got := r.answersTo(seq); got != "ESME_RX_T_APPN" {
				t.Errorf("%d is answered %q, and nothing is stored", seq, got)
			}
		}
	}, smsc.SendReceipts(smsc.Never()), smsc.Transcript(1000))
}

// Issue 6, point 3: a message in parts of which the first was submitted some sweeps
// before the last has its final event when the last expires, or before the store lets
// the first go.
func TestUSSC011APartThatWasSentLaterHasTimeLeft(t *testing.T) {
	for later, waits := range map[time.Duration]time.Duration{35 * time.Minute: 34 * time.Minute, 5 * time.Hour: 44 * time.Minute} {
		inBubble(t, func(r *rig) {
			r.start()
			at := time.Now()
			var rows []port.Correlation
			for i := range 2 {
				sent := at.Add(time.Duration(i) * later)
				rows = append(rows, port.Correlation{OperatorID: "awcc", OperatorMessageID: fmt.Sprint(100 + i), MessageID: "m1", PartIndex: i + 1, PartsTotal: 2,
					Bind: r.account["awcc"].Binds[0].Bind, SubmittedAt: sent, ExpiresAt: sent.Add(2 * time.Hour)})
			}
			if err := r.mem.Correlations.Save(t.Context(), rows); err != nil {
				t.Error(err)
			}
			r.mno.Do(smsc.SendPDU(receiptPDU("100")))
			r.after(2*time.Hour + waits)
			if n := len(r.receiptsOn(contract.SubjectDLRInbound)); n != 0 {
				t.Errorf("%v later: %d final events while a part has time left", later, n)
			}
			r.after(6 * time.Hour)
			list := r.receiptsOn(contract.SubjectDLRInbound)
			if len(list) != 1 || !list[0].GetIncomplete() || list[0].GetPartsFinal() != 1 {
				t.Errorf("%v later: %v", later, list)
			}
		}, smsc.SendReceipts(smsc.Never()))
	}
}

// lateSilent is a store that keeps the rows without a receipt of their own back while it
// says so: another group commit than that of the row whose receipt comes.
type lateSilent struct {
	*memory.Correlations
	back chan struct{}
}

func (s *lateSilent) Save(ctx context.Context, rows []port.Correlation) error {
	for _, row := range rows {
		if row.Silent {
			<-s.back
		}
		if err := s.Correlations.Save(ctx, []port.Correlation{row}); err != nil {
			return err
		}
	}
	return nil
}

// US-SC-011: the last receipt of a message may come before the row of a part that no
// receipt is due for, in whose time nobody comes again.
func TestUSSC011TheLastReceiptBeforeTheRowOfASilentPart(t *testing.T) {
	inBubble(t, func(r *rig) {
		store := &lateSilent{r.mem.Correlations, make(chan struct{})}
		r.rows = store
		r.account["awcc"].Window = 1 // each part in a group commit of its own
		r.start()
		r.sendText("m1", strings.Repeat("0123456789", 20)) // two parts, an id for the first alone
		r.after(20 * time.Second)
		if n := len(r.mem.Events(contract.SubjectDLRPart)); n != 1 {
			t.Errorf("%d events of parts before the second row", n)
		}
		close(store.back)
		r.after(time.Minute)
		if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 1 || !list[0].GetFinal() || list[0].GetIncomplete() {
			t.Errorf("final events %v", list)
		}
	}, smsc.Delay(50*time.Millisecond), smsc.IDOfFirstPart())
}

// US-SC-011, 013: a message that was divided in two ways, because its first parts went out
// under other rules than the rest, has one final event, and that is of the division of
// which all was accepted, whichever receipts come first.
func TestUSSC011AMessageThatWasDividedInTwoWays(t *testing.T) {
	for _, c := range []struct {
		name     string
		rows     []string // part/parts
		receipts []string // ids of rows, from 1
		parts    uint32   // that the final event tells
	}{
		{"as one PDU, after a part", []string{"1/3", "1/1"}, []string{"1", "2"}, 1},
		{"as one PDU, before a part", []string{"1/3", "1/1"}, []string{"2", "1"}, 1},
		{"in two parts, after one of three", []string{"1/3", "1/2", "2/2"}, []string{"1", "2", "3"}, 2},
		{"in two parts, between them one of three", []string{"1/3", "1/2", "2/2"}, []string{"2", "1", "3"}, 2},
		{"in three parts, after one of two", []string{"1/2", "1/3", "2/3", "3/3"}, []string{"1", "2", "3", "4"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				var rows []port.Correlation
				for i, place := range c.rows {
					row := port.Correlation{OperatorID: "awcc", OperatorMessageID: fmt.Sprint(i + 1), MessageID: "m1", Ambiguous: i > 0,
						Bind: r.account["awcc"].Binds[0].Bind, SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(2 * time.Hour)}
					_, _ = fmt.Sscanf(place, "%d/%d", &row.PartIndex, &row.PartsTotal)
					rows = append(rows, row)
				}
				if err := r.mem.Correlations.Save(t.Context(), rows); err != nil {
					t.Error(err)
				}
				for _, id := range c.receipts {
					r.mno.Do(smsc.SendPDU(receiptPDU(id)))
					r.after(time.Second)
				}
				r.after(3 * time.Hour)
				list := r.receiptsOn(contract.SubjectDLRInbound)
				if len(list) != 1 || list[0].GetIncomplete() || list[0].GetPartsTotal() != c.parts || list[0].GetPartsFinal() != c.parts {
					t.Errorf("final events %v", list)
				}
			}, smsc.SendReceipts(smsc.Never()))
		})
	}
}

// US-SC-013: a message that both the primary's MNO and the backup's have taken has one
// final event, whosever receipt comes first; both MNOs give the same ids.
func TestUSSC013BothMNOsHaveTakenAMessage(t *testing.T) {
	for _, c := range []struct {
		name         string
		parts        [2]int // of the primary's division, and of the backup's
		backupsFirst bool
	}{
		{"one PDU each", [2]int{1, 1}, false}, {"one PDU each, the backup's first", [2]int{1, 1}, true},
		{"two parts and one PDU", [2]int{2, 1}, false}, {"two parts and one PDU, the backup's first", [2]int{2, 1}, true},
		{"one PDU and two parts", [2]int{1, 2}, false}, {"one PDU and two parts, the backup's first", [2]int{1, 2}, true},
		{"two parts and three", [2]int{2, 3}, false}, {"two parts and three, the backup's first", [2]int{2, 3}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.backup = smsc.New(smsc.SendReceipts(smsc.Never()))
				r.account["roshan"] = r.newAccount("roshan", r.backup)
				r.account["awcc"].BackupOperatorID = "roshan"
				r.operators = []string{"awcc", "roshan"}
				r.start()
				var rows []port.Correlation
				for at, operator := range r.operators {
					for part := range c.parts[at] {
						row := port.Correlation{OperatorID: operator, OperatorMessageID: fmt.Sprint(part + 1), MessageID: "m1", PartIndex: part + 1, PartsTotal: c.parts[at],
							Ambiguous: true, Bind: r.account[operator].Binds[0].Bind, SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(2 * time.Hour)}
						if at == 1 {
							row.PrimaryOperatorID = "awcc"
						}
						rows = append(rows, row)
					}
				}
				if err := r.mem.Correlations.Save(t.Context(), rows); err != nil {
					t.Error(err)
				}
				said := func(mno *smsc.Server, parts int, word string) {
					for part := range parts {
						pdu := receiptPDU(fmt.Sprint(part + 1))
						pdu.ShortMessage = fmt.Appendf(nil, "id:%d stat:%s", part+1, word)
						mno.Do(smsc.SendPDU(pdu))
						r.after(time.Second)
					}
				}
				if c.backupsFirst {
					said(r.backup, c.parts[1], "DELIVRD")
					said(r.mno, c.parts[0], "UNDELIV")
				} else {
					said(r.mno, c.parts[0], "DELIVRD")
					said(r.backup, c.parts[1], "UNDELIV")
				}
				r.after(3 * time.Hour)
				if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 1 || list[0].GetStatus() != contract.DlrStatus_DELIVERED || list[0].GetIncomplete() {
					t.Errorf("final events %v", list)
				}
			}, smsc.SendReceipts(smsc.Never()))
		})
	}
}

// unmarkable is a store that takes no marks while it says so.
type unmarkable struct {
	*memory.Correlations
	on atomic.Bool
}

func (s *unmarkable) Mark(ctx context.Context, marks []port.Mark) error {
	if s.on.Load() {
		return errDown
	}
	return s.Correlations.Mark(ctx, marks)
}

// US-SC-011: an event is stored and its row cannot be marked, for longer than the stream
// knows the Msg-Id. Repeats meanwhile, and after a restart, make no second event.
func TestUSSC011AStoreThatTakesNoMarks(t *testing.T) {
	for _, c := range []struct {
		name, text string
		parts      int // events of them
	}{{"one PDU", "Hello", 0}, {"three parts", strings.Repeat("0123456789", 40), 3}} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				store := &unmarkable{Correlations: r.mem.Correlations}
				r.rows = store
				r.start()
				r.sendText("m1", c.text)
				r.after(time.Second)
				store.on.Store(true)
				for range 5 {
					for _, sms := range r.mno.SMS() {
						r.mno.Do(smsc.SendReceipt(sms.ID))
					}
					r.after(5 * time.Minute)
				}
				if n := r.mno.Counts().ReceiptsRefused; n != 0 {
					t.Errorf("%d receipts are refused", n)
				}
				r.restart()
				store.on.Store(false)
				r.after(5 * time.Minute)
				for _, sms := range r.mno.SMS() {
					r.mno.Do(smsc.SendReceipt(sms.ID))
				}
				r.after(5 * time.Minute)
				if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 1 || r.mem.Park.Parked() != 0 {
					t.Errorf("%d parked; final events %v", r.mem.Park.Parked(), list)
				}
				if n := len(r.mem.Events(contract.SubjectDLRPart)); n != c.parts {
					t.Errorf("%d events of parts, want %d", n, c.parts)
				}
			}, smsc.SendReceipts(smsc.Never()))
		})
	}
}

// decisions.md 011: a receipt whose row cannot be looked for is answered once it is
// parked, and not only when it has been looked for again.
func TestUSSC011AStoreThatHangsHoldsUpNoAnswerTwice(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("m1", "Hello")
		r.after(10 * time.Minute) // the row is in the store alone
		r.mem.Correlations.Hang()
		r.mno.Do(smsc.SendReceipt(r.mno.SMS()[0].ID))
		r.after(6 * time.Second)
		if n := r.mno.Counts().ReceiptsAnswered; n != 1 || r.mem.Park.Parked() != 1 {
			t.Errorf("%d answered, %d parked", n, r.mem.Park.Parked())
		}
		r.mem.Heal()
		r.after(10 * time.Second)
		if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 1 || r.mem.Park.Parked() != 0 {
			t.Errorf("%v; %d parked", list, r.mem.Park.Parked())
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// decisions.md 011: nor does the final event of a message that expires come twice where
// its row could not be marked at one look.
func TestUSSC011AMessageThatExpiresWhileNoMarksAreTaken(t *testing.T) {
	inBubble(t, func(r *rig) {
		store := &unmarkable{Correlations: r.mem.Correlations}
		r.rows = store
		r.account["awcc"].Expiry = time.Hour
		r.start()
		r.sendText("m1", strings.Repeat("0123456789", 40))
		r.after(time.Second)
		r.mno.Do(smsc.SendReceipt(r.mno.SMS()[0].ID))
		r.after(59 * time.Minute)
		store.on.Store(true)
		for n := 0; len(r.receiptsOn(contract.SubjectDLRInbound)) == 0 && n < 60; n++ {
			r.after(20 * time.Second)
		}
		r.after(2 * time.Minute)
		store.on.Store(false)
		r.after(30 * time.Minute)
		if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 1 || !list[0].GetIncomplete() {
			t.Errorf("final events %v", list)
		}
	}, smsc.SendReceipts(smsc.Never()))
}
