package contract

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What a bind's new owner does with the consumer of the old one (US-SC-019).

// bindConsumer opens the consumer of a bind's own subject for the owner of an epoch.
func bindConsumer(t *testing.T, b Broker, bind port.BindID, epoch uint64) (port.Consumer, error) {
	t.Helper()
	d := string(bind.Direction)
	return b.Source.Open(within(t), port.ConsumerSpec{
		MNO: bind.MNO, Durable: contract.BindDurable(bind.MNO, d, bind.Number), Subject: contract.BindSubject(bind.MNO, d, bind.Number),
		AckWait: ackWait, MaxAckPending: 10_000, Epoch: epoch, Owner: fmt.Sprint("pod-", epoch),
	})
}

func mustOpen(t *testing.T, b Broker, bind port.BindID, epoch uint64) port.Consumer {
	t.Helper()
	c, err := bindConsumer(t, b, bind, epoch)
	if err != nil {
		t.Fatalf("open for epoch %d: %v", epoch, err)
	}
	return c
}

func bindSubject(bind port.BindID) string {
	return contract.BindSubject(bind.MNO, string(bind.Direction), bind.Number)
}

// What was handed out and not settled, and what was given back with a delay, comes to
// the new owner at once, in stream order and marked; what was acknowledged does not.
func takeOverLosesNothing(t *testing.T, b Broker) {
	bind := ownBind(t)
	old := mustOpen(t, b, bind, 5)
	send(t, b, bindSubject(bind), 10)
	got := pull(t, old, 7) // m-0 … m-6
	for _, d := range got {
		if d.Inherited {
			t.Errorf("%s is inherited from nobody", d.Command.GetMessageId())
		}
	}
	ack(t, old, got[:2])
	if err := old.Nak(got[3].Handle, time.Hour); err != nil {
		t.Fatal(err)
	}
	fresh := mustOpen(t, b, bind, 9)
	taken := pull(t, fresh, 8)
	if ids := messageIDs(taken); !slices.Equal(ids, []string{"m-2", "m-3", "m-4", "m-5", "m-6", "m-7", "m-8", "m-9"}) {
		t.Errorf("%q came, want what was not acknowledged, in order", ids)
	}
	for i, d := range taken {
		if want := i < 5; d.Inherited != want {
			t.Errorf("%s: inherited %v, want %v", d.Command.GetMessageId(), d.Inherited, want)
		}
	}
	last := mustOpen(t, b, bind, 11) // the history goes on over more than one owner
	for _, d := range pull(t, last, 8) {
		if !d.Inherited {
			t.Errorf("%s was handed out before, by epoch 9", d.Command.GetMessageId())
		}
	}
	again := mustOpen(t, b, bind, 11) // the same owner, whose answer was lost
	pullNothing(t, again, "the same owner opens again")
}

// Acknowledgements, NAKs and pulls of an owner that does not know yet are harmless:
// nothing is lost, and all comes to the new owner.
func takeOverOldOwnerIsHarmless(t *testing.T, b Broker) {
	bind := ownBind(t)
	old := mustOpen(t, b, bind, 5)
	send(t, b, bindSubject(bind), 4)
	got := pull(t, old, 4)
	fresh := mustOpen(t, b, bind, 9)
	taken := pull(t, fresh, 4)
	_ = old.Ack(within(t), []port.Handle{got[0].Handle}) // refused, or taken for what it did submit
	if err := old.Nak(got[1].Handle, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 { // a pull that ends with an error, or takes some and gives them back
		_, err := old.Pull(within(t), 4, 200*time.Millisecond, func(ds []port.Delivery) {
			for _, d := range ds {
				_ = old.Nak(d.Handle, 0)
			}
		})
		if err != nil && !errors.Is(err, port.ErrNoConsumer) {
			t.Errorf("the old owner's pull: %v", err)
		}
	}
	ack(t, fresh, taken)
	// What the old one's NAK has made come again is a second copy of a settled command.
	_, err := fresh.Pull(within(t), 4, 300*time.Millisecond, func(ds []port.Delivery) { ack(t, fresh, ds) })
	if err != nil {
		t.Error(err)
	}
	send(t, b, bindSubject(bind), 3)
	var ids []string
	for _, d := range pull(t, fresh, 3) {
		ids = append(ids, d.Command.GetMessageId())
	}
	if !slices.Equal(ids, []string{"m-0", "m-1", "m-2"}) {
		t.Errorf("%q came to the new owner", ids)
	}
}

// One whose epoch is lower is refused, and told whose the consumer is.
func takeOverByAnOldEpoch(t *testing.T, b Broker) {
	bind := ownBind(t)
	mustOpen(t, b, bind, 9)
	var taken *port.ConsumerTaken
	if _, err := bindConsumer(t, b, bind, 5); !errors.As(err, &taken) || taken.Epoch != 9 || taken.Owner != "pod-9" {
		t.Errorf("%v", err)
	}
	if _, err := bindConsumer(t, b, bind, 0); err != nil { // one that only stands in
		t.Errorf("without an epoch: %v", err)
	}
}

// Whoever pulls from the consumer when it is taken over is told at once.
func takeOverTellsReaders(t *testing.T, b Broker) {
	bind := ownBind(t)
	old := mustOpen(t, b, bind, 5)
	ended := make(chan error, 1)
	go func() {
		_, err := old.Pull(within(t), 4, callTimeout, func([]port.Delivery) {})
		ended <- err
	}()
	time.Sleep(500 * time.Millisecond) // that it waits by then is likely; if not, it ends the same way
	mustOpen(t, b, bind, 9)
	if err := <-ended; !errors.Is(err, port.ErrNoConsumer) {
		t.Errorf("the pull ended with %v", err)
	}
}
