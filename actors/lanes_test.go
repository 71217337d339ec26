package actors_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// sendOn publishes n commands on a subject; their texts begin with a word.
func (r *rig) sendOn(subject, word string, n int) {
	for i := range n {
		r.mem.Publish(subject, fmt.Appendf(nil, `{"messageId":"%s%d","to":"937%08d","text":"%s %d"}`, word, i, i, word, i))
	}
}

// went is the first words of what the MNO accepted, in order.
func went(mno *smsc.Server) (words []string) {
	for _, m := range mno.SMS() {
		word, _, _ := strings.Cut(m.Text(), " ")
		words = append(words, word)
	}
	return words
}

func count(words []string, word string) (n int) {
	for _, w := range words {
		if w == word {
			n++
		}
	}
	return n
}

// US-SC-018: what comes in P0 goes before what waits in P3, which keeps its 5 %;
// within each lane the order is kept.
func TestUSSC018TheUrgentLaneGoesFirst(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendOn(contract.LaneSubject(contract.P3, "awcc", "trx"), "slow", 200)
		r.after(5 * time.Second) // P3 fills window and queue
		before := len(went(r.mno))
		r.sendOn(contract.LaneSubject(contract.P0, "awcc", "trx"), "fast", 200)
		r.after(20*time.Second + 500*time.Millisecond) // 10 a second: 20 go by P3's share and P0 has all but those
		meanwhile := went(r.mno)[before:]
		// What was in flight when P0 came was P3's: one window.
		if fast, slow := count(meanwhile, "fast"), count(meanwhile, "slow"); fast < 180 || slow < 10 || slow > 25 {
			t.Errorf("%d of P0 and %d of P3 in 20 s", fast, slow)
		}
		r.after(30 * time.Second)
		texts := map[string][]string{}
		for _, m := range r.mno.SMS() {
			word, number, _ := strings.Cut(m.Text(), " ")
			texts[word] = append(texts[word], number)
		}
		for word, numbers := range texts {
			if len(numbers) != 200 || !slices.IsSortedFunc(numbers, func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) }) {
				t.Errorf("%s: %d went, in the order %v", word, len(numbers), numbers)
			}
		}
		if c := r.mno.Counts(); c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d twice, %d unsettled", c.Duplicates, r.mem.Unsettled())
		}
	}, smsc.Delay(time.Second), smsc.Keep(1<<10))
}

// US-SC-018: a lane that is flooded takes nothing from the queue of another: its
// commands stay with JetStream, for another pod.
func TestUSSC018AFloodBelowStaysInTheQueue(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendOn(contract.LaneSubject(contract.P0, "awcc", "trx"), "fast", 500)
		r.after(3 * time.Second)
		r.sendOn(contract.LaneSubject(contract.P3, "awcc", "trx"), "slow", 5000)
		r.after(3 * time.Second)
		waits := 0
		for _, l := range r.bind().Lanes {
			if l.Lane == "P3" {
				waits = l.Queued
			}
		}
		if waits == 0 || waits > 20 { // what it was asked for while nothing waited above, at most: window and prefetch
			t.Errorf("%d of P3 wait in the bind", waits)
		}
	}, smsc.Delay(time.Second))
}

// US-SC-018: what its share cannot carry before JetStream would deliver it to another
// pod as well goes back in time, and is submitted once.
func TestUSSC018WhatWaitsTooLongGoesBack(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].AckWait = 40 * time.Second
		r.start()
		p3 := contract.LaneSubject(contract.P3, "awcc", "trx")
		r.sendOn(contract.LaneSubject(contract.P0, "awcc", "trx"), "fast", 150)
		r.after(time.Second)
		r.sendOn(p3, "slow", 100)
		r.after(80 * time.Second)
		naks := r.mem.Settlements(p3).Naks
		if len(naks) == 0 {
			t.Error("nothing was given back")
		}
		for _, n := range naks {
			if n.Attempt > 10 {
				t.Errorf("%s was delivered %d times", n.MessageID, n.Attempt)
			}
		}
		r.after(10 * time.Minute)
		if c := r.mno.Counts(); c.Accepted != 250 || c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d accepted, %d twice, %d unsettled", c.Accepted, c.Duplicates, r.mem.Unsettled())
		}
	}, smsc.Delay(5*time.Second))
}

// US-SC-018: a pod with LANES=P0,P1 pulls these, and with P1 the operator's and the
// bind's own subject; one without P1 leaves them to others.
func TestUSSC018APodPullsItsLanesAlone(t *testing.T) {
	subjects := []string{
		contract.LaneSubject(contract.P0, "awcc", "trx"), contract.LaneSubject(contract.P1, "awcc", "trx"),
		contract.LaneSubject(contract.P2, "awcc", "trx"), contract.LaneSubject(contract.P3, "awcc", "trx"),
		contract.OperatorSubject("awcc"), contract.BindSubject("awcc", "trx", 1),
	}
	for _, test := range []struct {
		lanes []contract.Lane
		want  []bool // by subject
	}{
		{nil, []bool{true, true, true, true, true, true}},
		{[]contract.Lane{contract.P0, contract.P1}, []bool{true, true, false, false, true, true}},
		{[]contract.Lane{contract.P0}, []bool{true, false, false, false, false, false}},
		{[]contract.Lane{contract.P2, contract.P3}, []bool{false, false, true, true, false, false}},
	} {
		inBubble(t, func(r *rig) {
			r.lanes = test.lanes
			r.start()
			for i, subject := range subjects {
				r.sendOn(subject, fmt.Sprint("s", i), 5)
			}
			r.after(10 * time.Second)
			for i, subject := range subjects {
				if acks, want := r.mem.Settlements(subject).Acks, map[bool]int{true: 5}[test.want[i]]; acks != want {
					t.Errorf("LANES %v: %d of %s acknowledged, want %d", test.lanes, acks, subject, want)
				}
			}
		})
	}
}

// US-SC-018, 021: how far each lane is behind is seen while the bind is down.
func TestUSSC018TheLagIsSeenWhileNothingIsPulled(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.after(time.Second)
		r.refuseDials(errDown)
		r.mno.Do(smsc.DropLine())
		r.after(10 * time.Second) // the requests that were under way are over
		r.sendOn(contract.LaneSubject(contract.P2, "awcc", "trx"), "slow", 30)
		r.sendOn(contract.OperatorSubject("awcc"), "operator", 4)
		r.sendOn(contract.BindSubject("awcc", "trx", 1), "bind", 3)
		r.after(15 * time.Second)
		got := map[string]int64{}
		for _, l := range r.bind().Lanes {
			got[l.Lane] = l.Lag
		}
		if want := map[string]int64{"P0": 0, "P1": 7, "P2": 30, "P3": 0}; !maps.Equal(got, want) {
			t.Errorf("waiting by lane: %v, want %v", got, want)
		}
		consumers := map[string]uint64{}
		r.system.Tree().EachLane(func(g port.LaneGauge) { consumers[g.Consumer] = g.Waiting })
		if len(consumers) != 6 || consumers["smpp-lane-p2-awcc-trx"] != 30 || consumers["smpp-connector-awcc"] != 4 || consumers["qg-awcc-trx-1"] != 3 {
			t.Errorf("waiting by consumer: %v", consumers)
		}
	})
}

// US-SC-013, 018, 019: a backup carries all of the primary's subjects: its lanes,
// and the subject of each of its binds, which one backup bind alone reads.
func TestUSSC013TheBackupCarriesLanesAndBindSubjects(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backup = smsc.New(smsc.Keep(1<<10), smsc.Delay(50*time.Millisecond))
		roshan := r.newAccount("roshan", r.backup)
		r.account["roshan"] = roshan
		awcc := r.account["awcc"]
		awcc.BackupOperatorID = "roshan"
		awcc.Binds = append(awcc.Binds,
			port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}, OperatorID: "awcc", Enabled: true},
			port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.RX, Number: 1}, OperatorID: "awcc", Enabled: true})
		roshan.Binds = append(roshan.Binds, port.BindSetting{Bind: port.BindID{MNO: "roshan", Direction: port.TX, Number: 1}, OperatorID: "roshan", Enabled: true})
		r.refuseDials(errDown)
		r.allowDialsTo("roshan")
		r.start()
		subjects := []string{contract.OperatorSubject("awcc"), contract.BindSubject("awcc", "trx", 1), contract.BindSubject("awcc", "trx", 2),
			contract.LaneSubject(contract.P0, "awcc", "trx"), contract.LaneSubject(contract.P3, "awcc", "trx")}
		for i, subject := range subjects {
			r.sendOn(subject, fmt.Sprint("s", i), 50)
		}
		r.after(30 * time.Second)
		for _, subject := range subjects {
			if acks := r.mem.Settlements(subject).Acks; acks != 50 {
				t.Errorf("%d of %s over the backup", acks, subject)
			}
		}
		over := map[string]map[int]bool{} // by first word, the sessions that it went over
		var second []string
		for _, m := range r.backup.SMS() {
			word, number, _ := strings.Cut(m.Text(), " ")
			if over[word] == nil {
				over[word] = map[int]bool{}
			}
			over[word][m.Session] = true
			if word == "s2" {
				second = append(second, number)
			}
		}
		if len(over["s1"]) != 1 || len(over["s2"]) != 1 {
			t.Errorf("sessions by subject: %v", over)
		}
		for i, number := range second {
			if number != fmt.Sprint(i) {
				t.Fatalf("the order of a bind's subject is not kept: %v", second)
			}
		}
	})
}
