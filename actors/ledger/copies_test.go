package ledger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// copies is a command that the stream has several messages of: it was published twice, and
// replayed twice. Each is delivered to processes that come and go, and counts its own
// deliveries.
type copies struct {
	t        *testing.T
	seed     uint64
	messages [4]copyOf
	lives    [2]copyHolder
	told     []string
	clean    int // deliveries after the first that were held for clean
}

// copyOf is one message of the stream.
type copyOf struct {
	replay  string
	attempt uint64
	gone    bool // settled
	written bool // a submit by a delivery of it was never answered
}

// copyHolder is one process.
type copyHolder struct {
	book  *Book[int]
	has   int   // the message that is in hand first, -1: none
	with  []int // the others, in hand with it
	doubt bool
}

func (c *copies) say(what string, args ...any) { c.told = append(c.told, fmt.Sprintf(what, args...)) }

func (c *copies) begin(who int) {
	c.lives[who] = copyHolder{book: NewBook[int](100), has: -1}
}

func (c *copies) deliver(who, which int) {
	l, m := &c.lives[who], &c.messages[which]
	if m.gone {
		return
	}
	m.attempt++
	d := Delivered{Message: int64(which), Attempt: m.attempt}
	elsewhere := l.book.HadElsewhere("m", m.replay, d)
	arrival, past := l.book.Arrive("m", m.replay, d, which)
	c.say("%d gets message %d, delivery %d: %d %+v", who, which, m.attempt, arrival, past)
	switch arrival {
	case Settled:
		m.gone = true
	case InHand:
		l.with = append(l.with, which)
	case Fresh:
		if m.written && !past.Doubtful {
			c.t.Fatalf("seed %d: a message that may have been submitted is clean: %q", c.seed, c.told)
		}
		if elsewhere != past.Elsewhere {
			c.t.Fatalf("seed %d: it says beforehand %v that another had it: %q", c.seed, elsewhere, c.told)
		}
		if m.attempt > 1 && !past.Doubtful {
			c.clean++
		}
		l.has, l.with, l.doubt = which, nil, past.Doubtful
	}
}

// submitted says that what is in hand is submitted, and not answered: its copies in hand
// with it are the same SMS.
func (c *copies) submitted(who int) {
	l := &c.lives[who]
	l.doubt = true
	for _, which := range append(l.with, l.has) {
		c.messages[which].written = true
	}
	c.say("%d submits", who)
}

// Whatever is delivered to whom, in whatever order, what may have been submitted by a
// delivery of a message is never held for clean when that is delivered again.
func TestCopiesAndReplaysDoNotHideASubmit(t *testing.T) {
	clean := 0
	for seed := range uint64(40_000) {
		random := rand.New(rand.NewPCG(seed, 2))
		c := &copies{t: t, seed: seed, messages: [4]copyOf{{}, {}, {replay: "7:1"}, {replay: "9:1"}}}
		for who := range c.lives {
			c.begin(who)
		}
		for range 30 {
			who := random.IntN(len(c.lives))
			l := &c.lives[who]
			switch random.IntN(8) {
			case 0, 1, 2, 3:
				c.deliver(who, random.IntN(len(c.messages)))
			case 4:
				if l.has >= 0 {
					c.submitted(who)
				}
			case 5, 6:
				if l.has >= 0 {
					c.say("%d gives back, doubtful %v", who, l.doubt)
					l.book.Return("m", Past{Doubtful: l.doubt, Empty: !l.doubt})
					l.has = -1
				}
			case 7:
				c.say("%d dies", who)
				c.begin(who)
			}
		}
		clean += c.clean
	}
	if clean == 0 {
		t.Error("nothing is tested: whatever came again was doubtful")
	}
	t.Logf("%d came again clean", clean)
}

// What is in hand for longer than from one look to the next lingers, with all its
// deliveries, for as many looks as it may.
func TestWhatLingersInHand(t *testing.T) {
	b := NewBook[int](10)
	look := func(want ...int) {
		t.Helper()
		if got := slices.Sorted(slices.Values(b.Lingering(3))); !slices.Equal(got, want) {
			t.Errorf("%v linger, want %v", got, want)
		}
	}
	arrive(b, "m1", "", 1)
	look()
	b.Arrive("m1", "", Delivered{Attempt: 2}, 2)
	arrive(b, "m2", "", 3)
	look(1, 2)
	look(1, 2, 3)
	look(3) // m1 is left to others
	b.Settle("m2")
	arrive(b, "m3", "", 4)
	b.Return("m3", Past{Empty: true})
	arrive(b, "m3", "", 5)
	look()
	look(5)
}
