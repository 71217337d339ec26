package lane

import (
	"iter"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Queue holds what waits in the lanes of one bind, and says what goes next. The
// zero value is empty. It is not safe for concurrent use.
type Queue[T any] struct {
	lanes [Count]fifo[T]
	// owed is how many PDUs of others have gone out while a lane waited and was owed
	// one of them in portion: at due it goes before everybody. A lane with nothing to
	// send is owed nothing, so that no lane saves up a burst.
	owed [Count]int
	n    int
}

// Push puts something at the end of a lane.
func (q *Queue[T]) Push(l contract.Lane, v T) {
	q.lanes[l].push(v)
	q.n++
}

// Len returns how many wait in all lanes.
func (q *Queue[T]) Len() int { return q.n }

// In returns how many wait in one lane.
func (q *Queue[T]) In(l contract.Lane) int { return q.lanes[l].len() }

// UpTo returns how many wait in a lane and in the more urgent ones: what goes
// before a message that comes in now.
func (q *Queue[T]) UpTo(l contract.Lane) (n int) {
	for i := range l + 1 {
		n += q.lanes[i].len()
	}
	return n
}

// Next returns what goes next and the lane that it waits in; ok is false when
// nothing waits. The most urgent lane that is owed a whole PDU goes first, else
// the most urgent lane.
func (q *Queue[T]) Next() (l contract.Lane, next T, ok bool) {
	first := Count
	for i := Count - 1; i >= 0; i-- {
		if q.lanes[i].len() > 0 && (first == Count || q.owed[i] >= due || q.owed[first] < due) {
			first = i
		}
	}
	if first == Count {
		return 0, next, false
	}
	return contract.Lane(first), q.lanes[first].front(), true
}

// Front returns what has waited longest in a lane.
func (q *Queue[T]) Front(l contract.Lane) (front T, ok bool) {
	if q.lanes[l].len() == 0 {
		return front, false
	}
	return q.lanes[l].front(), true
}

// Spend says that n PDUs of the front of a lane have gone out.
func (q *Queue[T]) Spend(l contract.Lane, n int) {
	paid := q.owed[l] >= due
	for i := 1; i < Count; i++ { // the most urgent lane is owed nothing: it goes first anyway
		switch {
		case q.lanes[i].len() == 0:
			q.owed[i] = 0
		case i != int(l):
			q.owed[i] += n
		case paid:
			q.owed[i] -= n * due
		default: // its turn by priority: more than its share, which settles what it was owed
			q.owed[i] = min(q.owed[i], 0)
		}
	}
}

// Pop takes out the front of a lane: nothing of it is left to go.
func (q *Queue[T]) Pop(l contract.Lane) {
	q.lanes[l].pop()
	q.n--
	if q.lanes[l].len() == 0 {
		q.owed[l] = 0
	}
}

// All is what waits, lane by lane, in order.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range q.lanes {
			for _, v := range q.lanes[i].items[q.lanes[i].head:] {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// Keep leaves in what keep says, in order.
func (q *Queue[T]) Keep(keep func(T) bool) {
	q.n = 0
	for i := range q.lanes {
		q.lanes[i].keep(keep)
		q.n += q.lanes[i].len()
		if q.lanes[i].len() == 0 {
			q.owed[i] = 0
		}
	}
}

// fifo is a queue that keeps its array and lets go of what has left.
type fifo[T any] struct {
	items []T
	head  int
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }
func (f *fifo[T]) front() T { return f.items[f.head] }

func (f *fifo[T]) push(v T) {
	if f.head > 0 && len(f.items) == cap(f.items) {
		f.shift()
	}
	f.items = append(f.items, v)
}

func (f *fifo[T]) pop() {
	var none T
	f.items[f.head] = none
	if f.head++; f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
	}
}

// shift moves what is left to the front of the array.
func (f *fifo[T]) shift() {
	left := copy(f.items, f.items[f.head:])
	clear(f.items[left:])
	f.items, f.head = f.items[:left], 0
}

func (f *fifo[T]) keep(keep func(T) bool) {
	kept := f.items[:0]
	for _, v := range f.items[f.head:] {
		if keep(v) {
			kept = append(kept, v)
		}
	}
	clear(f.items[len(kept):])
	f.items, f.head = kept, 0
}
