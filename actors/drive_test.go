package actors_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 5, Speed: what bench drives are the session and the window that serve
// uses. Throttled messages come again, a lost line is dialled again, and every
// message has one end; one part of a message that was accepted is not sent again.
func TestDriveBringsEveryMessageToItsEnd(t *testing.T) {
	inBubble(t, func(r *rig) {
		commands := []*contract.SmsDispatchCommand{
			{MessageId: "short", To: "93700000001", Text: "Hello"},
			{MessageId: "long", To: "93700000001", Text: strings.Repeat("Hello ", 60)},
		}
		time.AfterFunc(3*time.Second, func() { r.mno.Do(smsc.DropLine()) })
		bound := 0
		driven, err := actors.Drive(context.Background(), actors.Driving{Account: r.account["awcc"], Commands: commands, Messages: 500,
			Counters: r.mem.Counters, Concat: r.mem.Concat, Listener: r, Block: 100, Bound: func() { bound++ }}, slog.New(slog.DiscardHandler))
		if err != nil || driven.Accepted+driven.Refused != 500 || driven.Refused != 0 || driven.Returned == 0 || bound != 1 {
			t.Errorf("%+v, bound %d times, %v", driven, bound, err)
		}
		if c := r.mno.Counts(); c.Unbinds != 1 || c.Lost != 1 {
			t.Errorf("%+v", c)
		}
		if driven.Took < 4*time.Second {
			t.Errorf("took %v", driven.Took)
		}
		r.after(2 * time.Second)
	}, smsc.Delay(50*time.Millisecond), smsc.ThrottleEvery(50))
}

// A bind that is refused at once is an error, not a backoff.
func TestDriveTellsThatTheBindWasRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		_, err := actors.Drive(context.Background(), actors.Driving{Account: r.account["awcc"], Commands: []*contract.SmsDispatchCommand{{MessageId: "m", To: "1", Text: "x"}}, Messages: 1,
			Counters: r.mem.Counters, Concat: r.mem.Concat, Listener: r}, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "ESME_RINVPASWD") {
			t.Error(err)
		}
		r.after(2 * time.Second)
	}, smsc.RefuseEvery(codec.StatusInvPaswd))
}

// Issue 5, Speed: with a window of 100 and answers after 50 ms at least 1900 submits
// a second; the limit is 2000. Time is fake, so this is what waiting costs, and not
// what the machine does.
func TestAWindowOf100IsKeptFullAt50Milliseconds(t *testing.T) {
	inBubble(t, func(r *rig) {
		const messages = 20_000
		account := r.account["awcc"]
		account.Window = 100
		driven, err := actors.Drive(context.Background(), actors.Driving{Account: account, Commands: []*contract.SmsDispatchCommand{{MessageId: "m", To: "93700000001", Text: "Hello"}},
			Messages: messages, Counters: r.mem.Counters, Concat: r.mem.Concat, Listener: r}, slog.New(slog.DiscardHandler))
		if rate := messages / driven.Took.Seconds(); err != nil || driven.Accepted != messages || rate < 1900 || rate > 2000 {
			t.Errorf("%.0f submits a second, %+v, %v", rate, driven, err)
		}
		r.after(2 * time.Second)
	}, smsc.Delay(50*time.Millisecond), smsc.SendReceipts(smsc.Never()))
}
