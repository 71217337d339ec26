package smsc

import (
	"context"
	"fmt"
)

// waiter is a test that waits for a condition. It is looked at when a change
// ends, so nobody polls and nobody sleeps.
type waiter struct {
	holds func() bool // under the lock
	done  chan struct{}
}

// WaitBound returns when n sessions are bound at once.
func (s *Server) WaitBound(ctx context.Context, n int) error {
	return s.await(ctx, func() string { return fmt.Sprintf("%d of %d sessions bound", s.counts.Bound, n) },
		func() bool { return s.counts.Bound >= n })
}

// WaitSubmits returns when n submits have been heard, whatever their answer.
func (s *Server) WaitSubmits(ctx context.Context, n int) error {
	return s.await(ctx, func() string { return fmt.Sprintf("%d of %d submits heard", s.counts.Submits, n) },
		func() bool { return s.counts.Submits >= n })
}

// WaitReceipts returns when n receipts have been answered ESME_ROK.
func (s *Server) WaitReceipts(ctx context.Context, n int) error {
	return s.await(ctx, func() string { return fmt.Sprintf("%d of %d receipts answered", s.counts.ReceiptsAnswered, n) },
		func() bool { return s.counts.ReceiptsAnswered >= n })
}

// WaitFor returns when the counts satisfy a condition. It runs under the
// server's lock at each change, so it only looks.
func (s *Server) WaitFor(ctx context.Context, holds func(*Counts) bool) error {
	return s.await(ctx, func() string { return "the condition does not hold" },
		func() bool { return holds(&s.counts) })
}

// WaitIdle returns when nothing is owed: every answer is written, every receipt
// and MO is delivered and answered. A silent session owes nothing it never wrote;
// deliveries that find no receiver do count.
func (s *Server) WaitIdle(ctx context.Context) error {
	return s.await(ctx, s.owed, func() bool { return s.owed() == "" })
}

// owed says what keeps the server from being idle.
func (s *Server) owed() string {
	for _, a := range s.accounts {
		if n := a.open; n > 0 {
			return fmt.Sprintf("%d receipts or MO parts of %s are not answered", n, a.systemID)
		}
	}
	for _, sess := range s.live {
		switch {
		case sess.delayed > 0:
			return fmt.Sprintf("%d answers of session %d are delayed", sess.delayed, sess.number)
		case len(sess.out) > 0 || sess.writing:
			return fmt.Sprintf("session %d is being written to", sess.number)
		}
	}
	return ""
}

func (s *Server) await(ctx context.Context, where func() string, holds func() bool) error {
	w := &waiter{holds, make(chan struct{})}
	s.mu.Lock()
	if holds() {
		s.mu.Unlock()
		return nil
	}
	s.waiters = append(s.waiters, w)
	s.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-s.done:
		return s.gaveUp(w, where, "the simulator was closed")
	case <-ctx.Done():
		return s.gaveUp(w, where, ctx.Err().Error())
	}
}

// gaveUp forgets a waiter and says how far things had come.
func (s *Server) gaveUp(w *waiter, where func() string, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.holds() {
		return nil
	}
	for i, other := range s.waiters {
		if other == w {
			s.waiters = append(s.waiters[:i], s.waiters[i+1:]...)
			break
		}
	}
	return fmt.Errorf("smsc: %s: %s", why, where())
}

func (s *Server) tellWaiters() {
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if w.holds() {
			close(w.done)
		} else {
			kept = append(kept, w)
		}
	}
	clear(s.waiters[len(kept):])
	s.waiters = kept
}
