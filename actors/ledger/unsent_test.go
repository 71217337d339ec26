package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// life is one process in the history of a command: its book, and whether it has it in hand.
type life struct {
	book    *Book[int]
	has     bool
	attempt uint64 // the delivery that it has
	past    Past   // as it came, and what was done since
}

// history is random deliveries of one command to processes that come and go. A submit that
// was written and never answered is doubtful for whoever has the command later; a process
// that gives it back unsent may write that down before, and may die at any moment.
type history struct {
	lives    [3]life
	attempt  uint64
	marked   uint64 // the delivery that was disclaimed last; 0: none
	written  bool   // some process has submitted it, and nobody knows what became of it
	told     []string
	vouched  int
	unmarked int // clean arrivals of a command that another process had
}

func (h *history) say(who int, what string) { h.told = append(h.told, fmt.Sprint(who, " ", what)) }

// deliver hands the command to a process, and reports whether that holds it for clean.
func (h *history) deliver(who int) (clean bool) {
	l := &h.lives[who]
	h.attempt++
	elsewhere := l.book.HadElsewhere("m", "", Delivered{Attempt: h.attempt})
	unsent := elsewhere && h.marked > 0 && h.marked+1 == h.attempt
	arrival, past := l.book.Arrive("m", "", Delivered{Attempt: h.attempt}, int(h.attempt))
	h.say(who, fmt.Sprint("gets delivery ", h.attempt))
	if arrival != Fresh {
		return false
	}
	if unsent {
		past = past.Vouched()
		h.vouched++
	}
	if elsewhere && !past.Doubtful {
		h.unmarked++
	}
	l.has, l.past, l.attempt = true, past, h.attempt
	return !past.Doubtful
}

func (h *history) giveBack(who int, mark bool) {
	l := &h.lives[who]
	if mark && !l.past.Doubtful {
		h.marked = l.attempt
	}
	h.say(who, fmt.Sprintf("gives back, doubtful %v, marks %d", l.past.Doubtful, h.marked))
	l.book.Return("m", Past{Doubtful: l.past.Doubtful, Empty: !l.past.Doubtful})
	l.has = false
}

func (h *history) die(who int) {
	h.say(who, "dies")
	h.lives[who] = life{book: NewBook[int](10)}
}

// The word that a command was not submitted never makes one clean that may have been, whoever
// has it in between, dies, or is stopped between the word and the giving back.
func TestWhatMayHaveBeenSubmittedIsNeverVouchedFor(t *testing.T) {
	vouched, unmarked := 0, 0
	for seed := range uint64(20_000) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := &history{}
		for i := range h.lives {
			h.lives[i].book = NewBook[int](10)
		}
		for range 30 {
			who := random.IntN(len(h.lives))
			l := &h.lives[who]
			switch random.IntN(6) {
			case 0, 1, 2:
				if h.deliver(who) && h.written {
					t.Fatalf("seed %d: a command that may have been submitted is clean: %q", seed, h.told)
				}
			case 3:
				if l.has { // it submits, and is not answered
					h.written, l.past.Doubtful = true, true
					h.say(who, "submits")
				}
			case 4:
				if l.has {
					h.giveBack(who, random.IntN(4) > 0)
				}
			case 5:
				if l.has && !l.past.Doubtful && random.IntN(2) == 0 { // the word is written, and it dies before it gives back
					h.giveBack(who, true)
				}
				h.die(who)
			}
		}
		vouched, unmarked = vouched+h.vouched, unmarked+h.unmarked
	}
	if vouched == 0 || unmarked == 0 {
		t.Errorf("nothing is tested: %d were vouched for, %d came clean from another process", vouched, unmarked)
	}
	t.Logf("%d vouched for", vouched)
}
