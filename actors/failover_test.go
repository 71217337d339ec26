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
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/receipt"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// failover is a primary and a backup that differ in everything that an MNO's profile
// may say, and messages that are offered to the primary across the cut of its line.
type failover struct {
	*rig
	messages int
	cutAt    time.Time
}

// offer publishes the messages: every tenth in two parts, every seventh in Pashto.
func (f *failover) offer() {
	for i := range f.messages {
		text := fmt.Sprintf("#%05d Hello", i)
		switch {
		case i%10 == 0:
			text = strings.Repeat(text, 15) // 180 septets
		case i%7 == 0:
			text = fmt.Sprintf("#%05d سلام", i)
		}
		f.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"m%d","to":"937%08d","text":%q}`, i, i, text))
	}
}

// cut drops the primary's line and refuses its dials.
func (f *failover) cut() {
	f.refuseDials(errDown)
	f.allowDialsTo("roshan") // before the line is lost: the backup is dialled at once
	f.mno.Do(smsc.DropLine())
	f.cutAt = time.Now()
}

// US-SC-013: 10 000 messages offered to the primary across the cut arrive over the
// backup: none is lost, and each goes under the backup's limit, encoding, profile and
// correlation account. The primary comes back: the traffic returns, the backup drains
// and unbinds, and health tells of it all in the story's order.
func TestUSSC013TheTrafficMovesAndReturns(t *testing.T) {
	t.Parallel() // one of those that take longest
	inBubble(t, func(r *rig) {
		f := &failover{rig: r, messages: 10_000}
		r.backup = smsc.New(smsc.Keep(1<<16), smsc.AnswerIDs(smsc.Hex), smsc.SendReceipts(smsc.IDAs(smsc.Decimal)))
		roshan := r.newAccount("roshan", r.backup)
		roshan.TPS, roshan.Window = 200, 50
		roshan.Rules.SourceAddress, roshan.Rules.Strategy = "Roshan", contract.LongMessageStrategy_SAR
		roshan.Rules.GSM7DataCoding, roshan.Rules.UCS2DataCoding, roshan.Rules.ServiceType = 0x01, 0x18, "BKP"
		roshan.Receipts.IDs.IDRule, _ = receipt.ParseIDRule("hex-to-dec")
		r.account["roshan"] = roshan
		r.account["awcc"].BackupOperatorID = "roshan"
		r.account["awcc"].Window = 100
		r.start()
		f.offer()
		r.after(200 * time.Millisecond)
		f.cut()
		r.after(75 * time.Second)
		f.checkTraffic(t)
		f.checkProfile(t)

		r.refuseDials(nil)
		r.after(2 * time.Minute)
		r.mem.Publish(contract.OperatorSubject("awcc"), []byte(`{"messageId":"back","to":"93700000001","text":"x"}`))
		r.after(10 * time.Second)
		f.checkReturn(t)
	}, smsc.Keep(1<<16), smsc.Delay(20*time.Millisecond))
}

// checkTraffic: every message has its one event, and what is ambiguous is marked.
func (f *failover) checkTraffic(t *testing.T) {
	primary, backup := f.mno.Counts(), f.backup.Counts()
	if primary.Accepted == 0 || backup.Accepted < f.messages*9/10 || f.mem.Unsettled() != 0 {
		t.Fatalf("%d by the primary, %d by the backup, %d unsettled", primary.Accepted, backup.Accepted, f.mem.Unsettled())
	}
	submitted := map[string]bool{}
	over := map[string]int{} // segments, by the account
	ambiguous := 0
	for _, e := range f.mem.Events(contract.SubjectSubmitted) {
		b := e.Body.(*contract.DispatchSubmitted)
		if submitted[b.GetMessageId()] {
			t.Errorf("two events of %s", b.GetMessageId())
		}
		submitted[b.GetMessageId()] = true
		over[b.GetOperatorId()] += int(b.GetSegments())
		if b.GetAmbiguous() {
			ambiguous += int(b.GetSegments())
		}
		if want := map[string]string{"awcc": "", "roshan": "awcc"}[b.GetOperatorId()]; b.GetPrimaryOperatorId() != want {
			t.Fatalf("an event of %s names %q as the primary", b.GetOperatorId(), b.GetPrimaryOperatorId())
		}
	}
	segments := over["awcc"] + over["roshan"]
	if len(submitted) != f.messages || primary.Accepted+backup.Accepted < segments || primary.Accepted+backup.Accepted > segments+ambiguous {
		t.Errorf("%d messages of %d submitted: %d + %d SMS of %d segments, %d of them ambiguous", len(submitted), f.messages, primary.Accepted, backup.Accepted, segments, ambiguous)
	}
	for _, e := range f.mem.Events(contract.SubjectDLRInbound) {
		if b := e.Body.(*contract.DlrInboundEvent); b.GetOperatorId() == "roshan" && b.GetPrimaryOperatorId() != "awcc" {
			t.Fatalf("a receipt over the backup names %q as the primary", b.GetPrimaryOperatorId())
		}
	}
}

// checkProfile: what went over the backup is said as the backup's profile says it, no
// faster than its limit, and its receipts are matched by its own rule of ids.
func (f *failover) checkProfile(t *testing.T) {
	perSecond := map[int]int{}
	parts := 0
	for _, m := range f.backup.SMS() {
		perSecond[int(m.At.Sub(f.cutAt)/time.Second)]++
		var i int
		if _, err := fmt.Sscanf(m.Destination.Addr, "937%08d", &i); err != nil {
			t.Fatalf("sent to %q", m.Destination.Addr)
		}
		want := codec.DataCoding(0x01)
		if i%10 != 0 && i%7 == 0 { // Pashto: see offer
			want = 0x18
		}
		if m.Source.Addr != "Roshan" || m.ServiceType != "BKP" || m.DataCoding != want {
			t.Fatalf("sent as %q %q %#x", m.Source.Addr, m.ServiceType, m.DataCoding)
		}
		if _, ok := m.TLVs.Uint16(codec.TagSARMsgRefNum); ok {
			parts++
		} else if m.UDH != nil {
			t.Fatalf("a part with a header, not with SAR TLVs")
		}
	}
	for second, n := range perSecond {
		if n > 200 {
			t.Errorf("second %d: %d SMS, the backup's limit is 200", second, n)
		}
	}
	if full := perSecond[10] + perSecond[11] + perSecond[12]; full < 540 || parts == 0 {
		t.Errorf("%d SMS in three seconds under load, %d parts", full, parts)
	}
	receipts := map[string]int{}
	for _, e := range f.mem.Events(contract.SubjectDLRInbound) {
		receipts[e.Body.(*contract.DlrInboundEvent).GetOperatorId()]++
	}
	if receipts["roshan"] < f.messages*9/10 || len(f.mem.Events(contract.SubjectDLROrphan)) != 0 {
		t.Errorf("final receipts by account: %v, %d orphans", receipts, len(f.mem.Events(contract.SubjectDLROrphan)))
	}
}

// checkReturn: after the failback the primary carries, and the backup has left.
func (f *failover) checkReturn(t *testing.T) {
	want := []string{"awcc BOUND", "awcc UNBOUND", "roshan BOUND", "awcc BOUND", "awcc FAILBACK", "roshan UNBOUND"}
	if got := f.healthStates(); !slices.Equal(got, want) {
		t.Errorf("operator.health\n got %v\nwant %v", got, want)
	}
	var steps []string
	for _, s := range heard[event.FailoverStep](f.rig) {
		steps = append(steps, s.Step)
	}
	if want := []string{"StartBackup", "MoveToBackup", "MoveToPrimary", "AnnounceFailback", "StopBackup"}; !slices.Equal(steps, want) {
		t.Errorf("steps %v", steps)
	}
	if c := f.backup.Counts(); c.Unbinds != 1 || c.Lost != 0 || c.Bound != 0 {
		t.Errorf("the backup: %d unbinds, %d lost lines, %d bound", c.Unbinds, c.Lost, c.Bound)
	}
	last := f.mem.Events(contract.SubjectSubmitted)
	if b := last[len(last)-1].Body.(*contract.DispatchSubmitted); b.GetMessageId() != "back" || b.GetOperatorId() != "awcc" || f.mem.Unsettled() != 0 {
		t.Errorf("%s over %s, %d unsettled", b.GetMessageId(), b.GetOperatorId(), f.mem.Unsettled())
	}
}

// US-SC-013: an account that names another backup, or none, while its backup carries, is
// carried by the other one, or by nobody until the primary is back.
func TestUSSC013TheBackupIsAnotherOne(t *testing.T) {
	for _, next := range []string{"etisalat", ""} {
		inBubble(t, func(r *rig) {
			r.backup = smsc.New()
			other := smsc.New()
			r.account["roshan"] = r.newAccount("roshan", r.backup)
			r.account["etisalat"] = r.newAccount("etisalat", other)
			r.account["awcc"].BackupOperatorID = "roshan"
			r.start()
			r.after(time.Second)
			r.account["etisalat"].Hosts[0].Dial = func(context.Context) (net.Conn, error) { return other.Dial(), nil }
			f := &failover{rig: r}
			f.cut()
			r.after(10 * time.Second)
			r.sendMany("first", 10)
			r.after(time.Second)
			if n := r.backup.Counts().Accepted; n != 10 {
				t.Errorf("%q: %d over the backup at first", next, n)
			}
			changed := *r.account["awcc"]
			changed.BackupOperatorID = next
			r.setAccount(&changed)
			r.system.Refresh()
			r.after(10 * time.Second)
			r.sendMany("second", 10)
			r.after(10 * time.Second)
			want := map[string]int{"etisalat": 10}[next]
			if b, o := r.backup.Counts(), other.Counts(); b.Accepted != 10 || b.Bound != 0 || b.Unbinds != 1 || o.Accepted != want || o.Bound != want/10 {
				t.Errorf("%q: the backup that was has %d bound, %d unbinds, %d accepted; the other one %d bound, %d accepted", next, b.Bound, b.Unbinds, b.Accepted, o.Bound, o.Accepted)
			}
			r.refuseDials(nil)
			r.after(2 * time.Minute)
			r.sendMany("third", 10)
			r.after(10 * time.Second)
			if n := r.mno.Counts().Accepted; n != 20-want || r.mem.Unsettled() != 0 || other.Counts().Bound != 0 {
				t.Errorf("%q: %d over the primary, %d unsettled, %d of the other backup bound", next, n, r.mem.Unsettled(), other.Counts().Bound)
			}
			r.stop()
			other.Close()
		})
	}
}
