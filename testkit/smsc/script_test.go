package smsc

import (
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Every step, written as its own sentence, is read as the same step.
func TestScriptReadsWhatStepsSay(t *testing.T) {
	for _, st := range []Step{
		AcceptBind(), Refuse(codec.StatusInvPaswd), RefuseEvery(codec.StatusSysErr), RefuseTransceiver(), NackTransceiver(), BindLimit(2),
		AnswerSubmits(codec.StatusThrottled, 3), AnswerSubmits(codec.StatusMsgQFul, 0), ExplainRefusals("not \"registered\""), AfterSubmits(5), Pause(time.Second), ThrottleEvery(10),
		Delay(200 * time.Millisecond), DelayShuffled(time.Second, 7), LoseAnswers(1, 2), GoSilent(), SpeakAgain(), DropIdle(time.Minute),
		EnquireEvery(time.Minute), SplitWrites(3), Coalesce(time.Millisecond), AnswerIDs(UpperHex), IDOfFirstPart(), OneIDForAllParts(), DeliverWindow(10), RepeatRefused(time.Second, 3),
		DropLine(), DropLineAfter(4), DropLineMidPDU(), ResetLine(), StopReading(), EnquireLink(), Unbind(), SendRaw([]byte{1, 2}), SendGarbage(10, 1),
		Outbind("esme", "a word"),
		SendReceipts(), SendReceipts(Early(), Twice(), IDAs(PaddedHex), InTLVOnly()), SendReceipts(Never()),
		SendReceipts(After(time.Second), LastPartFirst(), IntermediateFirst(), Unasked(), OnAnotherSession(), ByDataSM(), Ending(codec.StateExpired)),
		SendReceipt("a b"), SendReceipts(Scattered(7)),
		SendReceipts(InPayload(), Failing(10, codec.StateRejected, 3), WithError("0B1")),
		SendMO("93700000001", "1234", `سلام "x"`), SendMO("93700000001", "1234", "x", Wide(), Shuffled(3), Repeated(), WithoutPart(2), OverTwoSessions()),
		SendMO("93700000001", "1234", "x", BySAR(), Reversed(), AsPayload()),
	} {
		got, err := ReadScript(strings.NewReader("# comment\n\n" + st.String() + "  # and why\n"))
		if err != nil || len(got) != 1 || got[0].String() != st.String() {
			t.Errorf("%s\nis read as %v, %v", st, got, err)
		}
	}
}
