package memory

import (
	"context"
	"time"
)

// signal wakes everybody who waits for the next change of something. The lock of
// that something guards it. Its channel is made by the first who waits, and so
// belongs to the bubble in which the waiting is done.
type signal struct{ c chan struct{} }

// wait returns a channel that is closed by the next raise.
func (s *signal) wait() <-chan struct{} {
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) raise() {
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}

// forever is a wait without an end of its own.
const forever = time.Duration(1<<63 - 1)

// pause waits until changed is closed or rest has passed (nil), or until ctx
// ends (its error).
func pause(ctx context.Context, changed <-chan struct{}, rest time.Duration) error {
	var over <-chan time.Time
	if rest != forever {
		timer := time.NewTimer(rest)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-changed:
	case <-over:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
