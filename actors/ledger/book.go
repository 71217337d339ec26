package ledger

// Arrival is what a book knows of a command that was delivered.
type Arrival uint8

// The arrivals.
const (
	Fresh   Arrival = iota // not known: it is in hand from now on
	InHand                 // a second delivery of a command in hand: settle both together
	Settled                // its outcome is stored and was acknowledged: acknowledge this copy too
	Early                  // a replay of a command that is still in hand: give it back for a moment
)

// Book remembers which commands a process has in hand and which it has settled
// lately, so that a second copy of a message is not sent, and that a redelivery
// of one whose outcome was unknown is marked. H is what settles a delivery.
//
// A replay is a dead-lettered command that somebody sends again on purpose. It is
// no copy of the one that was rejected, only of itself: its first arrival is
// Fresh however well the command is remembered.
//
// The memory of settled commands is two generations of at most capacity each:
// bounded, and forgetting the oldest first. What it has forgotten, the stored
// correlations still know.
type Book[H any] struct {
	capacity       int
	inHand         map[string]hand[H]
	young, old     map[string]struct{}
	doubtful       map[string]struct{}
	doubtfulBefore map[string]struct{}
}

// hand is a command in hand.
type hand[H any] struct {
	replay string // which replay it is; "": none
	more   []H    // further deliveries of the same command
}

// NewBook remembers at least capacity settled commands.
func NewBook[H any](capacity int) *Book[H] {
	return &Book[H]{capacity: max(capacity, 1), inHand: map[string]hand[H]{},
		young: map[string]struct{}{}, doubtful: map[string]struct{}{}}
}

// Arrive takes a delivery in; replay names the replay that it is, if it is one.
// For InHand the handle is kept until the command is settled.
//
// A replay that comes while the command is in hand is Early: the rejection that
// it answers is published before it is settled here, and settling both together
// would lose the replay.
func (b *Book[H]) Arrive(id, replay string, h H) Arrival {
	if first, ok := b.inHand[id]; ok {
		if replay != "" && replay != first.replay {
			return Early
		}
		first.more = append(first.more, h)
		b.inHand[id] = first
		return InHand
	}
	if name := nameOf(id, replay); has(b.young, name) || has(b.old, name) {
		return Settled
	}
	b.inHand[id] = hand[H]{replay: replay}
	return Fresh
}

// nameOf is what a settled command is remembered by; a messageId has no NUL.
func nameOf(id, replay string) string {
	if replay == "" {
		return id
	}
	return id + "\x00" + replay
}

// Doubtful reports whether an earlier submit of the command was never answered.
func (b *Book[H]) Doubtful(id string) bool { return has(b.doubtful, id) || has(b.doubtfulBefore, id) }

// Settle says that the command's outcome is stored; it returns the handles of
// further deliveries, to be acknowledged with the first.
func (b *Book[H]) Settle(id string) []H {
	first := b.inHand[id]
	delete(b.inHand, id)
	delete(b.doubtful, id)
	delete(b.doubtfulBefore, id)
	b.remember(id)
	if first.replay != "" {
		b.remember(nameOf(id, first.replay))
	}
	return first.more
}

func (b *Book[H]) remember(name string) {
	if len(b.young) >= b.capacity {
		b.old, b.young = b.young, make(map[string]struct{}, b.capacity)
	}
	b.young[name] = struct{}{}
}

// Return says that the command goes back to the queue, doubtful when a submit of
// it was not answered; it returns the handles of further deliveries, to be given
// back too.
func (b *Book[H]) Return(id string, doubtful bool) []H {
	more := b.inHand[id].more
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
