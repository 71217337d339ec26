package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func standing(m *Message) Standing { s, _ := m.Standing(); return s }

func handAll(m *Message) {
	for {
		part, ok := m.Next()
		if !ok {
			return
		}
		m.Hand(part)
	}
}

func TestMessageCompletesWhenEveryPartIsAccepted(t *testing.T) {
	m := New(3, nil)
	handAll(&m)
	for _, part := range []int{2, 0, 1} { // answers in any order
		if standing(&m) != Open {
			t.Fatal("closed too early")
		}
		m.Accept(part, fmt.Sprint("id", part))
	}
	if standing(&m) != Complete || !slices.Equal(m.IDs(), []string{"id0", "id1", "id2"}) {
		t.Errorf("%v %v", standing(&m), m.IDs())
	}
}

// decisions.md 010: a long message that failed half way resumes at the first
// segment that was not accepted.
func TestUSSC010RedeliveryResumesAtTheFirstPartNotAccepted(t *testing.T) {
	m := New(4, []string{"a", "", "c", ""})
	var submitted []int
	for {
		part, ok := m.Next()
		if !ok {
			break
		}
		submitted = append(submitted, part)
		m.Hand(part)
		m.Accept(part, "new")
	}
	if !slices.Equal(submitted, []int{1, 3}) || standing(&m) != Complete {
		t.Errorf("submitted %v, %v", submitted, standing(&m))
	}
	whole := New(2, []string{"a", "b"})
	if _, ok := whole.Next(); ok || standing(&whole) != Complete {
		t.Error("an accepted message would be submitted again")
	}
}

func TestARefusedPartStopsTheRest(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*Message)
		want Standing
	}{
		{"rejected", func(m *Message) { m.Reject(0) }, Refused},
		{"postponed", func(m *Message) { m.Postpone(0, 500*time.Millisecond) }, Return},
		{"lost", func(m *Message) { m.Lose(0) }, Doubtful},
	} {
		m := New(3, nil)
		m.Hand(0)
		m.Hand(1)
		c.do(&m)
		if _, ok := m.Next(); ok {
			t.Errorf("%s: part 3 would still be submitted", c.name)
		}
		if standing(&m) != Open {
			t.Errorf("%s: closed while part 2 is unanswered", c.name)
		}
		m.Accept(1, "id")
		if got := standing(&m); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	m := New(1, nil)
	m.Hand(0)
	m.Postpone(0, 500*time.Millisecond)
	if _, delay := m.Standing(); delay != 500*time.Millisecond {
		t.Errorf("delay %v", delay)
	}
}

func TestWhatWasNotWrittenIsTakenBackAndSubmittedInOrder(t *testing.T) {
	m := New(3, nil)
	handAll(&m)
	m.TakeBack(2)
	m.TakeBack(1)
	m.Accept(0, "id")
	if part, ok := m.Next(); !ok || part != 1 || standing(&m) != Open {
		t.Errorf("next %d, %v", part, ok)
	}
}

func TestAStoppedMessageGoesBackUnlessItIsWhole(t *testing.T) {
	m := New(2, nil)
	m.Hand(0)
	m.Stop()
	m.Accept(0, "id")
	if _, ok := m.Next(); ok || standing(&m) != Return {
		t.Errorf("half a message: %v", standing(&m))
	}
	whole := New(1, nil)
	whole.Hand(0)
	whole.Stop()
	whole.Accept(0, "id")
	if standing(&whole) != Complete {
		t.Errorf("a whole message: %v", standing(&whole))
	}
}

func TestBookKnowsASecondCopy(t *testing.T) {
	b := NewBook[int](2)
	if b.Arrive("m1", "", 1) != Fresh || b.Arrive("m1", "", 2) != InHand {
		t.Error("the second delivery of a command in hand was not seen")
	}
	if got := b.Settle("m1"); !slices.Equal(got, []int{2}) {
		t.Errorf("further handles %v", got)
	}
	if b.Arrive("m1", "", 3) != Settled || b.InHand() != 0 {
		t.Error("a copy of a settled command would be sent")
	}
}

// A replay is not a duplicate, and is sent once.
func TestBookLetsAReplayThroughOnce(t *testing.T) {
	b := NewBook[int](10)
	b.Arrive("m1", "", 1)
	if b.Arrive("m1", "7:1", 2) != Early {
		t.Error("a replay that comes before the rejection is settled would be settled with it")
	}
	if got := b.Settle("m1"); len(got) != 0 {
		t.Errorf("further handles %v", got)
	}
	if b.Arrive("m1", "7:1", 3) != Fresh {
		t.Error("a replay of a settled command is taken for a copy")
	}
	if b.Arrive("m1", "7:1", 4) != InHand || b.Arrive("m1", "", 5) != InHand || b.Arrive("m1", "9:1", 6) != Early {
		t.Error("copies of a replay in hand are settled with it, another replay waits")
	}
	if got := b.Settle("m1"); !slices.Equal(got, []int{4, 5}) {
		t.Errorf("further handles %v", got)
	}
	if b.Arrive("m1", "7:1", 7) != Settled || b.Arrive("m1", "", 8) != Settled {
		t.Error("a copy of a settled replay would be sent")
	}
	if b.Arrive("m1", "9:1", 9) != Fresh {
		t.Error("a replay of the second rejection is taken for a copy of the first")
	}
}

// Where another process rejected it, the settled replay stands for the command too.
func TestBookRemembersTheCommandOfAReplay(t *testing.T) {
	b := NewBook[int](10)
	b.Arrive("m1", "7:1", 1)
	b.Return("m1", false)
	if b.Arrive("m1", "7:1", 2) != Fresh {
		t.Error("a replay that was given back is not taken again")
	}
	b.Settle("m1")
	if b.Arrive("m1", "", 3) != Settled {
		t.Error("a copy of the command would be sent after its replay")
	}
}

func TestBookMarksWhatComesBackDoubtful(t *testing.T) {
	b := NewBook[int](2)
	b.Arrive("m1", "", 1)
	b.Return("m1", true)
	if b.Arrive("m1", "", 2) != Fresh || !b.Doubtful("m1") {
		t.Error("the redelivery is not marked")
	}
	b.Settle("m1")
	if b.Doubtful("m1") {
		t.Error("still doubtful after it was settled")
	}
}

func TestBookIsBounded(t *testing.T) {
	b := NewBook[int](100)
	for i := range 10_000 {
		id := fmt.Sprint(i)
		b.Arrive(id, "", i)
		b.Settle(id)
		b.Arrive("d"+id, "", i)
		b.Return("d"+id, true)
	}
	if n := len(b.young) + len(b.old) + len(b.doubtful) + len(b.doubtfulBefore); n > 400 {
		t.Errorf("%d remembered", n)
	}
	if b.Arrive("9999", "", 0) != Settled {
		t.Error("the latest was forgotten")
	}
}
