package ledger

// Arrival is what a book knows of a command that was delivered.
type Arrival uint8

// The arrivals.
const (
	Fresh   Arrival = iota // not known: it is in hand from now on
	InHand                 // a second delivery of a command in hand: settle both together
	Settled                // its outcome is stored and was acknowledged: acknowledge this copy too
)

// Book remembers which commands a process has in hand and which it has settled
// lately, so that a second copy of a message is not sent, and that a redelivery
// of one whose outcome was unknown is marked. H is what settles a delivery.
//
// The memory of settled commands is two generations of at most capacity each:
// bounded, and forgetting the oldest first. What it has forgotten, the stored
// correlations still know.
type Book[H any] struct {
	capacity       int
	inHand         map[string][]H // further deliveries of the same command
	young, old     map[string]struct{}
	doubtful       map[string]struct{}
	doubtfulBefore map[string]struct{}
}

// NewBook remembers at least capacity settled commands.
func NewBook[H any](capacity int) *Book[H] {
	return &Book[H]{capacity: max(capacity, 1), inHand: map[string][]H{},
		young: map[string]struct{}{}, doubtful: map[string]struct{}{}}
}

// Arrive takes a delivery in. For InHand the handle is kept until the command is settled.
func (b *Book[H]) Arrive(id string, h H) Arrival {
	if more, ok := b.inHand[id]; ok {
		b.inHand[id] = append(more, h)
		return InHand
	}
	if has(b.young, id) || has(b.old, id) {
		return Settled
	}
	b.inHand[id] = nil
	return Fresh
}

// Doubtful reports whether an earlier submit of the command was never answered.
func (b *Book[H]) Doubtful(id string) bool { return has(b.doubtful, id) || has(b.doubtfulBefore, id) }

// Settle says that the command's outcome is stored; it returns the handles of
// further deliveries, to be acknowledged with the first.
func (b *Book[H]) Settle(id string) []H {
	more := b.inHand[id]
	delete(b.inHand, id)
	delete(b.doubtful, id)
	delete(b.doubtfulBefore, id)
	if len(b.young) >= b.capacity {
		b.old, b.young = b.young, make(map[string]struct{}, b.capacity)
	}
	b.young[id] = struct{}{}
	return more
}

// Return says that the command goes back to the queue, doubtful when a submit of
// it was not answered; it returns the handles of further deliveries, to be given
// back too.
func (b *Book[H]) Return(id string, doubtful bool) []H {
	more := b.inHand[id]
	delete(b.inHand, id)
	if doubtful {
		if len(b.doubtful) >= b.capacity {
			b.doubtfulBefore, b.doubtful = b.doubtful, map[string]struct{}{}
		}
		b.doubtful[id] = struct{}{}
	}
	return more
}

// InHand returns how many commands are in hand.
func (b *Book[H]) InHand() int { return len(b.inHand) }

func has(m map[string]struct{}, id string) bool {
	_, ok := m[id]
	return ok
}
