package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// blow is what hits the connector when so many SMS have been accepted.
type blow struct {
	at   int64
	kill bool // of the process; else the line drops
}

// blows spreads kills and drops over the segments of a run, in an order drawn by lot.
func blows(random *rand.Rand, segments, kills, drops int) []blow {
	list := make([]blow, kills+drops)
	step := segments / (len(list) + 1)
	for i := range list {
		list[i] = blow{at: int64((i+1)*step + random.IntN(step/2+1)), kill: i < kills}
	}
	random.Shuffle(len(list), func(i, j int) { list[i].kill, list[j].kill = list[j].kill, list[i].kill })
	return list
}

// receiptWays are the ways in which the MNO sends receipts, one drawn for each run.
var receiptWays = []smsc.Step{
	smsc.SendReceipts(smsc.After(20 * time.Millisecond)),
	smsc.SendReceipts(smsc.After(0), smsc.Twice()),
	smsc.SendReceipts(smsc.Early()),
	smsc.SendReceipts(smsc.After(2 * time.Second)),
}

// Issue 5: kills −9 of the connector and lost lines under load. Nothing is lost;
// what the MNO gets twice is what no row spoke of when the process died, or was on
// a line that dropped, and its event says so; the correlations are complete.
// US-SC-010: the rows. US-SC-022: sequence numbers rise over restarts.
func TestSoakKills(t *testing.T) {
	messages, kills, drops, rate := 5_000, 2, 2, 1_500 // slow enough for the blows to be apart
	ackWait, response := "10s", "9s"                   // no answer is later: no machine stands still so long
	if minutes := soakMinutes(); minutes > 0 {
		messages, kills, drops, rate = 20_000*minutes, 2*minutes, 2*minutes, 0
		ackWait, response = "5s", "3s"
	}
	random := soakRandom(t)
	receipts := receiptWays[random.IntN(len(receiptWays))]
	t.Log(receipts)
	s := newSoak(t, traffic{n: messages, long: true, receipts: true},
		[]string{"DISPATCH_ACK_WAIT=" + ackWait, "RESPONSE_TIMEOUT=" + response, "DATA_DIR=" + t.TempDir()}, // the next process takes over at once
		smsc.DelayShuffled(10*time.Millisecond, random.Uint64()), receipts, smsc.RepeatRefused(500*time.Millisecond, 1_000))
	out := sendOut(s.js, s.traffic, rate)
	defer out.close()

	var d doubts
	began := time.Now()
	for _, b := range blows(random, s.segments(), kills, drops) {
		s.await("the next blow", time.Minute, func() bool { return s.arrived.total.Load() >= b.at && s.mno.Counts().Bound == 1 }, s.arrived.total.Load)
		if b.kill {
			d.add(s.kill())
			s.connector.Start()
		} else {
			s.dropLine(random)
		}
	}
	s.finish(time.Minute)
	took := time.Since(began)

	ambiguous := s.checkEvents()
	s.checkRows()
	unexplained := d.unexplained(s.arrived)
	if most := drops * soakWindow; unexplained > most {
		t.Errorf("%d SMS came twice that were stored when the process was killed: %d lost lines explain at most %d", unexplained, drops, most)
	}
	if away := s.logged("redis is away"); s.arrived.fallen > away { // then it numbers from a point of its own
		t.Errorf("%d sequence numbers were not above the one before, and Redis was away %d times", s.arrived.fallen, away)
	}
	t.Logf("%d messages, %d segments in %.1f s: %.0f messages/s, with %d kills and %d lost lines", s.n, s.segments(), took.Seconds(), float64(s.n)/took.Seconds(), kills, drops)
	t.Logf("accepted and not stored at a kill: %d; SMS that came twice %d, of them by lost lines %d; messages marked ambiguous %d",
		d.perKill, s.arrived.repeats(), unexplained, ambiguous)
	t.Logf("memory of the last process %.0f MB", s.memory())
}

// doubts is what processes that were killed took their knowledge of with them.
type doubts struct {
	copies  map[int]int // by place: how often the MNO had the part, at the last kill with no row of it
	kills   map[int]int // by place: at how many kills a copy of it was new and in doubt
	perKill []int       // how many were, at each kill
}

// add takes in what one kill has left: by place, how often the MNO has a part of
// which there is no row. One that an earlier kill has left so, and that has not
// come again since, is not counted twice.
func (d *doubts) add(left map[int]int) {
	if d.copies == nil {
		d.copies, d.kills = map[int]int{}, map[int]int{}
	}
	fresh := 0
	for at, copies := range left {
		if copies > d.copies[at] {
			d.copies[at] = copies
			d.kills[at]++
			fresh++
		}
	}
	d.perKill = append(d.perKill, fresh)
}

// unexplained is how many SMS came again although their first was stored when the
// process died: on lines that dropped.
func (d *doubts) unexplained(a *arrivals) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for at, more := range a.again {
		n += max(len(more)-d.kills[at], 0)
	}
	return n
}

// kill ends the connector as kill −9 does, and returns how often the MNO has each
// part that no row speaks of, by place.
func (s *soak) kill() map[int]int {
	s.t.Helper()
	s.connector.Kill()
	if err := s.mno.WaitFor(s.t.Context(), func(c *smsc.Counts) bool { return c.Bound == 0 }); err != nil {
		s.t.Fatal(err)
	}
	return s.unstored()
}

// dropLine ends the line in one of the ways in which lines end, and returns when it has.
func (s *soak) dropLine(random *rand.Rand) {
	s.t.Helper()
	ways := []smsc.Step{smsc.DropLine(), smsc.ResetLine(), smsc.DropLineMidPDU(), smsc.DropLineAfter(1 + random.IntN(soakWindow))}
	lost := s.mno.Counts().Lost
	s.mno.Do(ways[random.IntN(len(ways))])
	if err := s.mno.WaitFor(s.t.Context(), func(c *smsc.Counts) bool { return c.Lost > lost }); err != nil {
		s.t.Fatal(err)
	}
}
