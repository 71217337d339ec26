package memory

import (
	"context"
	"sync"
	"time"
)

// Trouble is what can be wrong with the server behind a port. The zero value is
// good health. Troubles add up: a slow server that fails answers late, with the
// error. All methods may be called at any time, from any goroutine; calls that
// wait notice.
type Trouble struct {
	mu      sync.Mutex
	err     error         // calls fail with it, having done nothing
	next    int           // how many calls fail still; below 0: all of them
	lost    error         // calls do their work and fail with it
	hung    bool          // calls wait
	slow    time.Duration // calls take this long
	calls   int
	changed signal
}

// Fail makes every call fail with err and do nothing, until Heal.
func (t *Trouble) Fail(err error) { t.change(func() { t.err, t.next = err, -1 }) }

// FailNext makes the next n calls fail with err and do nothing.
func (t *Trouble) FailNext(n int, err error) { t.change(func() { t.err, t.next = err, n }) }

// LoseAnswers makes every call do its work and fail with err all the same: the
// server heard it and the answer was lost on its way. The caller cannot know, so
// what it repeats must not happen twice.
func (t *Trouble) LoseAnswers(err error) { t.change(func() { t.lost = err }) }

// Slow makes every call take d before it does anything.
func (t *Trouble) Slow(d time.Duration) { t.change(func() { t.slow = d }) }

// Hang makes every call wait until Heal or until its context ends.
func (t *Trouble) Hang() { t.change(func() { t.hung = true }) }

// Heal ends every trouble; calls that were waiting because of one go on at once.
func (t *Trouble) Heal() {
	t.change(func() { t.err, t.next, t.lost, t.hung, t.slow = nil, 0, nil, false, 0 })
}

// Calls is how many calls have come, the failed ones too.
func (t *Trouble) Calls() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

func (t *Trouble) change(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
	t.changed.raise()
}

// enter begins a call: it waits as long as the trouble wants and returns why the
// call must not be done (err), or what it shall answer after it was done (answer).
func (t *Trouble) enter(ctx context.Context) (answer, err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	began := time.Now()
	for {
		rest := t.slow - time.Since(began)
		if !t.hung && rest <= 0 {
			break
		}
		if t.hung {
			rest = forever
		}
		changed := t.changed.wait()
		t.mu.Unlock()
		err := pause(ctx, changed, rest)
		t.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
	if t.err != nil && t.next != 0 {
		if t.next > 0 {
			t.next--
		}
		return nil, t.err
	}
	return t.lost, nil
}

// Enter begins a call of a port that a test puts before another: it waits as long as
// the trouble wants, and returns the trouble's error.
func (t *Trouble) Enter(ctx context.Context) error {
	answer, err := t.enter(ctx)
	if err != nil {
		return err
	}
	return answer
}

// silent reports whether the server says nothing now, and with which error if it
// says that much; changed tells when to ask again. It is for those who wait on a
// server over many of its changes: a pull, a watch.
func (t *Trouble) silent() (hung bool, changed <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil && t.next < 0 {
		err = t.err
	}
	return t.hung, t.changed.wait(), err
}
