package contract

import (
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// What a process that gives commands back unsent tells whoever gets them next.

func handlesOf(ds []port.Delivery) []port.Handle {
	handles := make([]port.Handle, len(ds))
	for i, d := range ds {
		handles[i] = d.Handle
	}
	return handles
}

// said asks which of deliveries were disclaimed before, a letter each.
func said(t *testing.T, c port.Consumer, ds []port.Delivery) string {
	t.Helper()
	known, err := c.Disclaimed(within(t), handlesOf(ds))
	if err != nil {
		t.Fatalf("Disclaimed: %v", err)
	}
	word := make([]byte, len(known))
	for i, k := range known {
		word[i] = map[bool]byte{true: 'd', false: '-'}[k]
	}
	return string(word)
}

func giveBackAll(t *testing.T, c port.Consumer, ds []port.Delivery) {
	t.Helper()
	for _, d := range ds {
		if err := c.Nak(d.Handle, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// again pulls what was given back, in the order of their ids.
func again(t *testing.T, c port.Consumer, n int) []port.Delivery {
	t.Helper()
	ds := pull(t, c, n)
	slices.SortFunc(ds, func(a, b port.Delivery) int {
		return compareIDs(a.Command.GetMessageId(), b.Command.GetMessageId())
	})
	return ds
}

func compareIDs(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// A word about a delivery speaks for the next one, to whoever opens the consumer, and for
// none after it: whoever had that one may have submitted the command.
func disclaimTheNextAlone(t *testing.T, b Broker) {
	subject, spec, one := operatorConsumer(t, b)
	send(t, b, subject, 4)
	first := again(t, one, 4)
	if got := said(t, one, first); got != "----" {
		t.Errorf("of the first deliveries: %s", got)
	}
	if err := one.Disclaim(within(t), handlesOf(first[:2])); err != nil {
		t.Fatalf("Disclaim: %v", err)
	}
	giveBackAll(t, one, first)
	two, err := b.Source.Open(within(t), spec)
	if err != nil {
		t.Fatal(err)
	}
	second := again(t, two, 4)
	if got := said(t, two, second); got != "dd--" {
		t.Errorf("of the second: %s, want dd--", got)
	}
	if got := said(t, one, first); got != "----" { // the word is about the delivery that it was said of, not for it
		t.Errorf("of the first again: %s", got)
	}
	giveBackAll(t, two, second) // without a word
	third := again(t, one, 4)
	if got := said(t, one, third); got != "----" {
		t.Errorf("of the third: %s: the second may have been submitted", got)
	}
	if err := one.Disclaim(within(t), handlesOf(third[2:])); err != nil {
		t.Fatalf("Disclaim: %v", err)
	}
	giveBackAll(t, one, third)
	fourth := again(t, two, 4)
	if got := said(t, two, fourth); got != "--dd" {
		t.Errorf("of the fourth: %s, want --dd", got)
	}
	ack(t, two, fourth)
}

// Deliveries of a consumer that was made anew are counted anew, so that a word about the
// old one's says nothing of them; and one that was opened before knows nothing any more.
func disclaimOfAnotherConsumer(t *testing.T, b Broker) {
	bind := ownBind(t)
	old := mustOpen(t, b, bind, 5)
	send(t, b, bindSubject(bind), 2)
	first := pull(t, old, 2)
	if err := old.Disclaim(within(t), handlesOf(first)); err != nil {
		t.Fatalf("Disclaim: %v", err)
	}
	fresh := mustOpen(t, b, bind, 9)
	giveBackAll(t, fresh, pull(t, fresh, 2)) // what it had may have been submitted
	time.Sleep(10 * time.Millisecond)
	second := pull(t, fresh, 2)
	if got := said(t, fresh, second); got != "--" {
		t.Errorf("the word about another consumer's deliveries counts: %s", got)
	}
	if known, err := old.Disclaimed(within(t), handlesOf(second)); err == nil && slices.Contains(known, true) {
		t.Error("one that was opened before vouches for deliveries of the new one")
	}
	_ = old.Disclaim(within(t), handlesOf(second)) // refused, or about no delivery of the new one
	giveBackAll(t, fresh, second)
	if got := said(t, fresh, pull(t, fresh, 2)); got != "--" {
		t.Errorf("the word of one that was opened before counts: %s", got)
	}
}
