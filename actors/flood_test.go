package actors_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 6: a flood of MOs, ten times what is submitted, beside it, on stores that are
// slow: no false timeout, no response lost, enquire_link answered within 100 ms. A burst
// in it is more than may wait, so that the MNO must keep some.
func TestAFloodOfMOsHindersNothingElse(t *testing.T) {
	t.Parallel() // one of those that take longest
	const submits, flood, burst = 2_000, 20_000, 7_000
	inBubble(t, func(r *rig) {
		r.account["awcc"].Window = 100
		r.start()
		r.mem.Publisher.Slow(200 * time.Millisecond)
		r.mem.Concat.Slow(100 * time.Millisecond)
		r.mno.Do(smsc.EnquireEvery(time.Second))
		sent := 0
		for i := range 20 {
			r.send100(i)
			n := flood / 20
			if i == 10 {
				n += burst
			}
			for range n {
				text := fmt.Sprintf("#%05d", sent)
				if sent%10 == 0 {
					text += strings.Repeat("x", 200)
				}
				r.mno.Do(smsc.SendMO(fmt.Sprintf("937%08d", sent), "1234", text))
				sent++
			}
			r.after(time.Second)
		}
		r.after(10 * time.Minute)

		if n := len(heard[event.EnquireLinkTimedOut](r)) + len(heard[event.OutcomeUnknown](r)) + len(heard[event.AnsweredLate](r)); n != 0 {
			t.Errorf("%d timeouts", n)
		}
		c := r.mno.Counts()
		if c.Accepted != submits || c.Duplicates != 0 || c.Lost != 0 {
			t.Errorf("%d SMS of %d commands, %d twice, %d lines lost", c.Accepted, submits, c.Duplicates, c.Lost)
		}
		if n := len(r.mem.Events("sms.dispatch.submitted")); n != submits {
			t.Errorf("%d submitted events", n)
		}
		seen := map[string]int{}
		for _, m := range r.messages() {
			seen[m.GetFrom()]++
			if m.GetIncomplete() {
				t.Errorf("%s is incomplete", m.GetFrom())
			}
		}
		if len(seen) != flood+burst || c.Abandoned != 0 {
			t.Errorf("%d of %d MOs arrived, %d abandoned", len(seen), flood+burst, c.Abandoned)
		}
		if c.MOsRefused == 0 {
			t.Error("no MO was refused: this was no burst")
		}
		if slowest, n := r.slowestHeartbeat(); n == 0 || slowest > 100*time.Millisecond {
			t.Errorf("the slowest of %d enquire_links was answered after %v", n, slowest)
		}
	}, smsc.Delay(20*time.Millisecond), smsc.DeliverWindow(10_000), smsc.RepeatRefused(5*time.Second, 1000), smsc.Transcript(200_000))
}

// send100 publishes the i-th hundred of commands.
func (r *rig) send100(i int) {
	for j := range 100 {
		r.sendText(fmt.Sprintf("m%d", i*100+j), fmt.Sprint("Hello ", i*100+j))
	}
}

// slowestHeartbeat is how long the MNO has waited for the answer to an enquire_link
// at most, and how often it has asked.
func (r *rig) slowestHeartbeat() (slowest time.Duration, n int) {
	asked := map[string]float64{}
	for _, line := range r.mno.Transcript() {
		clock, rest, _ := strings.Cut(strings.TrimSpace(line), "s ")
		at, err := strconv.ParseFloat(strings.TrimSpace(clock), 64)
		_, sequence, _ := strings.Cut(rest, " seq=")
		sequence, _, _ = strings.Cut(sequence, " ")
		switch {
		case err != nil:
			r.t.Errorf("transcript: %q", line)
		case strings.Contains(rest, "> enquire_link "):
			asked[sequence] = at
			n++
		case strings.Contains(rest, "< enquire_link_resp "):
			slowest = max(slowest, time.Duration((at-asked[sequence])*float64(time.Second)))
			delete(asked, sequence)
		}
	}
	if len(asked) > 1 { // the last may be on its way
		r.t.Errorf("%d of %d enquire_links were not answered", len(asked), n)
	}
	return slowest, n
}
