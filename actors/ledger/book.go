package ledger

// Arrival is what a book says of a command that was delivered.
type Arrival uint8

// The arrivals.
const (
	Fresh   Arrival = iota // to be sent: it is in hand from now on
	InHand                 // a second delivery of a command in hand: settle both together
	Settled                // its outcome is stored and was acknowledged: acknowledge this copy too
	Early                  // a replay of a command that is still in hand: give it back for a moment
)

// Past is what is known of the earlier deliveries of a command.
type Past struct {
	// Doubtful says that a submit of it was written and never answered; and where
	// another process had it last, that this may be so.
	Doubtful bool
	// Elsewhere says that it is doubtful for that alone: this process knows of no submit that
	// was not answered, and another had the command last.
	Elsewhere bool
	// Empty says that no part was accepted, so that no store need be asked.
	Empty bool
	// Begun says that a part of it was submitted and that this was told, so that the
	// message is counted once.
	Begun bool
	// Unanswered is how many deliveries to this process ended without an answer to a submit.
	Unanswered int
	// Refusals is how many the MNO refused for now, for a reason that may be the message's.
	Refusals int
}

// Book remembers which commands a process has in hand, and what became of those
// that it had, so that a second copy of a message is not sent, and that a
// redelivery of one whose outcome is unknown is marked. H is what settles a
// delivery.
//
// A delivery is known by its number, which JetStream counts up for each message of
// the stream: where it is not the one after the last that this process gave back,
// somebody else had the command meanwhile and may have submitted it, such as a process
// that was killed. A command that was published twice is two messages, and each has a
// count of its own.
//
// A replay is a dead-lettered command that somebody sends again on purpose. It is
// no copy of the one that was rejected, only of itself: its first arrival is
// Fresh however well the command is remembered.
//
// The memory is bounded and forgets the oldest first, of settled commands and of
// those that were given back apart: the many that succeed must not push out the
// few that wait. What it has forgotten of accepted parts, the stored correlations
// still know.
type Book[H any] struct {
	inHand   map[string]hand[H]
	settled  memory[struct{}] // by nameOf
	returned memory[past]
}

// Delivered is one delivery of a message of the stream.
type Delivered struct {
	Message int64  // which message: no other of the same command has this number, such as the time when it was stored
	Attempt uint64 // the number of the delivery, from 1
}

// deliveries are the latest ones that a process has had of a command, one a message.
type deliveries struct {
	first Delivered   // nearly always the only one
	more  []Delivered // not changed any more, but made anew
}

// last returns the latest delivery of a message; 0: this process has had none.
func (ds deliveries) last(message int64) uint64 {
	if ds.first.Message == message {
		return ds.first.Attempt
	}
	for _, d := range ds.more {
		if d.Message == message {
			return d.Attempt
		}
	}
	return 0
}

// follows reports whether nobody else had a message between its latest delivery here and
// d. One with a lower number than it should have is of a consumer that was made anew.
func (ds deliveries) follows(d Delivered) bool {
	return d.Attempt <= 1 || d.Attempt == ds.last(d.Message)+1
}

// with is ds with d as the latest of its message.
func (ds deliveries) with(d Delivered) deliveries {
	if ds.first.Attempt == 0 || ds.first.Message == d.Message {
		ds.first = d
		return ds
	}
	more := []Delivered{d}
	for _, known := range ds.more {
		if known.Message != d.Message && len(more) < mostMessages {
			more = append(more, known)
		}
	}
	ds.more = more
	return ds
}

// mostMessages bounds the messages of one command that are told apart. Of one that is
// forgotten, a later delivery counts as another process's.
const mostMessages = 16

// hand is a command in hand.
type hand[H any] struct {
	replay string     // which replay it is; "": none
	had    deliveries // of it, up to now
	gap    bool       // another process had a delivery of it meanwhile
	first  H
	more   []H // further deliveries of the same command
	looks  int // calls of Lingering that have seen it
}

// past is a command that was given back.
type past struct {
	had deliveries
	Past
}

// NewBook remembers at least capacity settled commands, and as many that were
// given back.
func NewBook[H any](capacity int) *Book[H] {
	return &Book[H]{inHand: map[string]hand[H]{}, settled: newMemory[struct{}](capacity), returned: newMemory[past](capacity)}
}

// Arrive takes a delivery in, and in replay which replay it is, if it is one. For
// InHand the handle is kept until the command is settled.
//
// A replay that comes while the command is in hand is Early: the rejection that
// it answers is published before it is settled here, and settling both together
// would lose the replay.
func (b *Book[H]) Arrive(id, replay string, d Delivered, h H) (Arrival, Past) {
	name := nameOf(id, replay)
	_, settled := b.settled.get(name)
	if first, ok := b.inHand[id]; ok {
		if replay != "" && replay != first.replay {
			if settled {
				return Settled, Past{}
			}
			b.returned.put(name, b.known(name, d))
			return Early, Past{}
		}
		first.more = append(first.more, h)
		if last := first.had.last(d.Message); d.Attempt > last {
			first.gap = first.gap || d.Attempt > last+1
			first.had = first.had.with(d)
		}
		b.inHand[id] = first
		return InHand, Past{}
	}
	if settled {
		return Settled, Past{}
	}
	known := b.known(name, d)
	b.inHand[id] = hand[H]{replay: replay, had: known.had, first: h}
	return Fresh, known.Past
}

// known is what is known of a command when a delivery of it has come, with that.
func (b *Book[H]) known(name string, d Delivered) past {
	known, there := b.returned.get(name)
	known.Elsewhere = false
	switch {
	case !known.had.follows(d):
		known.Elsewhere = !known.Doubtful
		known.Doubtful, known.Empty = true, false
	case !there:
		known.Empty = true
	}
	known.had = known.had.with(d)
	return known
}

// HadElsewhere reports whether another process had a command last, as far as this one knows,
// and nothing else makes it doubtful: whether Past.Elsewhere would be said of its arrival.
func (b *Book[H]) HadElsewhere(id, replay string, d Delivered) bool {
	if _, inHand := b.inHand[id]; inHand {
		return false
	}
	known, _ := b.returned.get(nameOf(id, replay))
	return !known.Doubtful && !known.had.follows(d)
}

// Vouched is what is known of a command that another process had last, and has given back
// unsent: no more than that parts may have been accepted before.
func (p Past) Vouched() Past {
	if p.Elsewhere {
		p.Doubtful, p.Elsewhere = false, false
	}
	return p
}

// nameOf is what a command is remembered by; a messageId has no NUL.
func nameOf(id, replay string) string {
	if replay == "" {
		return id
	}
	return id + "\x00" + replay
}

// Settle says that the command's outcome is stored; it returns the handles of
// further deliveries, to be acknowledged with the first.
func (b *Book[H]) Settle(id string) []H {
	first := b.inHand[id]
	delete(b.inHand, id)
	b.returned.drop(nameOf(id, first.replay))
	b.settled.put(id, struct{}{})
	if first.replay != "" {
		b.settled.put(nameOf(id, first.replay), struct{}{})
	}
	return first.more
}

// Return says that the command goes back to the queue, and what is known of it by
// now; it returns the handles of further deliveries, to be given back too.
func (b *Book[H]) Return(id string, p Past) []H {
	first := b.inHand[id]
	delete(b.inHand, id)
	if first.gap {
		p.Doubtful, p.Empty = true, false
	}
	b.returned.put(nameOf(id, first.replay), past{first.had, p})
	return first.more
}

// InHand returns how many commands are in hand.
func (b *Book[H]) InHand() int { return len(b.inHand) }

// Lingering returns the deliveries of the commands that were in hand already when it was
// called last, and that it has seen no more than most times.
func (b *Book[H]) Lingering(most int) (list []H) {
	for id, first := range b.inHand {
		if first.looks++; first.looks > 1 && first.looks <= most {
			list = append(append(list, first.first), first.more...)
		}
		b.inHand[id] = first
	}
	return list
}

// memory is a map of two generations of at most capacity entries each.
type memory[V any] struct {
	capacity   int
	young, old map[string]V
}

func newMemory[V any](capacity int) memory[V] {
	return memory[V]{capacity: max(capacity, 1), young: map[string]V{}}
}

func (m *memory[V]) get(name string) (V, bool) {
	if v, ok := m.young[name]; ok {
		return v, true
	}
	v, ok := m.old[name]
	return v, ok
}

func (m *memory[V]) put(name string, v V) {
	if _, there := m.young[name]; !there && len(m.young) >= m.capacity {
		m.old, m.young = m.young, make(map[string]V, m.capacity)
	}
	m.young[name] = v
}

func (m *memory[V]) drop(name string) {
	delete(m.young, name)
	delete(m.old, name)
}
