package smsc

import "time"

// A task is something that is to happen later, under the server's lock.
type task interface {
	happen(s *Server, now time.Time)
}

// entry is a task, when it is due (since the server began), and its place among
// tasks due at the same time: first in, first out.
type entry struct {
	due   time.Duration
	order uint64
	what  task
}

func (e entry) before(f entry) bool {
	return e.due < f.due || e.due == f.due && e.order < f.order
}

// agenda is a queue by due time. What comes in order of time, as everything
// does that waits for the same duration, goes to the end of a plain queue and
// costs nothing; only what is due before the end of that queue goes into a heap.
type agenda struct {
	run   []entry // in order
	head  int
	heap  []entry
	order uint64
}

func (a *agenda) add(due time.Duration, what task) {
	a.order++
	e := entry{due, a.order, what}
	if n := len(a.run); n == a.head || !e.before(a.run[n-1]) {
		if a.head > 1024 && a.head > n/2 {
			kept := copy(a.run, a.run[a.head:])
			clear(a.run[kept:])
			a.run, a.head = a.run[:kept], 0
		}
		a.run = append(a.run, e)
		return
	}
	a.heap = append(a.heap, e)
	for i := len(a.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !a.heap[i].before(a.heap[parent]) {
			break
		}
		a.heap[i], a.heap[parent] = a.heap[parent], a.heap[i]
		i = parent
	}
}

// first is the entry that is due next.
func (a *agenda) first() (entry, bool) {
	switch {
	case a.head < len(a.run) && (len(a.heap) == 0 || a.run[a.head].before(a.heap[0])):
		return a.run[a.head], true
	case len(a.heap) > 0:
		return a.heap[0], true
	}
	return entry{}, false
}

// take removes the entry that first gave.
func (a *agenda) take() {
	if a.head < len(a.run) && (len(a.heap) == 0 || a.run[a.head].before(a.heap[0])) {
		a.run[a.head] = entry{}
		if a.head++; a.head == len(a.run) {
			a.run, a.head = a.run[:0], 0
		}
		return
	}
	last := len(a.heap) - 1
	a.heap[0] = a.heap[last]
	a.heap[last] = entry{}
	a.heap = a.heap[:last]
	for i := 0; ; {
		least, left, right := i, 2*i+1, 2*i+2
		if left < last && a.heap[left].before(a.heap[least]) {
			least = left
		}
		if right < last && a.heap[right].before(a.heap[least]) {
			least = right
		}
		if least == i {
			return
		}
		a.heap[i], a.heap[least] = a.heap[least], a.heap[i]
		i = least
	}
}

// later puts a task on the agenda, d from now.
func (s *Server) later(d time.Duration, what task) {
	s.at(time.Since(s.began)+d, what)
}

func (s *Server) at(due time.Duration, what task) {
	before, had := s.agenda.first()
	s.agenda.add(due, what)
	if !had || due < before.due {
		nudge(s.alarm)
	}
}

// keepTime does what is due. Under load it wakes once a millisecond and does
// all that has become due, instead of once for each receipt.
func (s *Server) keepTime() {
	const tick = time.Millisecond
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.lock()
		now := time.Now()
		since := now.Sub(s.began)
		var wait time.Duration = time.Hour
		for {
			e, ok := s.agenda.first()
			if !ok {
				break
			}
			if e.due > since {
				wait = max(e.due-since, tick)
				break
			}
			s.agenda.take()
			e.what.happen(s, now)
		}
		s.unlock()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.alarm:
		case <-s.done:
			return
		}
	}
}
