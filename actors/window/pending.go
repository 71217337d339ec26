package window

import "time"

// Pending finds what was sent under a sequence number when its answer comes, and
// what was sent too long ago. Numbers are put in rising order (SMPP 3.4 §3.2), so
// a ring indexed by the number's low bits answers almost every look-up; a number
// that is still unanswered when the ring comes round to its place moves to a map.
type Pending[T any] struct {
	ring []waiting[T]
	mask uint32
	late map[uint32]waiting[T]
	n    int
	// oldest is a queue of the numbers in the order of sending, for Expire.
	order []sent
	head  int
}

type waiting[T any] struct {
	value T
	seq   uint32 // 0: the place is free; 0 is no sequence number
}

type sent struct {
	at  time.Time
	seq uint32
}

// NewPending will have room for about window numbers at once, from the first one on:
// a line that has not submitted anything costs nothing. It grows by itself.
func NewPending[T any](window int) *Pending[T] {
	size := 64
	for size < 2*window {
		size *= 2
	}
	return &Pending[T]{mask: uint32(size - 1), late: map[uint32]waiting[T]{}}
}

// Len returns how many numbers wait.
func (p *Pending[T]) Len() int { return p.n }

// Put registers a number, before its PDU is written.
func (p *Pending[T]) Put(seq uint32, at time.Time, value T) {
	if p.ring == nil {
		p.ring = make([]waiting[T], p.mask+1)
	}
	place := &p.ring[seq&p.mask]
	if place.seq != 0 {
		p.late[place.seq] = *place
	}
	*place = waiting[T]{value: value, seq: seq}
	p.order = append(p.order, sent{at: at, seq: seq})
	p.n++
}

// Take removes a number and returns what was sent under it.
func (p *Pending[T]) Take(seq uint32) (T, bool) {
	var none T
	if p.n == 0 {
		return none, false
	}
	if place := &p.ring[seq&p.mask]; place.seq == seq && seq != 0 {
		value := place.value
		*place = waiting[T]{}
		p.n--
		p.compact()
		return value, true
	}
	if w, ok := p.late[seq]; ok {
		delete(p.late, seq)
		p.n--
		p.compact()
		return w.value, true
	}
	return none, false
}

// Each calls f with everything that waits, in no order.
func (p *Pending[T]) Each(f func(value T)) {
	for i := range p.ring {
		if p.ring[i].seq != 0 {
			f(p.ring[i].value)
		}
	}
	for _, w := range p.late {
		f(w.value)
	}
}

// Expire takes out, in the order of sending, what was put at or before deadline.
func (p *Pending[T]) Expire(deadline time.Time, expired func(seq uint32, value T)) {
	for p.head < len(p.order) && !p.order[p.head].at.After(deadline) {
		seq := p.order[p.head].seq
		p.head++
		if value, ok := p.Take(seq); ok {
			expired(seq, value)
		}
	}
	p.compact()
}

// Oldest returns when the longest waiting number was put.
func (p *Pending[T]) Oldest() (time.Time, bool) {
	for p.head < len(p.order) {
		s := p.order[p.head]
		if p.waits(s.seq) {
			return s.at, true
		}
		p.head++
	}
	return time.Time{}, false
}

func (p *Pending[T]) waits(seq uint32) bool {
	if p.ring[seq&p.mask].seq == seq {
		return true
	}
	_, ok := p.late[seq]
	return ok
}

// compact forgets the answered front of the order when nothing waits, or when it
// has become longer than what waits, so that the queue stays as long as the window.
func (p *Pending[T]) compact() {
	if p.n == 0 {
		p.order, p.head = p.order[:0], 0
		return
	}
	if len(p.order) < 4*len(p.ring) {
		return
	}
	kept := p.order[:0]
	for _, s := range p.order[p.head:] {
		if p.waits(s.seq) {
			kept = append(kept, s)
		}
	}
	p.order, p.head = kept, 0
}
