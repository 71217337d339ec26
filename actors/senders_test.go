package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 7 (senders that an MNO has registered): another is a dead letter that names the
// field and the remedy, not the sender, and goes out when it is replayed after the MNO
// has registered it.
func TestASenderThatIsNotAllowed(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.refresh = time.Minute
		r.account["awcc"].Rules.Senders = dispatch.NewSenders([]string{"GHASI", "93788*"})
		r.account["awcc"].Rules.SourceAddress = "GHASI"
		r.start()
		command := func(i int, from string) []byte {
			return fmt.Appendf(nil, `{"messageId":"m%d","to":"93700000001","text":"x","from":%q}`, i, from)
		}
		for i, from := range []string{"GHASI", "Ghasi", "93788000111", "+93788000111", "93799000111", ""} {
			r.mem.Publish(contract.OperatorSubject("awcc"), command(i, from))
		}
		r.after(10 * time.Second)
		dead := map[string]string{}
		for _, e := range r.mem.Events(contract.SubjectDLQ) {
			b := e.Body.(*contract.DispatchRejected)
			dead[b.GetMessageId()] = b.GetReason() + " " + b.GetField()
			if strings.Contains(b.GetDetail(), "93799000111") || !strings.Contains(b.GetDetail(), "senders") {
				t.Errorf("detail: %s", b.GetDetail())
			}
		}
		if want := map[string]string{"m1": "sender_not_allowed from", "m4": "sender_not_allowed from"}; fmt.Sprint(dead) != fmt.Sprint(want) || len(r.mno.SMS()) != 4 || r.mem.Unsettled() != 0 {
			t.Errorf("dead letters %v, %d SMS, %d unsettled", dead, len(r.mno.SMS()), r.mem.Unsettled())
		}
		if facts := heard[event.DeadLettered](r); len(facts) != 2 || facts[0].Reason != dispatch.ReasonSender {
			t.Errorf("%+v", facts)
		}

		next := *r.account["awcc"]
		next.Rules.Senders = dispatch.NewSenders([]string{"GHASI", "Ghasi"})
		r.setAccount(&next)
		r.after(2 * time.Minute)
		if err := r.mem.Dispatch.Send(contract.OperatorSubject("awcc"), command(1, "Ghasi"), map[string]string{contract.HeaderReplay: "1"}); err != nil {
			t.Error(err)
		}
		r.after(10 * time.Second)
		if list := r.mno.SMS(); len(list) != 5 || list[4].Source.Addr != "Ghasi" {
			t.Errorf("after the replay: %+v", list)
		}
	})
}

// US-SC-006: a command that the MNO had in full before its sender was taken off the list
// is submitted, and no dead letter that somebody would replay.
func TestUSSC006AnAcceptedCommandKeepsItsSender(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mem.Publisher.Fail(errDown)
		r.sendText("m1", "Hello")
		r.after(2 * time.Second)
		r.kill()
		r.account["awcc"].Rules.Senders = dispatch.NewSenders([]string{"another"})
		r.start()
		r.after(3 * time.Minute)
		if n, dead := len(r.mem.Events(contract.SubjectSubmitted)), len(r.mem.Events(contract.SubjectDLQ)); n != 1 || dead != 0 || len(r.mno.SMS()) != 1 || r.mem.Unsettled() != 0 {
			t.Errorf("%d submitted, %d dead letters, %d SMS, %d unsettled", n, dead, len(r.mno.SMS()), r.mem.Unsettled())
		}
	})
}
