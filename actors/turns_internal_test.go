package actors

import (
	"context"
	"testing"
	"time"
)

// Issue 4, Speed and memory: of the requests on one consumer few wait at JetStream while
// nothing comes; the others stand in line, in their order, and withdrawn ones leave it.
func TestTurnsAreTakenInOrder(t *testing.T) {
	var line turns
	pulls := make([]*pull, 4*mostIdle)
	for i := range pulls {
		pulls[i] = &pull{n: i}
		if now := line.enter(pulls[i]); now != (i < mostIdle) {
			t.Errorf("request %d is sent: %v", i, now)
		}
	}
	pulls[mostIdle].withdraw()
	if next := line.over(); len(next) != 1 || next[0] != pulls[mostIdle+1] {
		t.Errorf("after one is over: %+v, want the first that is not withdrawn", next)
	}
	next := line.come(3)
	for i, p := range next {
		if p != pulls[mostIdle+2+i] {
			t.Errorf("request %d takes turn %d after commands have come", p.n, i)
		}
	}
	if len(next) != 3 {
		t.Errorf("%d sent for 3 commands", len(next))
	}
	for range 3 {
		if next := line.over(); len(next) != 0 {
			t.Errorf("%d sent while enough wait", len(next))
		}
	}
}

// A line that is long and does not move, and binds that come and go: it holds little
// more than what is wanted.
func TestWithdrawnRequestsLeaveTheLine(t *testing.T) {
	var line turns
	const stay = 100
	for range mostIdle + stay {
		line.enter(&pull{})
	}
	for range 10_000 {
		p := &pull{}
		line.enter(p)
		p.withdraw()
	}
	if n := len(line.inLine); n > 2*stay+2*mostIdle {
		t.Errorf("%d stand in line, of which %d are wanted", n, stay)
	}
}

// A request that stands in line is not lost; from when it is sent it may be. One that is
// withdrawn before it begins ends at once, and one that has begun ends then.
func TestARequestInLineIsNotLost(t *testing.T) {
	var line turns
	asked := time.Now().Add(-time.Hour)
	for range mostIdle {
		line.enter(&pull{})
	}
	p := &pull{at: asked}
	if at, may := p.lostAt(); !may || !at.Equal(asked.Add(pullLost)) {
		t.Errorf("on its way it may be lost: %v, at %v", may, at)
	}
	line.enter(p)
	if _, may := p.lostAt(); may {
		t.Error("in line it counts as lost")
	}
	line.over()
	if at, may := p.lostAt(); !may || !at.After(time.Now()) {
		t.Errorf("sent it may be lost: %v, at %v", may, at)
	}
	ctx, done := p.begin(t.Context())
	defer done()
	if ctx.Err() != nil {
		t.Error("it has ended before it is withdrawn")
	}
	p.withdraw()
	if ctx.Err() != context.Canceled {
		t.Error("it does not end when it is withdrawn")
	}
	late := &pull{}
	late.withdraw()
	if ctx, done := late.begin(t.Context()); ctx.Err() == nil {
		t.Error("it begins after it was withdrawn")
		done()
	}
}

// Requests that begin at any time come into step with the second, and stay in it.
func TestRequestsComeIntoStep(t *testing.T) {
	for begin := time.Duration(0); begin < 2*pullStep; begin += 370 * time.Millisecond {
		at := begin
		for i := range 5 {
			wait := waitInStep(at)
			if wait < pullStep || wait > pullWait {
				t.Fatalf("one that begins at %v waits %v", at, wait)
			}
			if at += wait; at%pullStep != 0 {
				t.Errorf("request %d of those that begin at %v ends at %v", i, begin, at)
			}
			if i > 0 && wait < pullWait-pullStep/10 {
				t.Errorf("request %d of those that begin at %v waits %v, want about %v", i, begin, wait, pullWait)
			}
			at += 20 * time.Millisecond // until the next is sent
		}
	}
}
