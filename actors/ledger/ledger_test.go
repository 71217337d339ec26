package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
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

// A part that was accepted under no id is accepted all the same.
func TestUSSC010PartsWithoutAnIDAreNotSubmittedAgain(t *testing.T) {
	m := New(3, []string{port.NamelessID("m1", 1), "", "c"})
	if part, ok := m.Next(); !ok || part != 1 {
		t.Errorf("part %d is submitted next", part)
	}
	if got := m.IDs(); !slices.Equal(got, []string{"", "", "c"}) {
		t.Errorf("ids %q", got)
	}
}

// arrive takes a first delivery in.
func arrive(b *Book[int], id, replay string, h int) Arrival {
	a, _ := b.Arrive(id, replay, Delivered{Attempt: 1}, h)
	return a
}

func TestBookKnowsASecondCopy(t *testing.T) {
	b := NewBook[int](2)
	if arrive(b, "m1", "", 1) != Fresh || arrive(b, "m1", "", 2) != InHand {
		t.Error("the second delivery of a command in hand was not seen")
	}
	if got := b.Settle("m1"); !slices.Equal(got, []int{2}) {
		t.Errorf("further handles %v", got)
	}
	if arrive(b, "m1", "", 3) != Settled || b.InHand() != 0 {
		t.Error("a copy of a settled command would be sent")
	}
}

// A replay is not a duplicate, and is sent once.
func TestBookLetsAReplayThroughOnce(t *testing.T) {
	b := NewBook[int](10)
	arrive(b, "m1", "", 1)
	if arrive(b, "m1", "7:1", 2) != Early {
		t.Error("a replay that comes before the rejection is settled would be settled with it")
	}
	if got := b.Settle("m1"); len(got) != 0 {
		t.Errorf("further handles %v", got)
	}
	if a, past := b.Arrive("m1", "7:1", Delivered{Attempt: 2}, 3); a != Fresh || past.Doubtful {
		t.Error("a replay of a settled command is taken for a copy, or marked")
	}
	if arrive(b, "m1", "7:1", 4) != InHand || arrive(b, "m1", "", 5) != InHand || arrive(b, "m1", "9:1", 6) != Early {
		t.Error("copies of a replay in hand are settled with it, another replay waits")
	}
	if got := b.Settle("m1"); !slices.Equal(got, []int{4, 5}) {
		t.Errorf("further handles %v", got)
	}
	if arrive(b, "m1", "7:1", 7) != Settled || arrive(b, "m1", "", 8) != Settled {
		t.Error("a copy of a settled replay would be sent")
	}
	if arrive(b, "m1", "9:1", 9) != Fresh {
		t.Error("a replay of the second rejection is taken for a copy of the first")
	}
	if arrive(b, "m1", "7:1", 10) != Settled {
		t.Error("a copy of a settled replay waits for another")
	}
}

// Where another process rejected it, the settled replay stands for the command too.
func TestBookRemembersTheCommandOfAReplay(t *testing.T) {
	b := NewBook[int](10)
	arrive(b, "m1", "7:1", 1)
	b.Return("m1", Past{Empty: true})
	if a, past := b.Arrive("m1", "7:1", Delivered{Attempt: 2}, 2); a != Fresh || past.Doubtful {
		t.Error("a replay that was given back is not taken again")
	}
	b.Settle("m1")
	if arrive(b, "m1", "", 3) != Settled {
		t.Error("a copy of the command would be sent after its replay")
	}
}

// Written and unanswered is a state of its own, and whoever did not see what
// became of a command does not guess.
func TestBookMarksWhatMayHaveBeenSubmittedBefore(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*Book[int])
		at   uint64 // the delivery that comes next
		want Past
	}{
		{"new", func(*Book[int]) {}, 1, Past{Empty: true}},
		{"another process had it", func(*Book[int]) {}, 2, Past{Doubtful: true, Elsewhere: true}},
		{"given back clean", func(b *Book[int]) { arrive(b, "m", "", 1); b.Return("m", Past{Empty: true}) }, 2, Past{Empty: true}},
		{"given back doubtful", func(b *Book[int]) { arrive(b, "m", "", 1); b.Return("m", Past{Doubtful: true, Empty: true}) }, 2, Past{Doubtful: true, Empty: true}},
		{"given back begun", func(b *Book[int]) { arrive(b, "m", "", 1); b.Return("m", Past{Empty: true, Begun: true}) }, 2, Past{Empty: true, Begun: true}},
		{"given back half", func(b *Book[int]) { arrive(b, "m", "", 1); b.Return("m", Past{}) }, 2, Past{}},
		{"another process had it since", func(b *Book[int]) { arrive(b, "m", "", 1); b.Return("m", Past{Empty: true}) }, 3, Past{Doubtful: true, Elsewhere: true}},
		{"delivered twice, then given back", func(b *Book[int]) {
			arrive(b, "m", "", 1)
			b.Arrive("m", "", Delivered{Attempt: 2}, 2)
			b.Return("m", Past{Empty: true})
		}, 3, Past{Empty: true}},
	} {
		b := NewBook[int](10)
		c.do(b)
		elsewhere := b.HadElsewhere("m", "", Delivered{Attempt: c.at})
		arrival, got := b.Arrive("m", "", Delivered{Attempt: c.at}, 9)
		if elsewhere != got.Elsewhere {
			t.Errorf("%s: it says beforehand %v that another had it", c.name, elsewhere)
		}
		if arrival != Fresh || got != c.want {
			t.Errorf("%s: %v, %+v, want %+v", c.name, arrival, got, c.want)
		}
	}
}

func TestBookIsBounded(t *testing.T) {
	b := NewBook[int](100)
	for i := range 10_000 {
		id := fmt.Sprint(i)
		arrive(b, id, "", i)
		b.Settle(id)
		arrive(b, "d"+id, "", i)
		b.Return("d"+id, Past{Doubtful: true})
	}
	if n := len(b.settled.young) + len(b.settled.old) + len(b.returned.young) + len(b.returned.old); n > 400 {
		t.Errorf("%d remembered", n)
	}
	if arrive(b, "9999", "", 0) != Settled {
		t.Error("the latest was forgotten")
	}
}
